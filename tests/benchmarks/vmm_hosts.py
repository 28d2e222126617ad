"""How long does a fleet take: 2,500 hosts with 16 VMs each, defined and started?  python tests/benchmarks/vmm_hosts.py

In ratios of one run: a command to a VMM against the bare message that carries it, and the last hundred hosts against
the first hundred (a fleet must not become slower as it grows).
"""

import sys
import time

from labkit.vmm import Host, Vmm
from labkit.world import World

HOSTS, VMS = int(sys.argv[1]) if len(sys.argv) > 1 else 2500, 16


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fleet(world):
    host = Host(pcpus=32, memory_mib=262144, disk_gib=400)
    return [Vmm(world, f"vmm{number}", host) for number in range(HOSTS)]


def fill(vmm):
    for number in range(VMS):
        name = f"{vmm.name}-vm{number}"
        vmm.define(name, vcpus=2, memory_mib=4096)
        vmm.start(name)


def messages(world, number):
    for _ in range(number):
        world.ask("admin", "echo", "libvirt", "nothing", name="web")


def main():
    world, vmms = World(seed=1), []
    built = timed(lambda: vmms.extend(fleet(world)))
    each = [timed(lambda vmm=vmm: fill(vmm)) for vmm in vmms]
    world.node("echo", serve=lambda message: {"name": "web", "state": "running", "reason": "booted"})
    bare = timed(lambda: messages(world, 2000)) / 2000
    command = sum(each) / (2 * HOSTS * VMS)
    edge = min(100, HOSTS // 2)
    print(f"{HOSTS} hosts built in {built:.2f} s; {HOSTS * VMS} VMs defined and started in {sum(each):.1f} s")
    print(f"one command / one bare message: {command / bare:.1f}")
    print(f"the last {edge} hosts / the first {edge}: {sum(each[-edge:]) / sum(each[:edge]):.2f}")


if __name__ == "__main__":
    main()
