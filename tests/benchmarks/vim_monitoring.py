"""What a report and an admission cost: python tests/benchmarks/vim_monitoring.py [hosts]

reports     an hour of reports (one per host and 10 s) into monitoring, without an alarm, with one, with ten; beside
            them the least that keeps a history at all: three numbers appended to a list per host
admissions  40,000 orders asked, admitted and settled by policies with a quota; beside them a sum per project
Printed as ratios in one run, and MiB of history; nothing is asserted.
"""

import sys
import time
import tracemalloc

from labkit.vim.inventory import HostRecord
from labkit.vim.monitoring import Monitoring
from labkit.vim.policies import Act, Policies
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import World

HOSTS, SECONDS, VMS = 2500, 3600, 40_000


def bare(hosts):
    """Three numbers per report in a list per host."""
    kept = {name: [] for name in hosts}
    for at_s in range(0, SECONDS, 10):
        for host in hosts.values():
            kept[host.name].extend((at_s, host.demand_mhz, host.used_mib))


def reported(monitoring):
    """The same hour through monitoring."""
    for at_s in range(0, SECONDS, 10):
        for host in monitoring.hosts_.values():
            host.heard_at_s = float(at_s)
            monitoring.reported(host)


def monitored(world, hosts, alarms):
    monitoring = Monitoring(world, hosts=hosts, vms={}, name=f"monitoring-{alarms}")
    for number in range(alarms):
        monitoring.alarm(f"alarm {number}", "cpu_percent", above=90)
    return monitoring


def sums(orders):
    """A plain sum per project."""
    held = {}
    for act in orders:
        total = held.setdefault(act.project, [0, 0])
        total[0] += act.spec.memory_mib
        total[1] += act.spec.vcpus


def admitted(policies, orders):
    for act in orders:
        policies.admit(act)
        policies.settle(act.vm)


def took_s(work, *args):
    begin = time.process_time()
    work(*args)
    return time.process_time() - begin


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else HOSTS
    world, hardware = World(journal=False), Host()
    hosts = {f"esx{n}": HostRecord(f"esx{n}", n, hardware) for n in range(count)}
    for host in hosts.values():
        host.state, host.demand_mhz, host.used_mib = "connected", 3000.0, 2000.0
    reports = count * SECONDS // 10
    least_s = took_s(bare, hosts)
    print(f"{reports:,} reports of {count:,} hosts; a bare list: {1e6 * least_s / reports:.2f} µs each")
    for alarms in (0, 1, 10):
        took = took_s(reported, monitored(world, hosts, alarms))
        print(f"monitoring, {alarms:2} alarms: {1e6 * took / reports:5.2f} µs each, {took / least_s:5.1f} × the list")
    tracemalloc.start()
    kept = monitored(world, hosts, 2)
    reported(kept)
    print(f"an hour of history: {tracemalloc.get_traced_memory()[0] / 2**20:.0f} MiB")
    tracemalloc.stop()
    orders = [Act("create", f"vm{n}", f"project{n % 20}", Spec(memory_mib=2048)) for n in range(VMS)]
    policies = Policies(world, hosts=hosts, vms={})
    for number in range(20):
        policies.quota(f"project{number}", memory_mib=10**9)
    least_s, took = took_s(sums, orders), took_s(admitted, policies, orders)
    print(f"{VMS:,} admissions: {1e6 * took / VMS:.1f} µs each, {took / least_s:.0f} × a plain sum")


if __name__ == "__main__":
    main()
