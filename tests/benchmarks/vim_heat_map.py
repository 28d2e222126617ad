"""The heat map of a whole vCenter: kernel time of a redraw after a key, a click, another metric. Goal: p95 below 50 ms.

python tests/benchmarks/vim_heat_map.py [hosts]
"""

import sys
import time
from statistics import median, quantiles

from labkit.lab import session
from labkit.views import HeatMap, LiveBalancing
from labkit.vim import Spec, datacenter
from labkit.world import World

GOAL_MS, ROUNDS = 50, 40


class Shell:
    """Somebody sits at the notebook: views make their widgets."""

    class events:
        register = staticmethod(lambda name, callback: None)


def center(hosts):
    """A VIM of so many hosts with a VM on each third."""
    w = World(seed=7, journal=False)
    vim = datacenter(w, hosts=hosts, clusters=max(hosts // 63, 1))
    spec = Spec(vcpus=4, datastore="san1", demand_mhz=6000)
    vim.create_many([{"name": f"vm{number}", "spec": spec} for number in range(hosts // 3)])
    w.run(until=40)
    return vim


def clicks(hosts):
    """Name → function of the round's number."""
    view, live = HeatMap(center(hosts)), LiveBalancing()
    view.live(), live.live()
    return {
        f"heat map of {hosts:,}: arrow key": lambda i: view.heard(("ArrowRight", "ArrowDown", "ArrowLeft")[i % 3]),
        f"heat map of {hosts:,}: next cluster": lambda i: view.heard("PageDown"),
        f"heat map of {hosts:,}: another metric": lambda i: view.show(("CPU", "memory", "VMs")[i % 3]),
        "live balancing: another VM": lambda i: live.choose(f"vm{i + 1}"),
        "live balancing: five minutes are played": lambda i: live.heard("ArrowRight"),
    }


def main(hosts=2500):
    session.headless, session.shell = (lambda: False), Shell
    slow = 0
    for name, click in clicks(hosts).items():
        taken = []
        for i in range(ROUNDS):
            began = time.process_time()
            click(i)
            taken.append(1000 * (time.process_time() - began))
        p95 = quantiles(taken, n=20)[-1]
        slow += p95 >= GOAL_MS
        print(f"{name:40} median {median(taken):6.1f} ms   p95 {p95:6.1f} ms   {'ok' if p95 < GOAL_MS else 'too slow'}")
    return slow


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
