"""The memory of one host: who has how much, how short it is, and what is done about it, second by second.

    memory = HostMemory(w, "vmm1", memory_mib=16384, setup="esxi")
    memory.power_on("web", 4096, MemoryAllocation(reservation_mib=1024))
    memory.demand("web", used_mib=3000, active_mib=800)          # what the guest's programs do from now on
    w.run(until=w.now + 30)
    memory.state.name, memory.free_mib, memory.guest_view("web"), memory.host_view("web"), memory.speed("web")

A guest that is given 4096 MiB gets *no* host memory for it: a page gets a frame when it is first touched, and keeps it,
whatever the guest does with it later. Time passes here in steps of a second while something changes, and costs nothing
while nothing does, so that thousands of hosts can lie idle. A host that only swaps pages to and fro says so after half
an hour ('thrashing') and is then left as it is: its speeds hold until somebody asks for something else.
"""

from labkit.vmm.memory import costs, esxi, guest_side, linux
from labkit.vmm.memory.admission import HYPERVISOR_MIB, Promise, admit, overhead_mib, swap_file_mib
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.states import ESXI_6, State, min_free_mib
from labkit.vmm.memory.tax import TAX
from labkit.vmm.memory.vm_memory import VmMemory, known_traits, promised
from labkit.world import action
from labkit.world.errors import LabError, number, unknown, words

STEP_S = 1.0
NEAR = 0.05  # so far from the truth an estimate of the active part may be when the host rests
PATIENCE_S = 1800.0  # a host that still swaps so long after the last order is in balance (ours)
LINUX = (State("enough", float("inf"), ()), State("low", 0, ("swap",)), State("min", 0, ("swap", "kill")))
SETUPS = {"esxi": (esxi.step, ESXI_6), "kvm": (linux.step, LINUX)}


