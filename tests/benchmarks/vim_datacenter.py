"""What one whole vCenter costs, played through the public VIM: 2,500 hosts, 40,000 VMs, 100 hosts that fail.

    python -m tests.benchmarks.vim_datacenter            all tables, in one run (two minutes)
    python -m tests.benchmarks.vim_datacenter job 500    one contestant, this many hosts: a line of JSON

The job is that of vim_placement.py, and its checksums and victims are asserted. Here nothing is left out of it: hosts
have agents and BMCs, `create_many` orders VMs, placement puts them, the database is written before orders are sent,
agents drive the management processes, which define and start, events and reports come back, and all of it is in the
trace. Then hosts crash, the VIM misses their reports, they are fenced by their BMCs, and their VMs start elsewhere.

heap        the same placements with records, states and a log of them, and nothing else (the bare reference)
walk        every filter for every host; the first 1,000 VMs, multiplied by 40
simpy       as many bare SimPy timeouts with a callback as the job has rows in its trace
placement   Placement.choose and .claim alone, and the victims again
job         the whole job; monitored: the same with monitoring on

Each contestant runs in a process of its own, they take turns, and the best CPU time of some rounds counts: other
programs disturb a wall clock. Imports are not counted. The goals are printed, never asserted: placement ≤ 4 × heap,
the job ≤ 15 × heap and ≤ 150 MiB, and from 250 to 2,500 hosts no faster growth than n log n.
"""

import json
import subprocess
import sys
import time
from math import log2

import simpy

from labkit.vim import Spec, datacenter, failover, monitoring, placement
from labkit.vmm import Host
from labkit.vmm.lean import LeanVmm
from labkit.world import World
from tests.benchmarks.vim_placement import (
    AFTER_FAILING,
    AFTER_PLACING,
    FAIL_EVERY,
    FLAVOURS,
    HOSTS,
    VICTIMS,
    VMS_EACH,
    Heap,
    Ours,
    Walk,
    checksum,
    flavours,
)

# Named here, so that they are imported before the clock starts.
PARTS = (failover.FailoverSystem, monitoring.Monitoring, placement.Placement, placement.Request, LeanVmm)
ROWS = 256_000  # of the trace of the job
LOST_S = 300.0  # by then everything must run again
WALKED = 1000


# -- the job -----------------------------------------------------------------------------------------------------------
def begin(hosts=HOSTS, monitored=False):
    """(world, VIM): so many hosts with their agents and BMCs, described and connected, and a failover system."""
    world = World(seed=1, journal=False)
    machine = Host(pcpus=32, memory_mib=131072, disk_gib=2000)
    vim = datacenter(world, hosts=hosts, host=machine, shared_gib=10_000_000)
    vim.use(failover=failover.FailoverSystem(detect_s=30))
    if monitored:
        vim.use(monitoring=monitoring.Monitoring(world, name="vim-monitoring"))
    world.run(until=1)
    return world, vim


def fill(world, vim):
    """Order all VMs in one request and let it happen."""
    specs = [Spec(vcpus=vcpus, memory_mib=mib, disk_gib=gib, datastore="san1") for vcpus, mib, gib in FLAVOURS]
    drawn = flavours(len(vim.hosts) * VMS_EACH)
    vim.create_many([{"name": f"vm{number}", "spec": specs[each]} for number, each in enumerate(drawn)])
    world.run(until=5)


def lose(world, vim):
    """Every 25th host loses its power; returns the number of victims when all of them run elsewhere."""
    lost = [f"esx{index + 1}" for index in range(0, len(vim.hosts), FAIL_EVERY)]
    victims = [vm for host in lost for vm in vim.hosts[host].vms.values()]
    for host in lost:
        world.crash(host)
    while world.now < LOST_S and not all(vm.host.name not in lost and vm.seen == "running" for vm in victims):
        world.run(until=world.now + 5)
    return len(victims)


