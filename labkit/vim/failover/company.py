"""A company with three hosts and two VMs, and one of its hosts is silent. You are the failover system.

    office ── host1   host3        host2 ╌╌?╌╌ office        branch ── host2
             (free)  (free)        shop, bank                (its customers, if it lives)

You can start a VM on another host, switch host2 off through its BMC, or wait. What you see is what the office can see:
who answers. What is true is decided by the seed: host2 is cut off (and its branch goes on buying), or it is dead.

What the real one does differently: a VMFS or sanlock lock on the disk would refuse the second copy; here, as on plain
KVM, whoever starts a VM takes the disk.
"""

from dataclasses import dataclass

from labkit.vim.bmc import Bmc
from labkit.vim.failover.history import copies
from labkit.vim.failover.ledger import Ledger
from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, action
from labkit.world.errors import unknown

VMS, HOSTS, SILENT = ("shop", "bank"), ("host1", "host2", "host3"), "host2"
LOST_S, BEGINS_S, ENDS_S = 60.0, 90.0, 240.0  # the cable is cut or the host dies; you are called; the cable is mended
STEP_S, SETTLE_S, BOOT_S = 10.0, 20.0, 5.0


@dataclass(frozen=True)
class Verdict:
    """How it ended for one VM: seconds with two copies; seconds until the office was served again (None: it is not);
    and the order book (Damage)."""

    vm: str
    twice_s: float
    unserved_s: float | None
    damage: object


class Company:
    """truth: 'cut' or 'dead'; None: as the seed decides. `log`: (virtual second, what you did and what came of it)."""

    @action
    def __init__(self, world, truth=None):
        if truth not in (None, "cut", "dead"):
            raise LabError(f"truth is 'cut' or 'dead', not {truth!r}", 400, True)
        self.world, self.name = world, "company"
        self.truth = truth or ("cut", "dead")[world.random("company").random() < 0.5]
        san = Datastore(world, "san1", 200)
        self.vmms = {name: Vmm(world, name, Host(), datastore=san) for name in HOSTS}
        for vmm in self.vmms.values():
            Bmc(world, vmm)
        self.books = {vm: Ledger(world, vm, self.vmms.values()) for vm in VMS}
        self.log, self.ended, self.fenced = [], False, False
        for vm in VMS:
            self.vmms[SILENT].define(vm, memory_mib=2048, boot_s=BOOT_S)
            self.vmms[SILENT].start(vm)
        world.run(until=LOST_S)
        world.cut("admin", f"{SILENT}-libvirtd") if self.truth == "cut" else world.crash(SILENT)
        world.run(until=BEGINS_S)

    # -- the three buttons -------------------------------------------------------------------------------------------
    @action
    def start(self, vm, host):
        """Start a VM on a host that answers; its disk is taken over from whoever had it. Returns what came of it."""
        for value, what, known in ((vm, "VM", VMS), (host, "host", HOSTS)):
            if value not in known:
                raise unknown(what, value, known)
        if host == SILENT and not self.ended:
            return self._note(f"start {vm} on {host}: {host} does not answer")
        vmm = self.vmms[host]
        if vm in vmm.domains:
            return self._note(f"start {vm} on {host}: it runs there already")
        vmm.define(vm, memory_mib=2048, boot_s=BOOT_S)
        vmm.datastore.disk(vm).break_lease(host)
        vmm.start(vm)
        return self._note(f"start {vm} on {host}: it boots")

    @action
    def power_off(self):
        """Switch host2 off through its BMC."""
        said = self.world.ask("admin", f"{SILENT}-bmc", "ipmi", "power off")
        self.fenced = True
        return self._note(f"power off {SILENT}: its BMC says '{said['power']}'")

    @action
    def wait(self, seconds=STEP_S):
        """Let time pass."""
        self.world.run(until=self.world.now + seconds)
        return self._note(f"wait {seconds:g} s")

    def _note(self, what):
        self.log.append((self.world.now, what))
        return what

    # -- what the office sees ------------------------------------------------------------------------------------------
    def seen(self):
        """{host: [(VM, state)]} of the hosts that answer, None for one that does not."""
        found = {}
        for name, vmm in self.vmms.items():
            reached = name != SILENT or self.ended and self.truth == "cut" and not self.fenced
            found[name] = [(vm, domain.state) for vm, domain in vmm.domains.items()] if reached else None
        return found

    @property
    def silent_for_s(self):
        """So long nobody has heard host2."""
        return self.world.now - LOST_S

    @property
    def over(self):
        """The cable is mended, or everything runs elsewhere and host2 is off."""
        moved = all(any(vm in self.vmms[host].domains for host in ("host1", "host3")) for vm in VMS)
        return self.world.now >= ENDS_S or self.fenced and moved

    @action
    def end(self):
        """A little later: everything has booted, and a cable that was cut is mended. Returns the Verdicts."""
        self.world.run(until=max(self.world.now, ENDS_S if not self.fenced else 0) + SETTLE_S)
        if self.truth == "cut":
            self.world.heal("admin", f"{SILENT}-libvirtd")
        self.ended = True
        return self.verdicts()

    def verdicts(self):
        """One Verdict per VM."""
        return [self._verdict(vm, copies(self.world.trace, vm)) for vm in VMS]

    def _verdict(self, vm, runs):
        now_s, first, new = self.world.now, runs[0], [copy for copy in runs[1:] if copy.host != SILENT]
        old_end_s = now_s if first.end_s is None else first.end_s
        mended_s = ENDS_S if self.truth == "cut" and not self.fenced else None
        served_s = new[0].start_s + BOOT_S if new else mended_s
        twice_s = max(0.0, old_end_s - new[0].start_s) if new else 0.0
        return Verdict(vm, twice_s, None if served_s is None else served_s - LOST_S, self.books[vm].damage())
