"""The life of a site: parts break and are repaired, VMs go down and come up again; and who suffered how much from what.

    life = Life(w, Site(nodes=3, switches=2))
    life.years(1000)            # parts break by luck; or life.breaks("switch1", hours=4): one part, now
    print(life)                 # per service: availability, outages, longest outage, what was to blame

A VM serves while its node has power and a switch, and its disk is in reach. What happens after a failure:

    node or its rack   its VMs are gone. With `ha`, a disk that others reach, room, and a majority of the configured
                       votes: they run elsewhere after RESTART_S. Without: when it is repaired, after BOOT_S
    all switches       nobody reaches anybody. Nodes with HA lose quorum and reset themselves; the other VMs run on
    shared storage     every disk is gone; the VMs boot when it is back

What the real one does differently: people make most of the outages, and a repair does not always help. An HA manager
restarts VMs in order of priority, one node may be slow instead of dead, a backup may be unreadable.
"""

from collections import Counter

from labkit.failover.availability import HOURS_A_YEAR
from labkit.failover.site import BACKUP_S, BOOT_S, DISK_LOST, PARTS, RESTART_S, Site, find_room
from labkit.world import LabError, action
from labkit.world.errors import number, unknown

HOUR_S = 3600.0


class Vm:
    """One VM: where it runs (None: nowhere), from when on it serves, and on which node its data are."""

    __slots__ = ("service", "key", "node", "ready_s", "data_node")

    def __init__(self, service, key, node):
        self.service, self.key, self.node, self.ready_s, self.data_node = service, key, node, 0.0, node