class HostMemory:
    """Host memory and the VMs that are powered on.

    name          of the host; the component is called `<name>-memory`
    setup         'esxi' or 'kvm': whose rules hold under pressure
    ladder, tax, salting   ESXi: its states (e.g. states.ESXI_5), the tax on idle memory, Mem.ShareForceSalting
    ksm, swap_mib          KVM: page merging on or off, size of the host's swap space
    disk          'ssd' or 'hdd': where swap files lie
    datastore_mib room for swap files (ESXi); None: as much as they need
    on_kill       called with the name of a VM that the OOM killer ended
    before_step   called before each step: whoever keeps accounts closes them, for the guests' speed changes now
    """

    @action
    def __init__(self, world, name="vmm1", memory_mib=16384, setup="esxi", *, ladder=None, tax=TAX, salting=2,
                 ksm=False, swap_mib=4096, disk="ssd", datastore_mib=None, on_kill=None, before_step=None):  # fmt: skip
        if setup not in SETUPS:
            raise unknown("set-up", setup, SETUPS)
        if disk not in costs.SWAP_IN_US:
            raise unknown("disk", disk, costs.SWAP_IN_US)
        number(memory_mib, "memory_mib", least=HYPERVISOR_MIB + 64)
        words(name, "a host's name")
        self.world, self.host, self.name = world, name, f"{name}-memory"
        self.memory_mib, self.setup, self.tax, self.salting = memory_mib, setup, tax, salting
        self.ksm, self.swap_mib, self.disk, self.datastore_mib = ksm, swap_mib, disk, datastore_mib
        self.on_kill, self.before_step = on_kill, before_step
        self._rules, usual = SETUPS[setup]
        self.ladder, self.least_mib = ladder or usual, min_free_mib(memory_mib)
        self.vms, self.rung, self.broken, self.ticking = {}, 0, False, False
        self._ordered_at = self._swapped_at = world.now
        self.lowest_mib = self.free_mib  # before anything was reclaimed in the last step: what decided the state

    # -- what there is -------------------------------------------------------------------------------------------
    @property
    def state(self):
        """The State that holds now: its name and its actions."""
        return self.ladder[self.rung]

    @property
    def free_mib(self):
        """Host memory nobody uses, MiB."""
        used = sum(vm.frames_mib + overhead_mib(vm.memory_mib, vm.vcpus) for vm in self.vms.values())
        return self.memory_mib - HYPERVISOR_MIB - used

    @property
    def swap_free_mib(self):
        """Room left in the host's swap space (KVM) or in the swap files (ESXi), MiB."""
        size = self.swap_mib
        if self.setup == "esxi":
            size = sum(swap_file_mib(vm.memory_mib, vm.allocation) for vm in self.vms.values())
        return size - sum(vm.column("swapped") for vm in self.vms.values())

    @property
    def overcommitment(self):
        """Configured memory of all VMs / memory of the host."""
        return sum(vm.memory_mib for vm in self.vms.values()) / self.memory_mib

    def vm(self, name):
        """The VmMemory called `name`. LabError if no such VM is powered on."""
        if name not in self.vms:
            raise unknown("VM that is powered on", name, self.vms)
        return self.vms[name]

    def guest_view(self, name):
        """What the guest sees of its memory, MiB."""
        return self.vm(name).guest_view()

    def host_view(self, name):
        """What the hypervisor knows of the VM's memory, MiB."""
        return self.vm(name).host_view()

    def speed(self, name):
        """Speed of the VM's work, 1 = undisturbed by memory; 0 while it is blocked."""
        vm = self.vm(name)
        return vm.speed(self.disk) * vm.growth

    @property
    def promises(self):
        """What the VMs that are powered on were promised, as admission counts it."""
        return [Promise(vm) for vm in self.vms.values()]

    @property
    def asked_mib(self):
        """Host memory for which guests faulted in the last second, given or not, MiB: all the host knows of what they
        want."""
        return sum(vm.asked_mib for vm in self.vms.values())

    @property
    def blocking(self):
        """True while no guest gets further pages: the state says so, and reclaiming has not yet helped."""
        lowest = self.ladder[-1].percent * self.least_mib / 100
        return "block" in self.state.actions and self.free_mib < lowest

    # -- what may be done ----------------------------------------------------------------------------------------
    @action
    def power_on(self, name, memory_mib, allocation=None, *, vcpus=1, **traits):
        """A VM starts; it has touched nothing yet. LabError (409, 507) if its promises do not fit. `traits`: see
        VmMemory (driver, alike, compressible …)."""
        if name in self.vms:
            raise LabError(f"{name} is powered on already", code=409, definite=True)
        vm = VmMemory(name, memory_mib, allocation or MemoryAllocation(), vcpus, **known_traits(traits))
        if self.setup == "esxi":
            admit(self.memory_mib, self.promises, Promise(vm), self._datastore_free())
        self.vms[name] = vm
        self._tell(name, f"power on {name}, {memory_mib:g} MiB", action="power on", vm=name, mib=memory_mib)
        return vm

    @action
    def power_off(self, name):
        """The VM is gone, with all its pages and its swap file."""
        vm = self.vm(name)
        del self.vms[name]
        self._tell(name, f"power off {name}", action="power off", vm=name, mib=vm.frames_mib)
        self._wake()

    @action
    def power_lost(self):
        """The machine is dead: nothing is in its memory, and nobody is left who could say so."""
        self.vms.clear()
        self.rung, self.broken, self.lowest_mib = 0, False, self.free_mib

    @action
    def demand(self, name, used_mib, active_mib=None):
        """From now on the guest's programs want `used_mib`, of which `active_mib` (default: half) are used all the
        time. The guest gets there in its own time, if it can."""
        vm, most = self.vm(name), self.vm(name).memory_mib
        number(used_mib, "used_mib", most=most + vm.guest_swap_mib)
        active_mib = used_mib / 2 if active_mib is None else number(active_mib, "active_mib", most=used_mib)
        vm.wanted_mib = (float(used_mib), float(active_mib))
        self._wake()

    @action
    def allocate(self, name, allocation):
        """Give a running VM other shares, another reservation or limit; refused like a power-on, and on KVM, where
        nobody would keep them."""
        vm = self.vm(name)
        if self.setup != "esxi":
            raise linux.no_promise(name)
        others = [Promise(each) for each in self.vms.values() if each is not vm]
        admit(self.memory_mib, others, Promise(vm, promised(allocation)))
        vm.allocation = allocation.fits(vm.memory_mib)
        self._wake()

    @action
    def set_balloon(self, name, balloon_mib):
        """Management sets the balloon's size (`virsh setmem`): only where the host does not do it itself."""
        vm = self.vm(name)
        if self.setup == "esxi":
            raise LabError("the VMkernel moves the balloon itself", next_step="set shares, reservation or limit")
        if not vm.driver:
            raise LabError(f"no balloon driver runs in {name}", next_step="install one in the guest")
        number(balloon_mib, "balloon_mib", most=vm.memory_mib - 64)
        more = balloon_mib - vm.row("balloon")
        freed = guest_side.inflate(vm, more) if more > 0 else -guest_side.deflate(vm, -more)
        self._tell(name, f"balloon {vm.row('balloon'):.0f} MiB", action="balloon", vm=name, mib=freed)
        self._wake()

    # -- what happens by itself ----------------------------------------------------------------------------------
    @action
    def step(self, dt_s=STEP_S):
        """Let `dt_s` seconds of memory work happen. True if anything changed that can be seen from outside, or if the
        host is still learning what is active."""
        if self.before_step:
            self.before_step()
        number(dt_s, "dt_s", most=60)
        before = self._figures()
        for vm in self.vms.values():
            vm.asked_mib = guest_side.asks_mib(vm, dt_s, self.disk)
        fair_mib = max(0.0, self.free_mib) / max(1, sum(vm.asked_mib > 0 for vm in self.vms.values()))
        for vm in list(self.vms.values()):
            self._live(vm, dt_s, min(fair_mib, esxi.allowed_mib(vm, dt_s)) if self.setup == "esxi" else fair_mib)
        self.lowest_mib = self.free_mib
        for (what, name), mib in self._rules(self, dt_s).items():
            if mib >= 0.5:
                self._swapped_at = self.world.now if what == "swap" else self._swapped_at
                self._tell(name, f"{what} {name} {mib:.0f} MiB", action=what, vm=name, mib=round(mib, 3))
        after = self._figures()
        moved = len(before) != len(after) or any(abs(a - b) > 0.5 for a, b in zip(before, after, strict=True))
        return moved or any(abs(vm.seen_active - vm.active_part) > NEAR for vm in self.vms.values())

    def enter(self, rung):
        """Another state holds from now on (called by the rules)."""
        if rung != self.rung:
            self.rung, state = rung, self.ladder[rung]
            self.broken = self.broken or any("break" in each.actions for each in self.ladder[: rung + 1])
            what = f"state {state.name}: {', '.join(state.actions) or 'nothing to do'}"
            self._tell(None, what, action="state", state=state.name, free_mib=round(max(0.0, self.free_mib), 3))

    def kill(self, vm):
        """The OOM killer ends a VM's process (called by the rules)."""
        del self.vms[vm.name]
        self._tell(vm.name, f"OOM killer: {vm.name} ended", action="kill", vm=vm.name, mib=round(vm.frames_mib, 3))
        if self.on_kill:
            self.on_kill(vm.name)

    def _live(self, vm, dt_s, frames_mib):
        """One guest lives for `dt_s` seconds and gets at most `frames_mib` more host memory in them."""
        grows_mib = 0.0 if self.blocking else frames_mib
        used_mib = guest_side.settle(vm, dt_s, grows_mib, costs.GROW_MIB_S)
        swapped, packed, paged, _ = guest_side.touch(vm, dt_s, frames_mib - used_mib, self.disk)
        for what, mib in (("swap in", swapped), ("decompress", packed), ("guest pages in", paged)):
            if mib >= 0.5:
                self._tell(vm.name, f"{what} {vm.name} {mib:.0f} MiB", action=what, vm=vm.name, mib=round(mib, 3))
        vm.sample(self.world.random(f"{self.name}/{vm.name}"))

    def _figures(self):
        columns = ("backed", "shared", "compressed", "swapped")
        figures = [[vm.row("balloon"), *map(vm.column, columns)] for vm in self.vms.values()]
        return [self.rung, *sum(figures, [])]

    def _datastore_free(self):
        if self.datastore_mib is None:
            return None
        return self.datastore_mib - sum(swap_file_mib(vm.memory_mib, vm.allocation) for vm in self.vms.values())

    def _tell(self, dst, what, **detail):
        self.world.emit(self.host, dst or self.host, "memory", what, **detail)

    def _wake(self):
        self._ordered_at = self.world.now
        if not self.ticking:
            self.ticking = True
            self.world.process(self._tick)

    def _tick(self):
        while self.vms and not self._thrashes():
            yield self.world.timeout(STEP_S)
            if not self.step():
                break
        self.ticking = False

    def _thrashes(self):
        """Has it swapped for PATIENCE_S without a new order? Then it will do so for ever; the rest need not be told."""
        for_ever = self.world.now - self._ordered_at >= PATIENCE_S and self.world.now - self._swapped_at < 60
        if for_ever:
            said = f"thrashing for {PATIENCE_S / 60:g} min: a page goes for each that comes, until somebody wants less"
            swapped = sum(vm.column("swapped") for vm in self.vms.values())
            self._tell(None, said, action="thrashing", swapped_mib=round(swapped))
        return for_ever
