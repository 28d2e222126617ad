"""Lists as Keystone answers them: filters from the query string, a limit, links.

    return collection(request, "users", refs, filters=("domain_id", "enabled", "name"))

Exact filters (`name=x`) and inexact ones (`name__startswith=x`; contains, startswith, endswith, with a leading i for
any case) are known for the attributes in `filters` only; whatever else stands in the query string is ignored. Users,
groups, projects and domains are
paged by the database in the order of their ids: there the page is cut *before* a case-sensitive inexact filter looks
at it, so a page may be shorter than its limit, even empty. That surprises, and it is what the real one does.
"""

import re
from urllib.parse import urlencode

from labkit.openstack.errors import BadRequest, NotFound

LARGEST_PAGE = 1000   # Keystone's max_db_limit
INEXACT = {"contains": lambda text, part: part in text, "startswith": str.startswith, "endswith": str.endswith}
FALSE_WORDS = {"0", "f", "false", "off", "n", "no"}


def collection(request, name, refs, filters=(), path=None, paged=False):
    """{name: [refs with links.self], links: {next, self, previous}}, filtered, limited and linked.

    `path`: the parts before a member's id in its link, default (name,). `paged`: the database pages this kind. Raises
    BadRequest for a limit that is no number, NotFound for an unknown marker.
    """
    limit, early, late = limit_of(request), [], []
    for one in wanted(request, filters):
        (early if not paged or one[1] == "equals" or one[3] else late).append(one)
    known = refs
    refs = [ref for ref in refs if all(fits(ref, one) for one in early)]
    refs, cut = page(refs, known, limit, request.query.get("marker")) if paged else shortened(refs, limit)
    refs = [ref for ref in refs if all(fits(ref, one) for one in late)]
    for ref in refs:
        ref.setdefault("links", {}).setdefault("self", request.link(*(path or (name,)), ref["id"]))
    return envelope(request, name, refs, cut, limit)


def envelope(request, name, refs, cut=False, limit=None):
    """A list's wrapping around members that have their links already."""
    links = {
        "next": next_page(request, refs, limit) if cut and refs else None,
        "self": request.self_link,
        "previous": None,
    }
    return {name: refs, "links": links, **({"truncated": True} if cut else {})}


def member(request, name, ref, path=None):
    """{name: ref with links.self}."""
    ref.setdefault("links", {})["self"] = request.link(*(path or (name + "s",)), ref["id"])
    return {name: ref}


def wanted(request, filters):
    """The query string's filters as (attribute, comparison, value, any case?)."""
    for key, value in request.query.items(multi=True):
        attribute, _, comparison = key.partition("__")
        if key in filters:
            yield key, "equals", value, False
        elif comparison and attribute in filters:
            yield attribute, comparison.removeprefix("i"), value, comparison.startswith("i")


def fits(ref, one):
    """Does a ref pass one filter? An unknown comparison is ignored; an attribute that is no text cannot be compared
    inexactly."""
    attribute, comparison, value, any_case = one
    have = ref.get(attribute)
    if comparison == "equals":
        return have == truth(value) if isinstance(have, bool) else have == value
    if not isinstance(have, str):
        return False
    if any_case:
        have, value = have.lower(), value.lower()
    return INEXACT.get(comparison, lambda text, part: True)(have, value)


def truth(text):
    """A query string's boolean: false for 0, f, false, off, n and no; true for anything else, even nothing."""
    return text.strip().lower() not in FALSE_WORDS


def limit_of(request):
    """`?limit=` as a number, or None. Raises BadRequest."""
    text = request.query.get("limit")
    if not text:
        return None
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise BadRequest(
            f"Invalid input for field/attribute limit. Value: {text}. '{text}' does not match '^-?[0-9]+$'"
        )
    return min(int(text), LARGEST_PAGE)


def shortened(refs, limit):
    """(the first `limit` refs, was anything cut off?)."""
    return (refs, False) if limit is None or len(refs) <= limit else (refs[:limit], True)


def page(refs, known, limit, marker):
    """(one page in the order of ids, is it full?); a negative limit is none to SQLite. Raises NotFound for a marker
    that is nobody's id."""
    if marker and all(ref["id"] != marker for ref in known):
        raise NotFound(text=f"Marker {marker} could not be found.")
    refs = sorted((ref for ref in refs if not marker or ref["id"] > marker), key=lambda ref: ref["id"])
    return (refs[:LARGEST_PAGE], False) if limit is None else (refs if limit < 0 else refs[:limit], len(refs) >= limit)


def next_page(request, refs, limit):
    """The address of the page after this one."""
    query = {**request.query.to_dict(), "marker": refs[-1]["id"], "limit": limit}
    return f"{request.self_link.partition('?')[0]}?{urlencode(query)}"
