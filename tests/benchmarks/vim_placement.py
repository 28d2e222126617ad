"""What choosing a host costs: labkit's placement beside a bare heap and a plain walk over all hosts, in one run.

    python tests/benchmarks/vim_placement.py [hosts]

The job is one whole vCenter: 2,500 hosts (128 vCPU after overcommit, 128 GiB, 2,000 GB), 40,000 VMs of four flavours,
one after the other onto the host with most free memory, the lowest index of equals; then 100 hosts fail, and their VMs
are placed again. The contestants do the same, and the sum over VMs of (vm + 1)·(host + 1) mod 2³¹ − 1 shows it.

placement   Placement.choose and .claim: any filters and weighers, rules, explanations
heap        a heap of (−free memory, index) with stale entries left in it; a host that fails another filter is taken out
            and put back; three lists of numbers, nothing else
walk        every filter for every host, then the best; the first VMs only, for it takes long

Two more tables: hosts that have memory but no CPU left stand at the top of every heap; and from 250 to 2,500 hosts.
The goals: at most 4 × the heap on the job; no worse than n log n. A check of both is printed, never asserted.
"""

import sys
import time
from heapq import heapify, heappop, heappush, heapreplace
from math import log2

from labkit.vim.inventory import HostRecord
from labkit.vim.placement import Placement, Request
from labkit.vim.spec import Spec
from labkit.vmm import Host

HOSTS, VMS_EACH, FAIL_EVERY = 2500, 16, 25
FLAVOURS = [(1, 2048, 20), (2, 4096, 40), (4, 8192, 80), (8, 16384, 160)]  # vCPU, MiB, GiB
DRAW = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
AFTER_PLACING, AFTER_FAILING, VICTIMS = 1406590897, 518458963, 1583  # of 2,500 hosts


def flavours(count, seed=42):
    """The flavour of each VM: a linear congruential generator, the same in every language."""
    x, drawn = seed, []
    for _ in range(count):
        x = (1103515245 * x + 12345) & 0x7FFFFFFF
        drawn.append(DRAW[(x >> 16) % 10])
    return drawn


def checksum(where):
    """Says whether every VM is where it should be."""
    return sum((vm + 1) * (host + 1) for vm, host in enumerate(where)) % (2**31 - 1)


class Ours:
    """labkit's placement."""

    def __init__(self, hosts, no_cpu=0):
        machine, worn = (
            Host(pcpus=32, memory_mib=131072, disk_gib=2000),
            Host(pcpus=1, memory_mib=262144, disk_gib=2000),
        )
        self.records = [HostRecord(f"esx{i + 1}", i, worn if i < no_cpu else machine) for i in range(hosts)]
        for record in self.records:
            record.state = "connected"
        self.placement = Placement(self.records)
        self.specs = [Spec(vcpus=c, memory_mib=r, disk_gib=d) for c, r, d in FLAVOURS]
        self.requests = [Request(spec) for spec in self.specs]

    def place(self, flavour):
        host = self.placement.choose(self.requests[flavour])
        self.placement.claim(host, self.specs[flavour])
        return host.index

    def fail(self, index):
        self.records[index].state = "fenced"
        self.placement.changed(self.records[index])


class Heap:
    """The least that can be done while the best host passes every filter."""

    def __init__(self, hosts, no_cpu=0):
        self.cpu = [4 if i < no_cpu else 128 for i in range(hosts)]
        self.ram = [262144 if i < no_cpu else 131072 for i in range(hosts)]
        self.disk, self.up = [2000] * hosts, [True] * hosts
        self.heap = [(-ram, i) for i, ram in enumerate(self.ram)]
        heapify(self.heap)

    def place(self, flavour):
        cpu, ram, disk = FLAVOURS[flavour]
        heap, skipped = self.heap, []
        while True:
            key, i = heap[0]
            if not self.up[i] or -key != self.ram[i]:
                heappop(heap)
            elif self.cpu[i] >= cpu and self.disk[i] >= disk and self.ram[i] >= ram:
                break
            else:
                skipped.append(heappop(heap))
        self.cpu[i] -= cpu
        self.disk[i] -= disk
        self.ram[i] -= ram
        heapreplace(heap, (-self.ram[i], i))
        for entry in skipped:
            heappush(heap, entry)
        return i

    def fail(self, index):
        self.up[index] = False


class Walk(Heap):
    """All hosts, each time."""

    def place(self, flavour):
        cpu, ram, disk = FLAVOURS[flavour]
        best, most = None, -1
        for i, free in enumerate(self.ram):
            if free > most and free >= ram and self.cpu[i] >= cpu and self.disk[i] >= disk and self.up[i]:
                best, most = i, free
        self.cpu[best] -= cpu
        self.disk[best] -= disk
        self.ram[best] -= ram
        return best


