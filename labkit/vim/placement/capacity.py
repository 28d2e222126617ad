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


class Capacity:
    """Built from host records. `shared`: datastore → [total, free] MiB.

    most, now   per host what it has, and what of that is free, in the order of RESOURCES; `total` and `free` are the
              same numbers as rows: a claim writes a few plain numbers, a question to all hosts wants rows
    log       indices of hosts whose free room has changed, in order; rows of scores read on from where they were
    epoch     grows when more than that has changed: rows of scores are then made anew
    """

    def __init__(self, hosts, ratios=None, shared=None):
        self.ratios = {**RATIOS, **checked(ratios or {})}
        hosts = list(hosts) if not isinstance(hosts, str) and hasattr(hosts, "__iter__") else [hosts]
        for host in hosts:
            if not hasattr(host, "hardware"):
                raise LabError(f"placement is about records of hosts, not {host!r}", 400, True, "vim.hosts.values()")
        self.hosts, self.shared, self.log, self.epoch = hosts, {}, [], 0
        self.index = {host.name: index for index, host in enumerate(self.hosts)}
        self.most = [sizes(host, self.ratios) for host in self.hosts]
        self.now = [list(row) for row in self.most]
        self.seen = {}  # id of a spec → (the spec, what it takes): specs are shared
        self.labels, self._rows, self._seen_at = Labels(self.hosts), None, 0
        if shared is not None and not isinstance(shared, dict):
            raise LabError(f"shared datastores are a dict, not {shared!r}", 400, True, '{"san1": 2000}')
        for name, gib in (shared or {}).items():
            self.datastore(name, gib)

    @property
    def free(self):
        """Resource → row of what is free now."""
        if self._rows is None:
            self._free = np.array(self.now, np.int64).reshape(len(self.now), len(RESOURCES)).T.copy()
            self._rows, self._seen_at = dict(zip(RESOURCES, self._free, strict=True)), len(self.log)
        elif self._seen_at != len(self.log):
            self._catch_up()
        return self._rows

    def _catch_up(self):
        changed = list(set(self.log[self._seen_at :]))
        self._free[:, changed] = np.array([self.now[index] for index in changed]).T
        self._seen_at = len(self.log)

    @property
    def total(self):
        """Resource → row of all that there is."""
        table = np.array(self.most, np.int64).reshape(len(self.most), len(RESOURCES)).T
        return dict(zip(RESOURCES, table, strict=True))

    def anew(self):
        """More has changed than the log tells."""
        if self._rows is not None and self._seen_at != len(self.log):
            self._catch_up()
        self.epoch += 1
        self.log.clear()
        self._seen_at = 0

    def indices(self, names):
        """Indices of the hosts of these names; who is not there (any more) is left out."""
        return [self.index[name] for name in names if name in self.index]

    # -- hosts and datastores ------------------------------------------------------------------------------------------
    def add(self, host):
        """One more host, at the end."""
        self.index[host.name] = len(self.hosts)
        self.hosts.append(host)
        self.most.append(sizes(host, self.ratios))
        self.now.append(list(self.most[-1]))
        self.labels.add(host)
        self._rows = None
        self.anew()

    def changed(self, host):
        """State, maintenance, hardware, cluster, datastores or networks of the host are others now."""
        at, fresh = self.index[host.name], sizes(host, self.ratios)
        old, self.most[at] = self.most[at], fresh
        self.now[at] = [free + new - was for free, new, was in zip(self.now[at], fresh, old, strict=True)]
        self.labels.read(at, host)
        self.log.append(at)
        self.anew()

    def datastore(self, name, gib):
        """A shared datastore has this many GiB."""
        total = int(number(gib, f"capacity of {name}") * MIB_PER_GIB * self.ratios["disk"])
        old_total, old_free = self.shared.get(name, (0, 0))
        self.shared[name] = [total, old_free + total - old_total]
        self.anew()

    # -- taking and giving back ----------------------------------------------------------------------------------------
    def takes(self, spec):
        """(spec, [(place in RESOURCES, amount), …]): what a VM of this spec takes."""
        if len(self.seen) > 1000:
            self.seen.clear()
        self.seen[id(spec)] = spec, [(at, amount) for at, amount in enumerate(amounts(spec)) if amount]
        return self.seen[id(spec)]

    def take(self, at, spec):
        """The host at this index has a VM of this spec more. Nothing is refused here."""
        free = self.now[at]
        for place, amount in (self.seen.get(id(spec)) or self.takes(spec))[1]:
            free[place] -= amount
        if spec.datastore is not None:
            self.shared.setdefault(spec.datastore, [0, 0])[1] -= ceil(spec.disk_gib * MIB_PER_GIB)
        self.log.append(at)

    def give(self, at, spec):
        """The host at this index has a VM of this spec less."""
        free = self.now[at]
        for place, amount in (self.seen.get(id(spec)) or self.takes(spec))[1]:
            free[place] += amount
        if spec.datastore is not None:
            self.shared.setdefault(spec.datastore, [0, 0])[1] += ceil(spec.disk_gib * MIB_PER_GIB)
        self.log.append(at)


def amounts(spec):
    """How much a VM of this spec takes, in the order of RESOURCES; whole numbers, rounded up."""
    disk = 0 if spec.datastore is not None else ceil(spec.disk_gib * MIB_PER_GIB)
    return ceil(spec.memory_mib), spec.vcpus, disk, ceil(spec.reservation_mhz), ceil(spec.memory_reservation_mib), 1


def sizes(host, ratios):
    """How much a host has, in the order of RESOURCES; nothing while its hardware is not known. 'vms' counts down."""
    hardware = host.hardware
    if hardware is None:
        return [0] * len(RESOURCES)
    return [
        int(hardware.memory_mib * ratios["memory"]),
        int(hardware.pcpus * ratios["cpu"]),
        int(hardware.disk_gib * MIB_PER_GIB * ratios["disk"]),
        int(hardware.pcpus * hardware.mhz),
        int(hardware.memory_mib),
        0,
    ]


def checked(ratios):
    """Overcommit ratios that can be meant. LabError (400) otherwise."""
    if not isinstance(ratios, dict):
        raise LabError(f"ratios are a dict, not {ratios!r}", 400, True, '{"cpu": 4.0}')
    for name, ratio in ratios.items():
        if name not in RATIOS:
            raise LabError(f"there is no overcommit ratio {name!r}", 400, True, "one of cpu, memory, disk")
        if number(ratio, f"the {name} ratio") == 0:
            raise LabError(f"the {name} ratio must be above 0", 400, True, "1.0 promises what there is")
    return ratios
