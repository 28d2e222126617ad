"""The failover system: a host is silent. Detect, fence, restart; in this order, or not at all.

    esx2 silent ─ detect_s ─▶ what else can be asked? ─▶ fence ──────────▶ restart by priority
                              evidence.verdict           BMC 'off', lock    elsewhere, from the disks
                              live, isolated: no more    failed: alarm, try again; its VMs stay down

Whether a silent host is dead cannot be known from afar. A fence does not find out either: it *makes* it dead, and says
so. Without a successful fence nothing is restarted: two copies of a VM with one disk are worse than none.

A restart is a boot from the disk: what was in memory is lost, and with a local disk there is nothing to boot from.

What the real one does differently: vSphere HA does all this on the hosts (FDM), so it goes on without vCenter, and it
fences through the locks of the datastore instead of a BMC; Proxmox VE uses locks and watchdogs (self_fencing); Nova has
nothing of the kind: Masakari, or an operator's `evacuate`, does it. A VM without a place is tried again here, as in
Proxmox, until there is one, unless tries_s says otherwise (retries).
"""

from labkit.vim.failover import evidence, retries
from labkit.vim.failover.admission import Disabled
from labkit.vim.failover.cases import Case, Cases
from labkit.vim.failover.crashes import Crashes
from labkit.vim.failover.evacuation import Evacuation
from labkit.vim.failover.guard import Guard
from labkit.vim.failover.packing import first_gap
from labkit.vim.inventory import FENCED, UNKNOWN
from labkit.vmm.host import whole
from labkit.world import LabError, action
from labkit.world.errors import number, unknown, words

FENCING = ("bmc", "lock", "off")
ISOLATION = ("leave", "fence")
RANK = {"highest": 0, "high": 1, "medium": 2, "low": 3, "lowest": 4}
AGAIN_S = 60.0  # until a fence that failed is tried again, or a host that seems to live is looked at again: chosen


