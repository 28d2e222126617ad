"""Roles and permissions: who may do what on which branch of the inventory.

    privilege    one thing that can be done: VirtualMachine.Interact.PowerOn
    role         a name for a set of privileges: 'VM user'
    permission   (user or group, role, object, propagates): ann is 'VM user' on /vm/shop and everything below

    /                                 a permission on the object itself wins over one from above, even if it allows
    ├── host ── c1 ── esx1            less; a user's own permission wins over those of her groups; several groups on the
    └── vm ─── shop ── web            same object add up

The names of roles and privileges follow vCenter (documentation only: 'vSphere Security', sections 'Hierarchical
Inheritance of Permissions' and 'Using vCenter Server Roles'). Roles there are sets of some hundred privileges; here of
those that our acts take. What vCenter has and we leave out: global permissions, a VM that inherits from its folder and
its resource pool at once, and that a missing System.View hides an object altogether.
"""

from labkit.vim.policies.acts import PRIVILEGES
from labkit.world.errors import LabError, unknown, words

READ = ("System.Anonymous", "System.Read", "System.View")
USES = ("VirtualMachine.Interact.PowerOn", "VirtualMachine.Interact.PowerOff", "VirtualMachine.Interact.Suspend")
SHAPES = (
    "VirtualMachine.Config.CPUCount", "VirtualMachine.Config.Memory",
    "VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RevertToSnapshot",
)  # fmt: skip
OWNS = (
    "VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Delete",
    "VirtualMachine.Provisioning.DeployTemplate", "Resource.HotMigrate",
)  # fmt: skip
RUNS = ("Host.Config.Maintenance", "Alarm.Acknowledge", "Authorization.ModifyPermissions")
ALL = (*READ, *USES, *SHAPES, *OWNS, *RUNS)
ROLES = {
    "no access": (),
    "read-only": READ,
    "VM user": (*READ, *USES),
    "VM power user": (*READ, *USES, *SHAPES),
    "VM administrator": (*READ, *USES, *SHAPES, *OWNS),
    "administrator": ALL,
}
assert all(privilege in ALL for needed in PRIVILEGES.values() for privilege in needed)


def lineage(path):
    """The object and everything above it: '/vm/shop/web' → /vm/shop/web, /vm/shop, /vm, /."""
    while path != "/":
        yield path
        path = path.rpartition("/")[0] or "/"
    yield "/"


class Roles:
    """Roles by name, groups of users, and permissions by object: {path: {principal: (role, propagates)}}."""

    def __init__(self):
        self.roles, self.members, self.permissions = dict(ROLES), {}, {}

    def role(self, name, *privileges):
        """A role of one's own. LabError (400, 404) for a privilege that there is not."""
        for privilege in privileges:
            if words(privilege, "a privilege") not in ALL:
                error = unknown("privilege", privilege, ALL)
                raise LabError(error.message, 404, True, error.next_step)
        if words(name, "a role's name") in ROLES:
            raise LabError(f"the role {name!r} is built in: it cannot be changed", 409, True, "give yours another name")
        self.roles[name] = privileges

    def group(self, name, *users):
        """A group of users."""
        self.members[words(name, "a group's name")] = tuple(words(user, "a user's name") for user in users)

    def permit(self, principal, role, path="/", propagate=True):
        """From now on `principal` (a user or a group) has this role there. It replaces what she had on that object."""
        if words(role, "a role's name") not in self.roles:
            error = unknown("role", role, self.roles)
            raise LabError(error.message, 404, True, error.next_step)
        if not isinstance(path, str) or not path.startswith("/") or (path != "/" and path.endswith("/")):
            raise LabError(f"an object of the inventory is a path such as '/vm/shop', not {path!r}", 400, True)
        self.permissions.setdefault(path, {})[words(principal, "a user or group")] = (role, bool(propagate))

    def revoke(self, principal, path="/"):
        """Take a permission away. LabError (404) if there is none."""
        words(path, "an object's path")
        if words(principal, "a user or group") not in self.permissions.get(path, {}):
            raise LabError(f"{principal!r} has no permission on {path}", 404, True, "see policies.table()")
        del self.permissions[path][principal]

    def of(self, user, path):
        """(set of privileges, where they come from) of a user on an object: the nearest permission decides."""
        groups = [name for name, users in self.members.items() if user in users]
        for at in lineage(path):
            there = self.permissions.get(at, {})
            counts = {name for name, (_, down) in there.items() if down or at == path}
            found = [user] if user in counts else [name for name in groups if name in counts]
            if found:
                held = {privilege for name in found for privilege in self.roles[there[name][0]]}
                return held, " and ".join(f"{there[name][0]!r} on {at}" for name in found)
        return set(), "no role at all"

    def check(self, act, path):
        """Return if the act's user may do it to the object at `path`; LabError (403) with the missing privilege."""
        held, source = self.of(act.user, path)
        missing = [privilege for privilege in PRIVILEGES[act.what] if privilege not in held]
        if missing:
            raise LabError(
                f"{act.user} may not {act.what} {act.name}: privilege {missing[0]} is missing on {path}; "
                f"{act.user} has {source}",
                403,
                True,
                f"ask for a role that has it on {path}, or above it with propagation",
            )