CONTESTANTS = {"placement": Ours, "heap": Heap, "walk": Walk}


def job(contestant, hosts=HOSTS, vms=None):
    """(seconds to place all, seconds to place the victims again, (checksums), victims)."""
    drawn = flavours(hosts * VMS_EACH)[:vms]
    engine = contestant(hosts)
    begin = time.perf_counter()
    where = [engine.place(flavour) for flavour in drawn]
    placed = time.perf_counter()
    first, victims = checksum(where), [[] for _ in range(hosts)]
    for vm, host in enumerate(where):
        victims[host].append(vm)
    failed = range(0, hosts, FAIL_EVERY)
    again = time.perf_counter()
    for index in failed:
        engine.fail(index)
    count = 0
    for index in failed:
        for vm in victims[index]:
            where[vm] = engine.place(drawn[vm])
            count += 1
    return placed - begin, time.perf_counter() - again, (first, checksum(where)), count


def right(contestant, outcome):
    """Assert that the whole job was done rightly."""
    assert outcome[2] == (AFTER_PLACING, AFTER_FAILING) and outcome[3] == VICTIMS, (contestant, outcome)


def measure_job(rounds=5):
    """{contestant: (µs per placement, ms for the restart)}, the best of some rounds; they take turns."""
    best = {name: [float("inf")] * 2 for name in CONTESTANTS}
    for _ in range(rounds):
        for name in ("placement", "heap"):
            outcome = job(CONTESTANTS[name])
            right(name, outcome)
            best[name] = [min(old, new) for old, new in zip(best[name], outcome, strict=False)]
    best["walk"] = list(job(Walk, vms=1000)[:2])
    counts = {"placement": HOSTS * VMS_EACH, "heap": HOSTS * VMS_EACH, "walk": 1000}
    return {name: (place / counts[name] * 1e6, again * 1e3) for name, (place, again) in best.items()}


def measure_wall(rounds=3, vms=500):
    """{contestant: µs per placement} where half the hosts have most memory and too few CPUs for the flavour."""
    best = dict.fromkeys(CONTESTANTS, float("inf"))
    for _ in range(rounds):
        for name, contestant in CONTESTANTS.items():
            engine, drawn = contestant(HOSTS, no_cpu=HOSTS // 2), [3] * vms
            begin = time.perf_counter()
            for flavour in drawn:
                engine.place(flavour)
            best[name] = min(best[name], (time.perf_counter() - begin) / vms * 1e6)
    return best


def measure_growth(sizes=(250, 500, 1000, 1500, 2000, 2500), rounds=5):
    """{hosts: seconds for all VMs}; the best of some rounds."""
    best = dict.fromkeys(sizes, float("inf"))
    for _ in range(rounds):
        for hosts in sizes:
            best[hosts] = min(best[hosts], job(Ours, hosts)[0])
    return best


def report():
    """All tables as text."""
    rows = measure_job()
    lines = [f"40,000 VMs on {HOSTS:,} hosts {'µs each':>16}{'100 failed, ms':>16}{'/ heap':>10}"]
    for name, (each_us, again_ms) in rows.items():
        shown = f"{again_ms:16.1f}" if name != "walk" else f"{'–':>16}"
        lines.append(f"    {name:26}{each_us:10.2f}{shown}{each_us / rows['heap'][0]:10.2f}")
    lines.append(f"goal: at most 4 × the heap: {'met' if rows['placement'][0] <= 4 * rows['heap'][0] else 'MISSED'}\n")
    wall = measure_wall()
    lines.append("The hosts with most memory have no CPU left {:>9}{:>10}".format("µs each", "/ heap"))
    lines += [f"    {name:32}{us:17.2f}{us / wall['heap']:10.2f}" for name, us in wall.items()]
    growth = measure_growth()
    base = growth[250] / (250 * log2(250))
    lines.append("\nhosts    VMs      s        µs each   / n log n   (# = 10 ms)")
    for hosts, seconds in growth.items():
        ratio = seconds / (hosts * log2(hosts)) / base
        each = seconds / (hosts * VMS_EACH) * 1e6
        bar = "#" * round(seconds * 100)
        lines.append(f"{hosts:5}  {hosts * VMS_EACH:6}  {seconds:7.4f}  {each:9.2f}  {ratio:9.2f}    {bar}")
    last = growth[2500] / (2500 * log2(2500)) / base
    lines.append(f"goal: no faster growth than n log n from 250 to 2,500: {'met' if last <= 1.05 else 'MISSED'}")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(f"{job(Ours, int(sys.argv[1]))}")
    else:
        print(report())
