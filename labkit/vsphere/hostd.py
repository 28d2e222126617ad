"""hostd: the management process of one ESXi host. It manages this host, for whoever logs in, and knows of no other.

    host client ── soap PowerOnVM_Task ──▶ esx1-hostd ── libvirt … ──▶ esx1 (VMkernel: VMX, VMM)
    esx1-vpxa   ── libvirt connectBulk ──▶ esx1-hostd                  the same work, ordered by vCenter

Being managed by a vCenter takes nothing away from hostd: the host client goes on working, unless lockdown mode forbids
it. Then every login over the network is refused, root's too, except for the exception users; vpxa and the HA agent are
processes of this machine and are let in. In normal lockdown somebody at the machine's own console (DCUI) can end it, in
strict lockdown nobody but vCenter can.

What the real one does differently: hostd speaks the vSphere Web Services API throughout; ours does its work by the
calls of labkit.vmm, which carry libvirt's names. The configuration of a VM (.vmx) is written where its disk lies.

Document-only: vSphere is closed source.
"""

from labkit.vsphere.arguments import fitting, text
from labkit.vsphere.faults import fault, translated
from labkit.vsphere.sessions import PASSWORD, Sessions
from labkit.world import LabError, Message, action

SOAP = {  # method of the vSphere API → the host's own call
    "CreateVM_Task": "domainDefineXML",
    "PowerOnVM_Task": "domainCreate",
    "PowerOffVM_Task": "domainDestroy",
    "ShutdownGuest": "domainShutdown",
    "SuspendVM_Task": "domainSuspend",
    "UnregisterVM": "domainUndefineFlags",
    "RetrieveProperties": "domainGetInfo",
    "ListVMs": "connectListAllDomains",
    "RetrieveHardware": "nodeGetInfo",
}
MODES = ("disabled", "normal", "strict")
STATES = {"running": "poweredOn", "paused": "suspended", "shutoff": "poweredOff"}


