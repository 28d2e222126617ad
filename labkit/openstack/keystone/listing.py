"""Collections: filters, pages and links, as the real server gives them.

`?name=x` is exact; `?name__startswith=`, `__contains`, `__endswith` (and `__istartswith` …, which ignore case) are inexact. Users, groups,
projects and domains are paged by the database, ordered by id (`limit`, `marker`): the page is cut *before* a case-sensitive inexact filter
looks at it, so such a page may be shorter than the limit, even empty. That surprises, and it is what the real one does.
"""

from urllib.parse import urlencode

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.keystone.store import as_boolean

FALSE_WORDS = {"0", "f", "false", "off", "n", "no"}
MAX_PAGE = 1000
COMPARE = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}


def collection(request, name, refs, filters=(), paged=False, link=None):
    """The body of a list: {name: […], "links": {…}} and, when cut, "truncated".

    `refs` are all candidates; `filters` the attributes that may be filtered by; `paged` says that the database pages this kind;
    `link(ref)` gives a member's own path when it is not /v3/<name>/<id>. Raises BadRequest, NotFound (unknown marker).
    """
    exact, late = [], []
    for wanted in wanted_by(request.query, filters):
        (exact if wanted[1] == "equals" or wanted[3] else late).append(wanted)
    known, limit = refs, limit_of(request.query)
    refs = [ref for ref in refs if all(matches(ref, wanted) for wanted in exact)]
    cut = False
    if paged:
        refs, cut = page(refs, known, limit, request.query.get("marker"))
    refs = [ref for ref in refs if all(matches(ref, wanted) for wanted in late)]
    if not paged and limit is not None and len(refs) > limit:
        refs, cut = refs[:limit], True
    members = [with_link(request, ref, link(ref) if link else f"{name}/{ref['id']}") for ref in refs]
    return wrapped(request, name, members, cut, limit)


def wrapped(request, name, members, cut=False, limit=None):
    """A list's envelope around members that have their links already."""
    following = next_page(request, members, limit) if cut and members else None
    body = {name: members, "links": {"next": following, "self": request.here, "previous": None}}
    return {**body, "truncated": True} if cut else body


def with_link(request, ref, path):
    """A resource with its own address."""
    return {**ref, "links": {**ref.get("links", {}), "self": request.link(path)}}


def wanted_by(query, filters):
    """The filters in a query string as (attribute, comparison, value, ignores case)."""
    for key, value in query.items(multi=True):
        if key in filters:
            yield key, "equals", value, False
            continue
        attribute, _, comparison = key.partition("__")
        if attribute in filters and comparison:
            ignores_case = comparison.startswith("i")
            yield attribute, comparison[ignores_case:], value, ignores_case


def matches(ref, wanted):
    """Does a resource pass one filter? Booleans are read generously: only 0, f, false, off, n, no are false."""
    attribute, comparison, value, ignores_case = wanted
    present = ref.get(attribute)
    if comparison == "equals":
        return present == truthy(value) if isinstance(present, bool) else present == value
    if not isinstance(present, str):
        return False
    if ignores_case:
        present, value = present.lower(), value.lower()
    return COMPARE.get(comparison, lambda text, part: True)(present, value)


def truthy(value):
    """A query string's boolean: everything but 0, f, false, off, n and no is true."""
    return value.strip().lower() not in FALSE_WORDS


def flag(request, name):
    """A query parameter that switches something on by being there; only `=0` switches it off."""
    return name in request.query and request.query[name] != "0"


def limit_of(query):
    """`?limit=`, or None. Raises BadRequest for what is no whole number (the real one answers 500)."""
    text = query.get("limit")
    if not text:
        return None
    try:
        return max(0, min(int(text), MAX_PAGE))
    except ValueError:
        raise BadRequest(f"limit must be a whole number, not {text!r}.") from None


def page(refs, known, limit, marker):
    """One page in order of id, and whether it is full."""
    if marker and all(ref["id"] != marker for ref in known):
        raise NotFound(text=f"Marker {marker} could not be found.")
    ordered = sorted((ref for ref in refs if not marker or ref["id"] > marker), key=lambda ref: ref["id"])
    if not limit:
        return ordered[:MAX_PAGE], False
    return ordered[:limit], len(ordered) >= limit


def next_page(request, members, limit):
    """The address of the page after this one."""
    query = {**request.query.to_dict(), "marker": members[-1]["id"], "limit": limit}
    return f"{request.here.partition('?')[0]}?{urlencode(query)}"
