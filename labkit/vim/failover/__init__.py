"""labkit.vim.failover: what happens to VMs when their host is lost, or is to be repaired.

    from labkit.vim import Spec, datacenter
    from labkit.vim.failover import FailoverSystem, Percentage
    from labkit.world import World

    w = World(seed=7)
    vim = datacenter(w, hosts=3, shared=("san1",), failover=FailoverSystem(detect_s=30))
    vim.create("web", spec=Spec(datastore="san1"), priority="high").wait()
    w.crash(vim.vms["web"].host.name)                  # unplanned: detect, fence, restart; memory is lost
    w.run(until=w.now + 120)
    vim.failover.cases                                 # who was missed, what was judged, what became of its VMs
    vim.maintenance("esx2").wait()                     # planned: live migration; memory comes along
    vim.failover.set_admission(Percentage(failures=1))

FailoverSystem          the VIM's own: options for fencing, isolated hosts, admission, evacuation
Slots, Percentage, Dedicated, Disabled   admission control: what is refused today for tomorrow's sake
can_tolerate, first_gap, place_all       the exact answer, by trying all placements
Heartbeats              heartbeats on a shared datastore: isolated is not dead
Locks, Watchdog, SelfFencing   hosts that fence themselves (Proxmox's way), with its time line
Outage, copies, milestones     what became of a VM, read from the trace
Ledger, one_cut, cuts   an order book with two writers, in one cut and in fifty: what fencing is for
"""

from labkit.lazy import names

HOMES = {
    "FailoverSystem": "system",
    "Slots": "admission",
    "Percentage": "admission",
    "Dedicated": "admission",
    "Disabled": "admission",
    "can_tolerate": "packing",
    "first_gap": "packing",
    "place_all": "packing",
    "Heartbeats": "heartbeats",
    "Locks": "locks",
    "Watchdog": "watchdog",
    "SelfFencing": "self_fencing",
    "Outage": "history",
    "copies": "history",
    "milestones": "history",
    "Ledger": "ledger",
    "one_cut": "random_cuts",
    "cuts": "random_cuts",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
