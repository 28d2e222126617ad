"""Policies as plain data and back: what the VIM's database keeps of them. Claims are counted anew instead."""

from labkit.vim.policies.places import Places
from labkit.vim.policies.roles import ROLES, Roles


def on_paper(policies):
    """{} if nothing was ever written, else everything that was, as json takes it."""
    if not policies.active:
        return {}
    allowed, roles = policies.allowed, policies.roles
    return {
        "quotas": policies.quotas,
        "reservations": policies.reservations,
        "places": {name: sorted(value) if isinstance(value, set) else value for name, value in vars(allowed).items()},
        "roles": {name: held for name, held in roles.roles.items() if name not in ROLES},
        "members": roles.members,
        "permissions": roles.permissions,
    }


def read(data):
    """(quotas, reservations, Places, Roles) of what on_paper() gave."""
    places, roles = Places(), Roles()
    for name, value in data.get("places", {}).items():
        old = getattr(places, name)
        setattr(places, name, set(value) if isinstance(old, set) else _tuples(value))
    roles.roles.update(_tuples(data.get("roles", {})))
    roles.members.update(_tuples(data.get("members", {})))
    for path, given in data.get("permissions", {}).items():
        roles.permissions[path] = _tuples(given)
    return dict(data.get("quotas", {})), dict(data.get("reservations", {})), places, roles


def _tuples(table):
    """A table whose lists are tuples again."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