class FailoverSystem:
    """A VIM's failover system: Vim(…, failover=FailoverSystem()).

    detect_s     silence after which it acts (None: as the VIM has it). A host reports every 10 s: with less than two
                 of these healthy hosts are missed, and fenced
    fencing      'bmc' (power off through the management controller), 'lock' (wait until the host's lock has expired:
                 its watchdog has reset it by then), or 'off': silence is taken for death. That is dangerous
    isolation    what to do with a host that is cut off and alive: 'leave' it its VMs, or 'fence' it
    heartbeats   Heartbeats on a shared datastore, or None; locks: Locks, for fencing='lock'
    disabled     names of VMs, or groups, that are never restarted
    admission    Disabled(), Slots(…), Percentage(…) or Dedicated(…); see labkit.vim.failover.admission
    per_host     live migrations at once on the link of a host, from it or to it, during an evacuation
    tries_s      when a VM without a place is tried again (seconds since the first time), e.g. retries.VSPHERE_S; None:
                 in every round of the VIM
    crashed      a VM that has crashed on a host that lives: 'leave' it, or 'restart' it (crashes)
    A VM is restarted in the cluster of its host. Raises LabError (400) for what cannot be meant.
    """

    def __init__(self, detect_s=None, fencing="bmc", isolation="leave", heartbeats=None, locks=None, disabled=(),
                 admission=None, per_host=4, tries_s=None, crashed="leave"):  # fmt: skip
        for value, what, known in ((fencing, "fencing", FENCING), (isolation, "isolation", ISOLATION)):
            if value not in known:
                raise LabError(f"{what} is one of {', '.join(known)}, not {value!r}", 400, True)
        for part, what, has in ((heartbeats, "heartbeats", "written_at_s"), (locks, "locks", "held"),
                                (admission, "admission", "admit")):  # fmt: skip
            if part is not None and not hasattr(part, has):
                raise LabError(f"{what} cannot be {part!r}", 400, True, "see help(FailoverSystem)")
        if not isinstance(disabled, (list, tuple, set, frozenset)) or not all(isinstance(it, str) for it in disabled):
            raise LabError(f"disabled must be names, not {disabled!r}", 400, True, 'disabled=("batch",)')
        if fencing == "lock" and locks is None:
            hint = "locks=Locks(w), and a Watchdog on each host"
            raise LabError("fencing='lock' needs the keeper of the locks", 400, True, hint)
        self.detect_s = None if detect_s is None else number(detect_s, "detect_s", least=1)
        self.fencing, self.isolation, self.heartbeats, self.locks = fencing, isolation, heartbeats, locks
        self.disabled, self.guard, self.first = frozenset(disabled), Guard(admission or Disabled()), admission
        self.per_host, self.tries_s = whole(per_host, "per_host"), retries.moments(tries_s)
        self.crashes = Crashes(crashed)
        self.vim = self.world = None
        self.started()

    def __repr__(self):
        return f"<FailoverSystem: fencing {self.fencing}, {self.guard.rule!r}, {len(self.cases)} hosts lost>"

    def __replay__(self, world):
        beats, locks = (part and world.component(part.name) for part in (self.heartbeats, self.locks))
        return FailoverSystem(self.detect_s, self.fencing, self.isolation, beats, locks, self.disabled, self.first,
                              self.per_host, self.tries_s, self.crashes.what)  # fmt: skip

    # -- called by the VIM ---------------------------------------------------------------------------------------------
    def bind(self, vim):
        """The VIM has been given this."""
        self.vim, self.world, self.name = vim, vim.world, f"{vim.name}-failover"
        self.world.components[self.name] = self  # another one takes its place
        if self.detect_s is not None:
            vim.detect_s, vim.unknown_after_s = self.detect_s, min(self.detect_s, vim.unknown_after_s)

    def started(self):
        """A new life of the VIM's process: what it knew of lost hosts is forgotten, and learnt again."""
        self.cases, self.ready, self.evacuations, self.incoming = Cases(), [], {}, {}
        self.crashes.at_s = {}

    def host_silent(self, host):
        """Nothing was heard from this host for detect_s."""
        case = self.cases[host.name] = Case(host, self.world.now)
        self.vim.node.process(self._handle(case))

    def host_back(self, host):
        """It reports again."""
        if self.locks is not None:  # in its new life it has to get its own lock again
            self.world.cast(self.vim.name, self.locks.name, "lock", "release", lock=host.name)
        case = self.cases.get(host.name)
        if case is not None and case.open:
            case.end(self.world.now, "back")
            self.vim.emit("alarm is over: the host reports again", host.name)

    def vm_crashed(self, vm):
        """A VM that is to run has crashed, and its host lives."""
        if not self._spared(vm):
            self.crashes.heard(self.vim, vm)

    def admit(self, what, vm):
        """Admission control: LabError (507) if this power-on ('create' or 'start') leaves too little for a failover."""
        self.guard.admit(self.vim, what, vm)

    def kept_free(self, vm):
        """Names of hosts that are not for this VM now: dedicated ones, until it has lost its own."""
        return () if vm.task == "restarting" else self.guard.rule.kept_free

    def evacuate(self, host, job):
        """Planned: move everything away alive."""
        self.evacuations[host.name] = Evacuation(self.vim, host, job, self.per_host, self.incoming)
        self.vim.node.process(self.evacuations[host.name].run())

    # -- what an administrator does ------------------------------------------------------------------------------------
    @action
    def set_admission(self, rule):
        """Another admission rule. LabError (409) for one that these hosts could never satisfy; the old one stays."""
        if not hasattr(rule, "admit"):
            raise LabError(f"{rule!r} is no admission rule", 400, True, "Slots(), Percentage(), Dedicated(), …")
        guard = Guard(rule)
        guard.check(self.vim)
        self.guard = guard
        self.vim.emit(f"admission: {rule!r}")

    @action
    def confirm_off(self, host):
        """'I have pulled its plug and I stand beside it': an administrator fences by hand where no BMC answers. Whoever
        says so and has not done it breaks the disks."""
        case = self.cases.get(words(host, "a host's name"))
        if case is None or not case.open:
            raise unknown("host that is missed", host, [name for name, case in self.cases.items() if case.open])
        self.vim.emit("an administrator says it is off", host)
        self._is_off(case)

    def gap(self, k=1):
        """The first `k` hosts whose loss would leave a VM on a shared disk without a place, by memory alone and exactly
        (packing.first_gap); None: any k may be lost. LabError where there are too many placements to try."""
        whole(k, "k", least=0)
        hosts = {host.name: host.hardware.memory_mib for host in self.vim.hosts.values() if host.maintenance is None}
        vms = [{"memory_gib": vm.spec.memory_mib, "host": vm.host.name} for vm in self.vim.vms.values()
               if vm.desired == "running" and vm.host is not None and vm.host.name in hosts]  # fmt: skip
        return first_gap(hosts, vms, k)

    # -- one lost host -------------------------------------------------------------------------------------------------
    def _handle(self, case):
        """Until the host is fenced, or heard again: ask, judge, act (a generator)."""
        host, vim = case.host, self.vim
        while case.open and host.state == UNKNOWN:
            case.found = yield from evidence.gather(vim, host, self.heartbeats)
            if not case.open or host.state != UNKNOWN:
                return
            case.verdict = evidence.verdict(**case.found)
            vim.emit(f"verdict: {case.verdict}", host.name, **case.found)
            if (yield from self._fence(case)):
                return self._is_off(case)
            yield self.world.timeout(AGAIN_S)
        return None

    def _fence(self, case):
        """True: this host's VMs may be started elsewhere (a generator)."""
        host, spared = case.host, case.verdict == evidence.ISOLATED and self.isolation == "leave"
        if case.verdict == evidence.DEAD or self.fencing == "off":
            return True
        if case.verdict == evidence.LIVE or spared:
            return self._alarm(case, f"it is {case.verdict}: its VMs are left alone, look at its network and agent")
        self.vim.emit("fence", host.name, how=self.fencing)
        done = yield from (self._wait_for_lock(case) if self.fencing == "lock" else self.vim.fence(host))
        return done or self._alarm(case, "it could not be fenced: its VMs stay down, for they may be running there")

    def _wait_for_lock(self, case):
        """The host's own lock, once nobody renews it any more: proof that its watchdog has fired (a generator)."""
        while case.open:
            try:
                said = yield self.world.call(self.vim.name, self.locks.name, "lock", "acquire", lock=case.host.name)
            except LabError:
                return False
            if said["granted"]:
                if said["before"] is None:
                    self.world.cast(self.vim.name, self.locks.name, "lock", "release", lock=case.host.name)
                return said["before"] is not None  # a lock that nobody had proves nothing
            yield self.world.timeout(1.0)
        return False

    def _alarm(self, case, why):
        """Tell once why nothing is done."""
        if case.alarm != why:
            case.alarm = why
            self.vim.emit(f"alarm: {case.host.name}: {why}", case.host.name)
        return False

    def _is_off(self, case):
        """What all fences of this instant have freed is restarted together."""
        case.end(self.world.now, "fenced")
        if case.host.state != FENCED:
            self.vim.fenced(case.host, guessed=self.fencing == "off" and case.verdict != evidence.DEAD)
        self.ready.append(case)
        if len(self.ready) == 1:
            self.vim.node.process(self._restart())

    # -- restart -------------------------------------------------------------------------------------------------------
    def _restart(self):
        yield self.world.timeout(0)
        cases, self.ready = self.ready, []
        order = []
        for case in cases:
            for vm in case.host.vms.values():
                if vm.desired == "running" and self._wanted(case, vm):
                    order.append((RANK.get(vm.priority, 2), case.host.index, vm.index, vm, case))
        order.sort(key=lambda entry: entry[:3])
        for *_, vm, case in order:
            try:
                case.restarts[vm.name] = self.vim.restart(vm.name)
            except LabError as error:
                case.stays_down(vm, error.message)
                self.vim.emit(f"{vm.name} stays down: {error.message}", vm.name)
        if self.tries_s is not None:
            waiting = [(vm, case) for *_, vm, case in order if vm.name in case.restarts]
            self.vim.node.process(retries.again(self, waiting))
        many = sum(len(case.restarts) for case in cases)
        self.vim.emit(f"restart of {many} VM{'s' * (many != 1)}", hosts=len(cases), vms=many)

    def _wanted(self, case, vm):
        if self._spared(vm):
            case.stays_down(vm, "its restart is disabled")
            return False
        return True

    def _spared(self, vm):
        """True if this VM is never restarted."""
        return vm.priority == "disabled" or vm.name in self.disabled or bool(self.disabled & set(vm.groups))
