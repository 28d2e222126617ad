"""Memory pressure on one host: raise what VMs want, start more, promise them memory, let time pass; see the state,
who is reclaimed and how, and each VM twice: as its guest sees it and as the host knows it (memory_bars.py)."""

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.views.memory_bars import describe, picture
from labkit.vmm.memory.allocation import MemoryAllocation
from labkit.vmm.memory.host_memory import HostMemory
from labkit.world import World

VMS = {"web": 4096, "db": 4096, "mail": 4096, "build": 4096}
MORE = ("wiki", "shop", "test", "spare")


def lately(host, name, seconds=5):
    """What happened to a VM's pages in the last seconds: 'balloon 256 MiB, swap 40 MiB'."""
    sums = {}
    for event in host.world.trace.where(kind="memory", dst=name):
        if event.t > host.world.now - seconds and event.detail["action"] != "power on":
            sums[event.detail["action"]] = sums.get(event.detail["action"], 0.0) + event.detail["mib"]
    return ", ".join(f"{what} {mib:.0f} MiB" for what, mib in sums.items()) or "nothing"


def rows_of(host):
    """The table's rows: name, promises, what was taken lately, speed."""
    for name, vm in host.vms.items():
        speed, promise = host.speed(name), vm.allocation
        limit = "" if promise.limit_mib is None else f", limit {promise.limit_mib:g}"
        said = f"{promise.shares} shares, {promise.reservation_mib:g} reserved{limit}"
        tone = "good" if speed > 0.9 else "info" if speed > 0.5 else "bad"
        yield (name, said if host.setup == "esxi" else "nothing: KVM promises no memory",
               f"{vm.wanted_mib[0]:.0f}, {vm.wanted_mib[1]:.0f} of it active", lately(host, name),
               card.cell(f"{speed:.0%}", tone))  # fmt: skip


def killed(host):
    """Names of the VMs that the OOM killer ended, as a sentence; nothing if there are none."""
    names = [event.detail["vm"] for event in host.world.trace.where(kind="memory", src=host.host, action="kill")]
    return f"Ended by the OOM killer: {', '.join(names)}." if names else ""


def levels_for(vm):
    """The levels of shares to choose from; a number that was given stays among them."""
    return list(dict.fromkeys(["low", "normal", "high", vm.allocation.shares]))


