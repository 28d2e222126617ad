"""Acts: what is about to be done to a VM or a host, the privileges it takes, and the object on which they are asked.

The privileges have the names they have in vCenter (documentation only: 'vSphere Security', 'Defined Privileges').
"""

from labkit.world.errors import LabError, unknown

PRIVILEGES = {  # act -> privileges asked on the VM (on its folder while there is none, on the host for maintenance)
    "create": ("VirtualMachine.Inventory.Create",),
    "start": ("VirtualMachine.Interact.PowerOn",),
    "stop": ("VirtualMachine.Interact.PowerOff",),
    "pause": ("VirtualMachine.Interact.Suspend",),
    "resume": ("VirtualMachine.Interact.PowerOn",),
    "resize": ("VirtualMachine.Config.CPUCount", "VirtualMachine.Config.Memory"),
    "migrate": ("Resource.HotMigrate",),
    "terminate": ("VirtualMachine.Inventory.Delete",),
    "maintenance": ("Host.Config.Maintenance",),
    "leave maintenance": ("Host.Config.Maintenance",),
}
GROWS = frozenset(("create", "start", "resize"))  # may take more of a quota
RUNS_IMAGE = frozenset(("create", "start"))
LIVES = frozenset(("running", "paused"))  # desired states in which a VM holds vCPUs and memory


class Act:
    """what      one of PRIVILEGES
    vm        the VM's name; None for an act on a host
    project   whose VM it is, or None
    spec      its size: vcpus, memory_mib, disk_gib (a resize brings the new one)
    template  what it is cloned from, or None
    groups    names of the groups it belongs to
    host      the host that was asked for, or on which it lies; None: placement chooses
    user      who asks; None: the VIM itself, which needs no permission
    on        False: a 'create' or 'resize' of a VM that is switched off
    """

    __slots__ = ("what", "vm", "project", "spec", "template", "groups", "host", "user", "on")

    def __init__(self, what, vm=None, project=None, spec=None, template=None, groups=(), host=None, user=None, on=True):
        if what not in PRIVILEGES:
            error = unknown("act", what, PRIVILEGES)
            raise LabError(error.message, 400, True, error.next_step)
        if what in GROWS and spec is None:
            raise LabError(f"{what} needs a spec: sizes are counted, not heads", 400, True, "spec=Spec(...)")
        self.what, self.vm, self.project, self.spec = what, vm, project, spec
        self.template, self.groups, self.host, self.user, self.on = template, groups, host, user, on

    def __repr__(self):
        who = f"{self.user}: " if self.user else ""
        return f"<{who}{self.what} {self.name}>"

    @property
    def name(self):
        """What it is about."""
        return self.host if self.vm is None else self.vm

    def path(self, hosts=None):
        """The object of the inventory tree: '/vm/shop' to create there, '/vm/shop/web', '/host/c1/esx1'."""
        if self.vm is None:
            host = (hosts or {}).get(self.host)
            return f"/host/{host.cluster}/{self.host}" if host is not None and host.cluster else f"/host/{self.host}"
        folder = f"/vm/{self.project}" if self.project else "/vm"
        return folder if self.what == "create" else f"{folder}/{self.vm}"
