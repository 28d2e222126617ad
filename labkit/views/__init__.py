"""Pictures and the live views around them: the pure functions turn state into SVG and HTML, the classes let somebody
act on it.

Topology(world)            a small world: cut, heal, crash, stop, start, and what happened
TracePlayer(trace)         walk through a trace, event by event
TokenInspector(…)          a token opened: envelope, payload, life, and what each service answers
PolicyPlayground(…)        who refuses what, and why
OutageTimeline(…)          what works how long after Keystone stopped
ExitStepper(guest, policy)  a guest under a VMM, one instruction at a time, forward and back
WhoDoesWhat(…)             an event on its way through the parts of KVM, ESXi or a hosted hypervisor
Entitlement()              six VMs on one host: who gets how many MHz right now, and why
MemoryPressure(…)          a host short of memory: its state, and each VM as its guest and as the host sees it
DiskChain(disk)            the files a disk is made of, and from which of them each block is read
PageWalk(…)                one walk through page tables, reference by reference
PreCopy(…)                 the rounds of a live migration: dirty rate, link, memory, stop rule in your hand
HeatMap(vim)               every host of a VIM as a square: how full, in which state; 2,500 of them
LiveBalancing()            hosts as bars, migrations as arcs: threshold, hysteresis and noise in your hand
SaveTheCompany()           a host is silent, and you have three buttons
Evacuation(…)              who knows what when: a lost host, its VMs' copies, detection, fence, restart
Placing(vim)               where a VM goes: filter after filter, then the weighers
PairView(pair)             two machines, what each believes, the cable and the power switch in your hand
TwoCurves(…)               the same crash for active–passive and active–active: who is served, who waits
LivePool(…)                active–active at work: kill, slow, heal, change the policy, and watch queues and clients
OutageMatrix()             a piece of vSphere is dead: say what still works, then see it played
Monitor(vim)               hosts with the age of their figures, a metric over time, alarms and events
VCenterView(vcenter)       the inventory of a vCenter as a tree, its tasks and alarms, and what a button does
"""

from labkit.lazy import names

HOMES = {
    "Topology": "topology",
    "TracePlayer": "trace_player",
    "TokenInspector": "token_inspector",
    "PolicyPlayground": "policy_playground",
    "OutageTimeline": "outage_timeline",
    "ExitStepper": "exit_stepper",
    "WhoDoesWhat": "who_does_what",
    "Entitlement": "entitlement",
    "MemoryPressure": "memory_pressure",
    "DiskChain": "disk_chain",
    "PageWalk": "page_walk",
    "PreCopy": "precopy",
    "HeatMap": "heat_map",
    "LiveBalancing": "live_balancing",
    "SaveTheCompany": "save_the_company",
    "Evacuation": "evacuation",
    "Placing": "placement",
    "Monitor": "monitoring",
    "VCenterView": "vcenter",
    "PairView": "pair",
    "TwoCurves": "two_curves",
    "LivePool": "pool",
    "OutageMatrix": "outage_matrix",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