def where(vim):
    """The checksum of where the VIM has its VMs; all of them run."""
    assert all(vm.seen == "running" for vm in vim.vms.values())
    return checksum([vm.host.index for vm in vim.vms.values()])


def play(hosts=HOSTS, monitored=False):
    """The whole job: (CPU seconds by phase, (checksums), victims, the world)."""
    marks = [time.process_time()]
    world, vim = begin(hosts, monitored)
    marks.append(time.process_time())
    fill(world, vim)
    marks.append(time.process_time())
    first = where(vim)
    marks.append(time.process_time())
    victims = lose(world, vim)
    marks.append(time.process_time())
    phases = {"hosts": marks[1] - marks[0], "fill": marks[2] - marks[1], "lose": marks[4] - marks[3]}
    return phases, (first, where(vim)), victims, world


def job(hosts=HOSTS, monitored=False):
    """CPU seconds of the whole job, whose answers are right."""
    phases, sums, victims, world = play(hosts, monitored)
    assert hosts != HOSTS or (sums, victims) == ((AFTER_PLACING, AFTER_FAILING), VICTIMS), (sums, victims)
    return {"cpu_s": sum(phases.values()), "phases": phases, "rows": len(world.rows), "until_s": world.now}


# -- what it is compared with ------------------------------------------------------------------------------------------
class Record:
    """What the reference keeps of a VM."""

    __slots__ = ("flavour", "host", "state", "task", "log")

    def __init__(self, flavour):
        self.flavour, self.host, self.state, self.task, self.log = flavour, None, "building", "scheduling", None


def to(vm, state, t):
    """A change of state, in the VM's own log."""
    vm.state, vm.task = state, None
    vm.log.append((t, state))


def bare(engine, hosts=HOSTS, most=None):
    """CPU seconds of the job without a VIM: records, places, states; `most`: only so many VMs, and no failures."""
    start = time.process_time()
    vms, there = [Record(flavour) for flavour in flavours(hosts * VMS_EACH)[:most]], [{} for _ in range(hosts)]
    contestant = engine(hosts)
    for number, vm in enumerate(vms):
        vm.host = contestant.place(vm.flavour)
        there[vm.host][number] = vm
    for vm in vms:
        vm.log = [(0.0, "building")]
        to(vm, "active", 1.0)
    if most is not None:
        return {"cpu_s": (time.process_time() - start) * hosts * VMS_EACH / most}
    first, lost, victims = [vm.host for vm in vms], range(0, hosts, FAIL_EVERY), 0
    for index in lost:
        contestant.fail(index)
    for index in lost:
        for number, vm in list(there[index].items()):
            vm.host = contestant.place(vm.flavour)
            there[vm.host][number] = there[index].pop(number)
            to(vm, "active", 2.0)
            victims += 1
    used = time.process_time() - start
    sums = checksum(first), checksum([vm.host for vm in vms])
    assert hosts != HOSTS or (sums, victims) == ((AFTER_PLACING, AFTER_FAILING), VICTIMS), (sums, victims)
    return {"cpu_s": used}


def places(engine, hosts=HOSTS):
    """CPU seconds of choosing and claiming alone, and the victims again."""
    drawn, contestant = flavours(hosts * VMS_EACH), engine(hosts)
    start = time.process_time()
    placed = [contestant.place(flavour) for flavour in drawn]
    for index in range(0, hosts, FAIL_EVERY):
        contestant.fail(index)
    for vm, index in enumerate(placed):
        if index % FAIL_EVERY == 0:
            contestant.place(drawn[vm])
    return {"cpu_s": time.process_time() - start}


def events(count=ROWS):
    """CPU seconds of so many SimPy timeouts, each with a callback."""
    start, env, seen = time.process_time(), simpy.Environment(), []
    for number in range(count):
        env.timeout(number % 1000).callbacks.append(seen.append)
    env.run()
    assert len(seen) == count
    return {"cpu_s": time.process_time() - start}