class MemoryPressure(Frame):
    """A host of 16 GiB with four VMs of 4 GiB: ask more of them, start more, promise them memory, let time pass.

    host   your own HostMemory instead;  setup, seed  of the one that is made otherwise
    Keys: arrow right lets a second pass, up and down change what the chosen VM wants by 256 MiB.
    """

    keys = ("ArrowRight", "ArrowUp", "ArrowDown")

    def __init__(self, host=None, setup="esxi", seed=7):
        self.host = host or self.made(setup, seed)
        self._chosen, self._following = None, False

    @property
    def chosen(self):
        """The VM that the fields belong to: another one if it is gone, None if there is none left."""
        return self._chosen if self._chosen in self.host.vms else next(iter(self.host.vms), None)

    @staticmethod
    def made(setup, seed):
        """The host to begin with: four VMs, each using 1500 MiB."""
        host = HostMemory(World(seed=seed), "vmm1", memory_mib=16384, setup=setup)
        for name, memory_mib in VMS.items():
            host.power_on(name, memory_mib)
            host.demand(name, 1500, 500)
        host.world.run(until=10)
        return host

    def html(self):
        columns = ("VM", "promised", "wants (MiB)", "what happened in the last 5 s", "speed")
        host = self.host
        actions = ", ".join(host.state.actions) or "nothing to do"
        return card.panel(
            f"Memory pressure: second {host.world.now:g}, state {host.state.name} ({actions})",
            picture(host),
            card.table(f"Free of {host.memory_mib:g} MiB: {host.lowest_mib:.0f} when the state was decided, "
                       f"{host.free_mib:.0f} after reclaiming. Configured: {host.overcommitment:.0%} of the host",
                       columns, list(rows_of(host))),
            note=f"{killed(host)} The guest cannot see where its pages are; the host cannot see what they are good for."
            " Speed: if one second of work uses every active page once.",
        )  # fmt: skip

    def text(self):
        taken = [f"  {name}: speed {self.host.speed(name):.0%}, lately: {lately(self.host, name)}"
                 for name in self.host.vms]  # fmt: skip
        return "\n".join([f"Second {self.host.world.now:g}. {describe(self.host)} {killed(self.host)}".strip(), *taken])

    def controls(self):
        self._vm = choice("VM", list(self.host.vms) or ["none"], self.choose, value=self.chosen)
        self._used = number("wants MiB", 0, 7168, 0, self.want, step=256)
        self._active = number("of it active", 0, 7168, 0, self.use, step=256)
        self._shares = choice("Shares", ["low", "normal", "high"], self.share, value="normal")
        self._reserved = number("reserved MiB", 0, 65_536, 0, self.reserve, step=256)
        self.follow_fields()
        promises = [self._shares, self._reserved] if self.host.setup == "esxi" else []
        times = [button(f"{s} s", lambda s=s: self.act(lambda: self.later(s)), icon="play") for s in (1, 5, 30)]
        return [
            [self._vm, self._used, self._active, *promises],
            [*times, button("Start another VM", lambda: self.act(self.start))],
        ]

    # -- what may be done --------------------------------------------------------------------------------------------
    def choose(self, name):
        """Look after this VM from now on."""
        if not self._following:
            self._chosen = name
            self.follow_fields()
            self.refresh(f"{self.chosen} is chosen" if self.chosen == name else f"{name} does not run any more")

    def follow_fields(self):
        """The fields show the chosen VM; what they say meanwhile is not an order."""
        vm = self.host.vms.get(self.chosen)
        if vm is None or not hasattr(self, "_reserved"):
            return
        self._following = True
        self._vm.options, self._vm.value = list(self.host.vms), self.chosen
        self._shares.options = levels_for(vm)
        self._shares.value, self._reserved.value = vm.allocation.shares, round(vm.allocation.reservation_mib)
        self._used.value, self._active.value = (round(mib) for mib in vm.wanted_mib)
        self._following = False

    def want(self, used_mib):
        """The chosen VM's programs want so much memory."""
        if self._following or self.chosen is None:
            return
        active = min(self.host.vm(self.chosen).wanted_mib[1], used_mib)
        self.act(lambda: self.host.demand(self.chosen, used_mib, active), f"{self.chosen} wants {used_mib} MiB")

    def use(self, active_mib):
        """So much of it is used all the time."""
        if self._following or self.chosen is None:
            return
        used = max(self.host.vm(self.chosen).wanted_mib[0], active_mib)
        self.act(lambda: self.host.demand(self.chosen, used, active_mib), f"{self.chosen}: {active_mib} MiB active")

    def share(self, level):
        """Other shares for the chosen VM."""
        self.promise(shares=level)

    def reserve(self, reservation_mib):
        """Another reservation for the chosen VM; refused when it cannot be kept."""
        self.promise(reservation_mib=reservation_mib)

    def promise(self, **changed):
        if self._following or self.chosen is None:
            return
        before = self.host.vm(self.chosen).allocation
        asked = {"shares": before.shares, "reservation_mib": before.reservation_mib, **changed}
        self.act(lambda: self.host.allocate(self.chosen, MemoryAllocation(limit_mib=before.limit_mib, **asked)),
                 f"{self.chosen} is promised {asked['reservation_mib']:g} MiB, {asked['shares']} shares")  # fmt: skip

    def start(self):
        """One more VM of 4 GiB, which wants 3000 MiB at once."""
        name = next((each for each in MORE if each not in self.host.vms), None)
        if name is None:
            return "There are enough VMs"
        self.host.power_on(name, 4096)
        self.host.demand(name, 3000, 2000)
        self.follow_fields()
        return f"{name} is started and wants 3000 MiB"

    def later(self, seconds):
        """Let time pass."""
        self.host.world.run(until=self.host.world.now + seconds)
        self.follow_fields()
        said = f"{seconds} s later: state {self.host.state.name}, {self.host.free_mib:.0f} MiB free"
        return f"{said}. {killed(self.host)}".removesuffix(". ")

    def heard(self, key):
        if key == "ArrowRight":
            self.act(lambda: self.later(1))
        if key == "ArrowRight" or self.chosen is None:
            return
        more = 256 if key == "ArrowUp" else -256
        used = min(7168, max(0, round(self.host.vm(self.chosen).wanted_mib[0]) + more))
        if self._live is not None:
            self._used.value = used  # comes to `want`
        else:
            self.want(used)
