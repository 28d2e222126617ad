"""Requests for operations of the policy matrix that operations.py does not list: told from their names.

list_groups_other_domain   ⇒  GET /v3/groups?domain_id={other}      show_endpoint   ⇒  GET /v3/endpoints/{made}
"""

from dataclasses import replace

from labkit.openstack.keystone_replay.operations import OPERATIONS, Operation

VERBS = {"show": "show", "get": "show", "check": "show", "head": "show", "remove": "delete", "add": "create"}
OTHER = {
    "{own_domain}": "default",
    "{own_project}": "{other_project}",
    "{target}": "{stranger}",
}
SUFFIXES = ("_in_domain", "_own_domain", "_same_domain", "_other_domain", "_own_project", "_other_project")


def inferred(name):
    """The Operation that a name means, or None if it says nothing that is known."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    verb, _, rest = name.partition("_")
    verb = VERBS.get(verb, verb)
    suffix = next((each for each in SUFFIXES if rest.endswith(each)), "")
    thing = rest.removesuffix(suffix).removeprefix("other_").removeprefix("own_")
    words = [f"{verb}_{thing}", f"{verb}_{thing}_in_domain", f"{verb}_{thing}_same_domain"]
    found = next((OPERATIONS[word] for word in words if word in OPERATIONS), None) or from_making(verb, thing)
    if found is None or ("own" in rest and not suffix.endswith("_domain")):
        return None  # whose own it is, another name cannot say
    if verb == "list" and suffix.endswith("_domain"):
        return replace(found, path=f"{found.path}?domain_id={'default' if 'other' in suffix else '{own_domain}'}")
    moved = elsewhere(found)
    return found if "other" not in rest else moved if moved != found else None


def from_making(verb, thing):
    """To show, change or delete something, the admin first makes it."""
    making = OPERATIONS.get(f"create_{thing}") or OPERATIONS.get(f"create_{thing}_in_domain")
    if making is None or verb not in ("show", "update", "delete"):
        return None
    method = {"show": "GET", "update": "PATCH", "delete": "DELETE"}[verb]
    body = {thing: {"description": "x"}} if verb == "update" else None
    return Operation(
        method, f"{making.path}/{{made}}", body, before=((making.method, making.path, making.body, thing),)
    )


def elsewhere(operation):
    """The same in a domain, in a project or on a user that is not the personas' own."""

    def moved(value):
        if isinstance(value, dict):
            return {key: moved(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(moved(inner) for inner in value)
        for own, other in OTHER.items() if isinstance(value, str) else ():
            value = value.replace(own, other)
        return value

    return replace(operation, path=moved(operation.path), body=moved(operation.body), before=moved(operation.before))
