"""Lists as Keystone answers them: filters from the query string, a limit, links.

    return collection(request, "users", refs, filters=("domain_id", "enabled", "name"))

Exact filters (`name=x`) and inexact ones (`name__startswith=x`; contains, startswith, endswith, with a leading i for any case) are
known for the attributes in `filters` only; whatever else stands in the query string is ignored.
"""

from urllib.parse import urlencode

from labkit.openstack.errors import BadRequest

LARGEST_PAGE = 1000   # Keystone's max_db_limit
INEXACT = {"contains": lambda text, part: part in text, "startswith": str.startswith, "endswith": str.endswith}
FALSE_WORDS = {"0", "false", "False", "FALSE", "no", "off", "f", "n"}


def collection(request, name, refs, filters=(), path=None):
    """{name: [refs with links.self], links: {next, self, previous}}, filtered, limited and linked.

    `path`: the parts before a member's id in its link, default (name,). Raises BadRequest for a limit that is no number.
    """
    refs, cut = limited(request, matching(request, refs, filters))
    for ref in refs:
        ref.setdefault("links", {}).setdefault("self", request.link(*(path or (name,)), ref["id"]))
    links = {"next": next_page(request, refs) if cut else None, "self": request.self_link, "previous": None}
    answer = {name: refs, "links": links}
    if cut:
        answer["truncated"] = True
    return answer


def member(request, name, ref, path=None):
    """{name: ref with links.self}."""
    ref.setdefault("links", {})["self"] = request.link(*(path or (name + "s",)), ref["id"])
    return {name: ref}


def matching(request, refs, filters):
    """Only the refs that the query string asks for."""
    for key, value in request.query.items(multi=True):
        attribute, _, comparison = key.partition("__")
        if key in filters:
            refs = [ref for ref in refs if equal(ref.get(key), value)]
        elif comparison and attribute in filters:
            refs = [ref for ref in refs if inexact(ref.get(attribute), comparison, value)]
    return refs


def equal(have, wanted):
    """Does an attribute equal the query's text? A boolean is false for 0, false, no …, and true for anything else, even nothing."""
    return have == (wanted not in FALSE_WORDS) if isinstance(have, bool) else have == wanted


def inexact(have, comparison, wanted):
    """Compare a text attribute; an unknown comparison is ignored."""
    if not isinstance(have, str):
        return False
    if comparison.startswith("i"):
        have, wanted, comparison = have.lower(), wanted.lower(), comparison[1:]
    return INEXACT.get(comparison, lambda text, part: True)(have, wanted)


def limited(request, refs):
    """(refs of this page, was it cut?), by `marker` and `limit`."""
    marker, limit = request.query.get("marker"), request.query.get("limit")
    if marker and any(ref["id"] == marker for ref in refs):
        at = next(i for i, ref in enumerate(refs) if ref["id"] == marker)
        refs = refs[at + 1:]
    if not limit:
        return refs, False
    if not limit.isdecimal():
        raise BadRequest(f"Invalid input for field/attribute limit. Value: {limit}. '{limit}' does not match '^[0-9]+$'")
    size = min(int(limit), LARGEST_PAGE)
    return refs[:size], len(refs) > size


def next_page(request, refs):
    if not refs:
        return None
    query = {**request.query.to_dict(), "marker": refs[-1]["id"]}
    return f"{request.self_link.partition('?')[0]}?{urlencode(query)}"
