"""Balancing a whole vCenter: one pass over clusters of 64 hosts, beside a naive search, and how it grows; in one run.

    python tests/benchmarks/vim_balancing.py [hosts]

pass    `recommend` for every cluster: 16 VMs per host, all moves of a cluster by one expression on arrays
naive   for each move of the pass, every (VM, host) of one cluster is tried by adding up all loads again: what the
        description of DRS says, word by word (measured for one step of one cluster, and multiplied)

Goals: at least 100 times faster than naive; from 250 to 2,500 hosts no faster growth than n log n.
"""

import random
import sys
import time
from math import log

from labkit.vim.balancing import HostLoad, VmLoad, imbalance, recommend

CLUSTER = 64


def vcenter(hosts):
    """[(hosts, VMs), …]: clusters of 64 hosts, 16 VMs each, dealt out by luck."""
    luck, clusters = random.Random(7), []
    for first in range(0, hosts, CLUSTER):
        some = [HostLoad(f"esx{number}", 40_000, 262_144) for number in range(first, min(first + CLUSTER, hosts))]
        vms = [VmLoad(f"vm{first}-{number}", luck.choice(some).name, luck.choice((500, 1000, 4000)),
                      luck.choice((2048, 4096, 8192)), 10) for number in range(16 * len(some))]  # fmt: skip
        clusters.append((some, vms))
    return clusters


def one_pass(clusters):
    """(seconds, moves) of recommend over all clusters."""
    began = time.perf_counter()
    moves = sum(len(recommend(hosts, vms)) for hosts, vms in clusters)
    return time.perf_counter() - began, moves


def naive_step(hosts, vms, tried=2000):
    """Seconds that one step of a naive search would take: `tried` of all its (VM, host) are really tried."""
    load = {host.name: 0.0 for host in hosts}
    for vm in vms:
        load[vm.host] += vm.demand_mhz / 40_000
    began = time.perf_counter()
    for number in range(tried):
        vm, host = vms[number % len(vms)], hosts[number % len(hosts)].name
        after = dict(load)
        after[vm.host] -= vm.demand_mhz / 40_000
        after[host] += vm.demand_mhz / 40_000
        imbalance(after.values())
    return (time.perf_counter() - began) * len(vms) * len(hosts) / tried


def main(hosts=2500):
    small, (few_s, few) = vcenter(hosts // 10), (0.0, 0)
    large = vcenter(hosts)
    one_pass(small)
    few_s, few = min(one_pass(small) for _ in range(3))
    many_s, many = min(one_pass(large) for _ in range(3))
    naive_s = naive_step(*large[0]) * many
    growth, allowed = many_s / few_s, 10 * log(hosts) / log(hosts / 10)
    print(f"{hosts // 10:6,} hosts  {few:6,} moves  {few_s:8.3f} s")
    print(f"{hosts:6,} hosts  {many:6,} moves  {many_s:8.3f} s")
    print(f"naive: about {naive_s:,.0f} s, {naive_s / many_s:,.0f} times as long")
    ok = growth <= allowed and naive_s / many_s >= 100
    print(f"growth {growth:.1f} for ten times the hosts (n log n allows {allowed:.1f}): {'ok' if ok else 'too slow'}")
    return not ok


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
