"""The option `immutable`: a protected project, domain or role can neither be changed nor deleted until the option is
taken away.
"""

from labkit.openstack.errors import BadRequest, Forbidden

FIRST = 'Set resource option "immutable" to false first.'


def require_mutable(old, changes, kind):
    """An immutable resource accepts one change only: not to be immutable. Raises Forbidden."""
    freed = (changes.get("options") or {}).get("immutable", True) in (False, None) and len(changes) == 1
    if old["options"].get("immutable") and not freed:
        raise Forbidden(text=f"Unable to update immutable {kind} resource: `{old['id']}. {FIRST}")


def require_deletable(old, kind):
    """Raises Forbidden for an immutable resource."""
    if old["options"].get("immutable"):
        raise Forbidden(text=f"Unable to delete immutable {kind} resource: `{old['id']}. {FIRST}")


def require_same_id(given, id_in_path):
    """A body may repeat the id, never change it. Raises BadRequest."""
    if given.get("id") is not None and given["id"] != id_in_path:
        raise BadRequest("Cannot change ID")
