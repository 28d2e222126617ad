"""What every host has left, as rows of numbers: one row per resource, one place in it per host.

                 esx1    esx2    esx3   …          all whole numbers, so that sums never drift
    memory      12288    4096   16384              MiB
    cpu            14      10      16              virtual CPUs: the cores times their overcommit ratio
    disk       184320  204800  204800              MiB on the host's own disks
    mhz         10000    8000   10000              MHz that no reservation has taken
    reserved    16384   12288   16384              MiB that no reservation has taken

The rows are what is *promised*, not what is used: a VM that idles counts in full. Ratios apply when a host is counted:
4 cores at a ratio of 4.0 are 16 virtual CPUs. Reservations cannot be overcommitted.
"""

from math import ceil

import numpy as np

from labkit.vim.placement.labels import Labels
from labkit.world.errors import LabError, number

RATIOS = {"cpu": 4.0, "memory": 1.0, "disk": 1.0}  # Nova's documented defaults (initial_cpu_allocation_ratio, …)
RESOURCES = ("memory", "cpu", "disk", "mhz", "reserved", "vms")
MIB_PER_GIB = 1024
LOG_MOST = 100_000


class Capacity:
    """Built from host records; `free[resource][index]`, `total[resource][index]`; `shared`: datastore → [total, free].

    views     the same memory as `free`, one number at a time (a numpy row is slow at that)
    log       indices of hosts whose free room has changed, in order; rows of scores read on from where they were
    epoch     grows when more than that has changed: rows of scores are then made anew
    """

    def __init__(self, hosts, ratios=None, shared=None):
        self.ratios = {**RATIOS, **checked(ratios or {})}
        self.hosts, self.shared, self.log, self.epoch = list(hosts), {}, [], 0
        self.index = {host.name: index for index, host in enumerate(self.hosts)}
        self.total = {name: np.array([sizes(host, self.ratios)[name] for host in self.hosts], np.int64)
                      for name in RESOURCES}  # fmt: skip
        self.free = {name: row.copy() for name, row in self.total.items()}
        self.labels = Labels(self.hosts)
        self._opened()
        for name, gib in (shared or {}).items():
            self.datastore(name, gib)

    def _opened(self):
        self.views = {name: memoryview(row) for name, row in self.free.items()}
        self.seen = {}  # id of a spec → (the spec, what it takes): specs are shared
        self.anew()

    def anew(self):
        """More has changed than the log tells."""
        self.epoch += 1
        self.log.clear()

    def indices(self, names):
        """Indices of the hosts of these names; who is not there (any more) is left out."""
        return [self.index[name] for name in names if name in self.index]

    # -- hosts and datastores ------------------------------------------------------------------------------------------
    def add(self, host):
        """One more host, at the end."""
        fresh = sizes(host, self.ratios)
        self.views = None
        self.index[host.name] = len(self.hosts)
        self.hosts.append(host)
        for name in RESOURCES:
            self.total[name] = np.append(self.total[name], np.int64(fresh[name]))
            self.free[name] = np.append(self.free[name], np.int64(fresh[name]))
        self.labels.add(host)
        self._opened()

    def changed(self, host):
        """State, maintenance, hardware, cluster, datastores or networks of the host are others now."""
        at, fresh = self.index[host.name], sizes(host, self.ratios)
        for name in RESOURCES:
            self.free[name][at] += fresh[name] - self.total[name][at]
            self.total[name][at] = fresh[name]
        self.labels.read(at, host)
        self.anew()

    def datastore(self, name, gib):
        """A shared datastore has this many GiB."""
        total = int(number(gib, f"capacity of {name}") * MIB_PER_GIB * self.ratios["disk"])
        old_total, old_free = self.shared.get(name, (0, 0))
        self.shared[name] = [total, old_free + total - old_total]
        self.anew()

    # -- taking and giving back ----------------------------------------------------------------------------------------
    def takes(self, spec):
        """[(view, amount), …] of a spec: what it takes of which rows."""
        known = self.seen.get(id(spec))
        if known is not None:
            return known[1]
        if len(self.seen) > 1000:
            self.seen.clear()
        taken = [(self.views[name], amount) for name, amount in amounts(spec).items()]
        self.seen[id(spec)] = (spec, taken)
        return taken

    def take(self, at, spec, sign=1):
        """The host at this index has a VM of this spec more (or, sign=-1, less). Nothing is refused here."""
        for view, amount in self.takes(spec):
            view[at] -= sign * amount
        if spec.datastore is not None:
            self.shared.setdefault(spec.datastore, [0, 0])[1] -= sign * ceil(spec.disk_gib * MIB_PER_GIB)
        self.log.append(at)
        if len(self.log) > LOG_MOST:
            self.anew()


def amounts(spec):
    """Resource → how much a VM of this spec takes, where it takes anything; whole numbers, rounded up."""
    wanted = {
        "memory": ceil(spec.memory_mib),
        "cpu": spec.vcpus,
        "disk": 0 if spec.datastore is not None else ceil(spec.disk_gib * MIB_PER_GIB),
        "mhz": ceil(spec.reservation_mhz),
        "reserved": ceil(spec.memory_reservation_mib),
        "vms": 1,
    }
    return {name: amount for name, amount in wanted.items() if amount}


def sizes(host, ratios):
    """Resource → how much of it a host has; nothing while its hardware is not known. 'vms' counts down from 0."""
    hardware = host.hardware
    if hardware is None:
        return dict.fromkeys(RESOURCES, 0)
    return {
        "memory": int(hardware.memory_mib * ratios["memory"]),
        "cpu": int(hardware.pcpus * ratios["cpu"]),
        "disk": int(hardware.disk_gib * MIB_PER_GIB * ratios["disk"]),
        "mhz": int(hardware.pcpus * hardware.mhz),
        "reserved": int(hardware.memory_mib),
        "vms": 0,
    }


def checked(ratios):
    """Overcommit ratios that can be meant. LabError (400) otherwise."""
    for name, ratio in ratios.items():
        if name not in RATIOS:
            raise LabError(f"there is no overcommit ratio {name!r}", 400, True, "one of cpu, memory, disk")
        if number(ratio, f"the {name} ratio") == 0:
            raise LabError(f"the {name} ratio must be above 0", 400, True, "1.0 promises what there is")
    return ratios