class Hostd:
    """The front of `vmm`'s management process: sessions, lockdown, vSphere's names.

    lockdown    'disabled', 'normal' or 'strict'; `exceptions`: users who are let in all the same
    datastores  names of the shared ones it mounts: there a VM's configuration is written, too
    """

    @action
    def __init__(self, world, vmm, datastores):
        self.world, self.vmm, self.name, self.datastores = world, vmm, vmm.manager.name, list(datastores)
        self.lockdown, self.exceptions = "disabled", []
        self.chooses = not hasattr(vmm, "datastore")  # a Vmm has one datastore; a lean host is told which
        self.sessions = Sessions(self.name, {"root": PASSWORD, "vmadmin": PASSWORD})
        self._manage, self._started = vmm.manager.serve, vmm.manager.on_start
        vmm.manager.serve, vmm.manager.on_start, vmm.manager.on_stop = self.serve, self.started, self.stopping
        self.processes = {f"{vmm.name}-{process}" for process in ("vpxa", "fdm")} | {vmm.name, self.name}

    def started(self):
        """A new life: sessions were in memory."""
        self.sessions.forget()
        self._started()

    def stopping(self):
        """The connection of vpxa is closed, and it notices."""
        if self.vmm.listener is not None:
            self.world.cast(self.name, self.vmm.listener, "libvirt", "connectClose")

    # -- who may ----------------------------------------------------------------------------------------------------
    def serve(self, message):
        """Answer one call."""
        if message.kind == "dcui":
            return self.console(message)
        if message.kind == "soap":
            return self.soap(message)
        if message.src not in self.processes and not message.src.endswith("-hostd"):  # a migration comes from a hostd
            self.locked("root")
        return self.note(message, self._manage(message))

    def locked(self, user):
        """Return if this user may log in over the network. LabError (403, NoPermission) in lockdown mode."""
        if self.lockdown != "disabled" and user not in self.exceptions:
            raise fault(
                "NoPermission",
                f"{self.vmm.name} is in {self.lockdown} lockdown mode: {user!r} may not log in directly",
                "go through vCenter, or be an exception user"
                + ("; the console (DCUI) can end it" if self.lockdown == "normal" else ""),
            )

    def console(self, message):
        """Somebody stands at the machine: 'set lockdown'. In strict mode the DCUI service does not run."""
        if self.lockdown == "strict":
            raise fault(
                "NoPermission", f"the DCUI of {self.vmm.name} is stopped: strict lockdown", "only vCenter can end it"
            )
        return self.set_lockdown(message.detail.get("mode", "disabled"), [])

    def set_lockdown(self, mode, exceptions):
        """Another lockdown mode; sessions of users who are not exempt end."""
        if mode not in MODES:
            raise fault("InvalidArgument", f"lockdown mode {mode!r} is none of {', '.join(MODES)}")
        self.lockdown, self.exceptions = mode, list(exceptions)
        if mode != "disabled":
            self.sessions.users = {key: user for key, user in self.sessions.users.items() if user in self.exceptions}
        self.world.emit(self.name, self.vmm.name, "libvirt", f"lockdown mode: {mode}", exceptions=self.exceptions)
        return {"lockdown": mode}

    # -- the host's API ---------------------------------------------------------------------------------------------
    def soap(self, message):
        """A method of the vSphere API."""
        detail = dict(message.detail)
        if message.what == "Login":
            fitting("Login", Sessions.login, detail)
            self.locked(text(detail["user"], "user"))
            return {"key": self.sessions.login(**detail)}
        own, session = message.src in self.processes, detail.pop("session", None)
        if not own:
            self.locked(self.sessions.user(session))
        if message.what == "EnterLockdownMode" and own:
            return self.set_lockdown(detail["mode"], detail["exceptions"])
        if "name" in detail or message.what in OWN:
            text(detail.get("name"), "a VM's name")
        if message.what in OWN:
            fitting(message.what, OWN[message.what], detail, own=2)
            return self.answering(OWN[message.what](self, message, **detail))
        if message.what not in SOAP:
            raise fault("NotSupported", f"{self.name} has no {message.what!r}", f"it has {', '.join(SOAP)}")
        return self.answering(self.do(message, SOAP[message.what], **detail))

    def answering(self, work):
        """Do it, and say in vSphere's words what was refused (a generator)."""
        try:
            result = yield from work
        except LabError as error:
            raise translated(error) from None
        return result

    def do(self, message, call, again=False, **detail):
        """One call of the host's own (a generator)."""
        if call == "domainDefineXML" and not self.chooses:
            detail.pop("datastore", None)
        n = message.n, call, again  # one message of a client may be several calls in here, each done once
        own = Message(message.link, "libvirt", call, detail, n, message.answer, message.callbacks)
        result = self.note(own, self._manage(own))
        return (yield from result) if hasattr(result, "throw") else result

    def register(self, message, name):
        """Read the VM's .vmx on a datastore that this host mounts, and have the VM from now on (a generator)."""
        if name in self.vmm.domains:
            raise fault("AlreadyExists", f"{name} is registered on {self.vmm.name} already", "power it on")
        for datastore in self.datastores:
            try:
                values = yield self.world.call(self.vmm.name, datastore, "scsi", "read", 5, file=f"{name}.vmx")
            except LabError:
                continue  # not there, or no path to it
            return (yield from self.do(message, "domainDefineXML", name=name, **values))
        known = ", ".join(self.datastores) or "its local disks only"
        raise fault("FileNotFound", f"{self.vmm.name} finds no {name}.vmx: it mounts {known}", "where is its disk?")

    def power_on(self, message, name):
        """Power on, or go on if it is suspended; a lock of another host is broken if that host's heartbeat is stale (a
        generator)."""
        domain = self.vmm.domains.get(name)
        if domain is not None and domain.state == "paused":
            return (yield from self.do(message, "domainResume", name=name))
        try:
            return (yield from self.do(message, "domainCreate", name=name))
        except LabError as error:
            if "is in use by" not in error.message or not self.datastores:
                raise
        for datastore in self.datastores:
            yield self.world.call(self.vmm.name, datastore, "scsi", "break lock", 5, disk=name, by=self.vmm.name)
        yield from self.do(message, "domainLeaseBreak", name=name)
        return (yield from self.do(message, "domainCreate", again=True, name=name))

    # -- the .vmx ---------------------------------------------------------------------------------------------------
    def note(self, message, result):
        """What a call has defined is written beside the VM's disk, if that lies on a shared datastore."""
        files = {}
        for name, values in defined(message):
            datastore = self.shared(values)
            if datastore is not None:
                files.setdefault(datastore, {})[f"{name}.vmx"] = values
        for datastore, content in files.items():
            self.world.cast(self.vmm.name, datastore, "scsi", "write", files=content, shown={"files": sorted(content)})
        return result

    def shared(self, values):
        """Name of the shared datastore on which this VM's disk lies, or None."""
        name = values.get("datastore") if self.chooses else self.vmm.datastore.name
        return name if name in self.datastores else None


OWN = {"RegisterVM_Task": Hostd.register, "PowerOnVM_Task": Hostd.power_on}


def defined(message):
    """(name, values) of each definition in a call."""
    if message.what == "domainDefineXML":
        yield message.detail["name"], {key: value for key, value in message.detail.items() if key != "name"}
    elif message.what == "connectBulk":
        definitions = message.detail.get("definitions", ())
        for what, name, argument in message.detail["calls"]:
            if what == "domainDefineXML":
                yield name, definitions[argument]


def power_state(state):
    """vSphere's word for a domain's state: a paused VM has no word of its own there."""
    return STATES.get(state, "poweredOn" if state in ("migrating", "starting") else "poweredOff")