class Life:
    """A Site in a World: component `name`, events of kind 'fault' and 'ha'. Numbers per service: `down_s`, `outages`,
    `longest_s`, `lost_s` (most data that a failure has cost, seconds of work), `blame` (part → seconds)."""

    @action
    def __init__(self, world, site, name="site"):
        if not isinstance(site, Site):
            raise LabError(f"a Site is wanted, not {site!r}", 400, True, "Life(w, Site(nodes=3))")
        self.world, self.site, self.name, self.parts, self.played = world, site, name, site.parts, 0
        self.switches = [part for part, kind in self.parts.items() if kind == "switch"]
        self.racks = {each: site.rack(each) for each in site.node_names}
        self.node = world.node(name)
        places = site.places()
        sizes = {service.name: service for service in site.services}
        self.vms = [Vm(sizes[key[0]], key, node) for key, node in places.items()]
        self.broken, self.until_s, self.began_s = {}, 0.0, world.now
        names = [service.name for service in site.services]
        self.down_since, self.counted_s, self.cause = dict.fromkeys(names), {}, {}
        self.down_s, self.outages, self.longest_s, self.lost_s = (dict.fromkeys(names, 0.0) for _ in range(4))
        self.blame = {each: Counter() for each in names}

    # -- what happens --------------------------------------------------------------------------------------------
    @action
    def years(self, years):
        """Let parts break by luck for so many years."""
        number(years, "years", least=1e-6, most=100_000)
        self.until_s, self.played = self.world.now + years * HOURS_A_YEAR * HOUR_S, self.played + 1
        for part in self.parts:
            self._later(self._luck(part).expovariate(self._rate(part)), self._fail, part, self.played)
        self.world.run(until=self.until_s)
        self._close()

    @action
    def breaks(self, *parts, hours=None):
        """These parts break now, and are repaired after so many hours (None: as usual). Time passes until an hour
        after the last repair. LabError for a part that the site does not have, or that is broken already."""
        if hours is not None:
            number(hours, "hours", most=HOURS_A_YEAR)
        for part in parts:
            if not isinstance(part, str) or part not in self.parts:
                raise unknown("part", part, self.parts)
            if part in self.broken or parts.count(part) > 1:
                raise LabError(f"{part} cannot break twice at the same time", 409, True, "name each part once")
        for part in parts:
            self._break(part, HOUR_S * (PARTS[self.parts[part]].repair_h if hours is None else hours))
        self.world.run(until=max(self.broken.values(), default=self.world.now) + HOUR_S)
        self._close()

    def _rate(self, part):
        return PARTS[self.parts[part]].failures_a_year / (HOURS_A_YEAR * HOUR_S)

    def _luck(self, part):
        return self.world.random(f"{self.name} {part}")

    def _later(self, delay_s, call, *args):
        self.world.env.timeout(delay_s).callbacks.append(lambda _: call(*args))

    def _fail(self, part, played):
        if self.world.now >= self.until_s or played != self.played:  # those years are over
            return
        repair_s = self._luck(part).expovariate(1 / (PARTS[self.parts[part]].repair_h * HOUR_S))
        if part not in self.broken:
            self._break(part, repair_s)
        self._later(repair_s + self._luck(part).expovariate(self._rate(part)), self._fail, part, played)

    def _break(self, part, repair_s):
        self._note("fault", f"{part} breaks", part)
        self.broken[part] = self.world.now + repair_s
        self._later(repair_s, self._repaired, part)
        lost = self.site.storage in ("local", "replicated") and self.parts[part] == "node"
        if lost and self._luck(part).random() < DISK_LOST:
            self._disk_lost(part)
        self._settle(part)

    def _repaired(self, part):
        del self.broken[part]
        self._note("fault", f"{part} is repaired", part)
        self._settle(part)

    def _note(self, kind, what, part, **detail):
        self.world.emit(self.name, None, kind, what, part=part, **detail)

    # -- who is up -----------------------------------------------------------------------------------------------
    def _powered(self, node):
        return node not in self.broken and self.racks[node] not in self.broken

    def _reached(self):
        """Is a switch left?"""
        return not self.broken or any(each not in self.broken for each in self.switches)

    def _quorate(self):
        """Do the nodes that see each other hold a majority of the configured votes?"""
        if not self._reached():
            return False
        votes = sum(map(self._powered, self.racks))
        votes += self.site.witness and "witness" not in self.broken
        return votes >= self.site.votes // 2 + 1

    def _settle(self, part):
        """Something has changed: restart what can be restarted, and see who serves."""
        now, quorate, disks = self.world.now, self._quorate(), "storage" not in self.broken
        for vm in self.vms:
            if vm.node is not None and not self._powered(vm.node):
                vm.node = None
            if part == "storage" and vm.node is not None:
                self._run(vm, vm.node, now + BOOT_S)
            if not self._reached() and vm.service.ha:
                vm.node = None  # without quorum its node has reset itself
        for vm in self.vms:
            if vm.node is None and disks:
                self._start(vm, now, quorate)
        self._count(part)

    def _start(self, vm, now, quorate):
        """Start a VM that runs nowhere: on its own node if that is there, else elsewhere if HA can do it."""
        site, service = self.site, vm.service
        home = vm.data_node
        if self._powered(home) and (quorate or not service.ha) and self._free(home) >= service.memory_gib:
            return self._run(vm, home, now + BOOT_S)
        elsewhere = service.ha and quorate and site.storage != "local"
        if elsewhere:
            free = {node: self._free(node) for node in self.racks if self._powered(node)}
            taken = {other.node for other in self.vms if other.service is service and other is not vm}
            node = find_room(service, free, taken)
            if node is not None:
                self._data_lost(service, site.replicate_s if site.storage == "replicated" else 0.0)
                vm.data_node = node
                self._note("ha", f"{service.name} restarts on {node}", node)
                self._run(vm, node, now + RESTART_S)

    def _run(self, vm, node, ready_s):
        vm.node, vm.ready_s = node, ready_s
        self._later(ready_s - self.world.now, self._count, None)

    def _free(self, node):
        return self.site.memory_gib - sum(vm.service.memory_gib for vm in self.vms if vm.node == node)

    def _disk_lost(self, node):
        for vm in self.vms:
            if vm.data_node == node and not (vm.service.ha and self.site.storage == "replicated"):
                self._data_lost(vm.service, BACKUP_S)

    def _data_lost(self, service, seconds):
        self.lost_s[service.name] = max(self.lost_s[service.name], seconds)

    def _serves(self, vm):
        node = vm.node
        return (node is not None and vm.ready_s <= self.world.now and self._powered(node) and self._reached()
                and "storage" not in self.broken)  # fmt: skip

    # -- counting ------------------------------------------------------------------------------------------------
    def _count(self, part):
        """Open and close outages."""
        up = {vm.service.name for vm in self.vms if self._serves(vm)}
        for name, since_s in self.down_since.items():
            if since_s is None and name not in up:
                self.down_since[name] = self.counted_s[name] = self.world.now
                self.cause[name], self.outages[name] = part, self.outages[name] + 1
                self._note("ha", f"{name} is down", part, service=name)
            elif since_s is not None and name in up:
                self._end(name, since_s)
                self._note("ha", f"{name} serves again", part, service=name)
                self.down_since[name] = None

    def _end(self, name, since_s):
        """Count an outage that began at `since_s`, as far as it has not been counted yet."""
        seconds = self.world.now - self.counted_s[name]
        self.counted_s[name] = self.world.now
        self.down_s[name] += seconds
        self.longest_s[name] = max(self.longest_s[name], self.world.now - since_s)
        self.blame[name][self.parts.get(self.cause[name], "?")] += seconds

    def _close(self):
        """What is still down counts up to now."""
        for name, since_s in self.down_since.items():
            if since_s is not None:
                self._end(name, since_s)

    # -- answers -------------------------------------------------------------------------------------------------
    def availability(self, service=None):
        """Part of the time in which a service was served (0 … 1); None: the only one."""
        span_s = self.world.now - self.began_s
        if span_s <= 0:
            raise LabError("no time has passed", 409, True, "let years pass first: life.years(100)")
        return 1 - self.down_s[self._name(service)] / span_s

    def _name(self, service):
        if service is None and len(self.down_s) == 1:
            return next(iter(self.down_s))
        if not isinstance(service, str) or service not in self.down_s:
            raise unknown("service", service, self.down_s)
        return service

    def __repr__(self):
        """A line per service; its availability only if so much time has passed that it means something."""
        long = self.world.now - self.began_s > 30 * 86_400
        lines = [f"service       {'availability   ' if long else ''}outages   longest      to blame"]
        for name, down_s in self.down_s.items():
            blame = ", ".join(f"{part} {seconds / down_s:.0%}" for part, seconds in self.blame[name].most_common(3))
            share = f"{self.availability(name):12.4%}   " if long else ""
            line = f"{name:<12}  {share}{self.outages[name]:7.0f}   {length(self.longest_s[name]):<10}   {blame or '–'}"
            lines.append(line)
        return "\n".join(lines)


def length(seconds):
    """A span of time in words of suitable size."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