CONTESTANTS = {
    "heap": lambda hosts: bare(Heap, hosts),
    "walk": lambda hosts: bare(Walk, hosts, WALKED),
    "simpy": lambda hosts: events(),
    "heap, places": lambda hosts: places(Heap, hosts),
    "placement": lambda hosts: places(Ours, hosts),
    "job": job,
    "monitored": lambda hosts: job(hosts, monitored=True),
}


def peak_mib():
    """The largest resident size of this process so far: VmHWM, for ru_maxrss also knows the parent's."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


# -- tables ------------------------------------------------------------------------------------------------------------
def alone(name, hosts=HOSTS):
    """One contestant in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.vim_datacenter", name, str(hosts)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(rounds=5, names=tuple(CONTESTANTS)):
    """{contestant: its best run}."""
    runs = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            if turn == 0 or name != "walk":
                runs[name].append(alone(name))
    return {name: min(each, key=lambda run: run["cpu_s"]) for name, each in runs.items()}


def measure_growth(sizes=(250, 500, 1000, 1500, 2000, 2500), rounds=3):
    """{hosts: the best run of the whole job}."""
    runs = {hosts: [] for hosts in sizes}
    for _ in range(rounds):
        for hosts in sizes:
            runs[hosts].append(alone("job", hosts))
    return {hosts: min(each, key=lambda run: run["cpu_s"]) for hosts, each in runs.items()}


def goal(met):
    return "met" if met else "MISSED"


def compared(best):
    """The contestants as a table, and the goals."""
    heap, job = best["heap"]["cpu_s"], best["job"]
    lines = [f"{HOSTS:,} hosts, {HOSTS * VMS_EACH:,} VMs {'CPU s':>17}{'/ heap':>10}{'peak MiB':>10}"]
    for name, run in best.items():
        lines.append(f"    {name:28}{run['cpu_s']:10.3f}{run['cpu_s'] / heap:10.2f}{run['peak_mib']:10.0f}")
    phases = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in job["phases"].items())
    lines.append(f"    the job: {phases}; {job['rows']:,} rows of trace; it is {job['until_s']:g} s in the world")
    ratio = best["placement"]["cpu_s"] / best["heap, places"]["cpu_s"]
    lines.append(f"goal: placement at most 4 × heap, places alone: {ratio:.2f}, {goal(ratio <= 4)}")
    lines.append(f"goal: the job at most 15 × heap: {job['cpu_s'] / heap:.1f}, {goal(job['cpu_s'] <= 15 * heap)}")
    lines.append(f"goal: at most 150 MiB: {job['peak_mib']:.0f}, {goal(job['peak_mib'] <= 150)}")
    return lines


def grown(growth):
    """The growth as a table and a plot."""
    sizes = list(growth)
    base = growth[sizes[0]]["cpu_s"] / (sizes[0] * log2(sizes[0]))
    lines = ["", "hosts     VMs    CPU s   µs per VM   / n log n    (# = 50 ms, | = n log n)"]
    for hosts, run in growth.items():
        fair = base * hosts * log2(hosts)
        bar = ("#" * round(run["cpu_s"] * 20)).ljust(round(fair * 20)) + "|"
        each_us, ratio = run["cpu_s"] / (hosts * VMS_EACH) * 1e6, run["cpu_s"] / fair
        lines.append(f"{hosts:5}  {hosts * VMS_EACH:6}  {run['cpu_s']:7.3f}  {each_us:10.1f}  {ratio:10.2f}    {bar}")
    last = growth[sizes[-1]]["cpu_s"] / (base * sizes[-1] * log2(sizes[-1]))
    return [*lines, f"goal: no faster growth than n log n: {last:.2f}, {goal(last <= 1.05)}"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        outcome = CONTESTANTS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else HOSTS)
        print(json.dumps({**outcome, "peak_mib": peak_mib()}))
    else:
        print("\n".join([*compared(measure()), *grown(measure_growth())]))
