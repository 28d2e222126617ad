"""The host client: an administrator's own connection to one ESXi host, past vCenter.

    HostClient(w, "esx1").power_on("erp")        admin ── soap PowerOnVM_Task ──▶ esx1-hostd

It works while vCenter is down, because hostd needs no vCenter. The surprise comes afterwards: nobody has told vCenter,
so its inventory is older than the truth until vpxa tells it. What the real one does differently: it is a web page that
hostd serves (https://esx1/ui); power operations answer with a Task at once, ours with what has come of it.

Document-only: vSphere is closed source.
"""

from labkit.vsphere.hostd import power_state
from labkit.vsphere.sessions import PASSWORD
from labkit.world.errors import LabError, words


class HostClient:
    """`user` at the hostd of `host`, from the node `client`. Methods raise LabError with vSphere's faults (401 no
    login, 403 lockdown mode, 404, 409, 507), and Unanswered if hostd does not answer."""

    def __init__(self, world, host, user="root", password=PASSWORD, client="admin"):
        self.world, self.host, self.user, self.password, self.client = (
            world,
            words(host, "host"),
            user,
            password,
            client,
        )
        self.key = None
        if client not in world.nodes:
            world.node(client)

    def __repr__(self):
        return f"<host client: {self.user} at {self.host}>"

    def ask(self, method, timeout_s=30, **detail):
        """One method of the host's API; logs in first, and again if hostd has forgotten the session."""
        if self.key is None:
            self.login()
        try:
            return self._send(method, timeout_s, detail)
        except LabError as error:
            if error.code != 401:
                raise
        self.login()
        return self._send(method, timeout_s, detail)

    def _send(self, method, timeout_s, detail):
        return self.world.ask(
            self.client, f"{self.host}-hostd", "soap", method, timeout_s, shown=detail, session=self.key, **detail
        )

    def login(self):
        """A session of one's own."""
        said = self.world.ask(
            self.client, f"{self.host}-hostd", "soap", "Login", 30, shown={"user": self.user}, user=self.user,
            password=self.password,
        )  # fmt: skip
        self.key = said["key"]

    def power_on(self, vm):
        return self.ask("PowerOnVM_Task", 60, name=vm)

    def power_off(self, vm):
        return self.ask("PowerOffVM_Task", name=vm)

    def suspend(self, vm):
        return self.ask("SuspendVM_Task", name=vm)

    def shutdown_guest(self, vm):
        return self.ask("ShutdownGuest", name=vm)

    def register(self, vm):
        """Have a VM from now on whose .vmx lies on a datastore that the host mounts."""
        return self.ask("RegisterVM_Task", name=vm)

    def unregister(self, vm):
        """Forget a VM; its files stay."""
        return self.ask("UnregisterVM", name=vm)

    def create(self, vm, **values):
        """A new VM on this host (values: labkit.vmm.Definition)."""
        return self.ask("CreateVM_Task", name=vm, **values)

    def vms(self):
        """Name → power state of the VMs registered here."""
        return {row["name"]: power_state(row["state"]) for row in self.ask("ListVMs")}

    def end_lockdown(self):
        """Walk to the machine and end lockdown mode at its console (DCUI). NoPermission (403) in strict mode."""
        return self.world.ask(self.client, f"{self.host}-hostd", "dcui", "set lockdown", 30, mode="disabled")
