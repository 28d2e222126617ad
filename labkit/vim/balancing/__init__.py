"""Load balancing of VMs on hosts: who should move, where to, is it worth it, and when is it better to do nothing?

    from labkit.vim.balancing import HostLoad, VmLoad, recommend
    hosts = [HostLoad("esx1"), HostLoad("esx2")]
    vms = [VmLoad("a", "esx1", 5000), VmLoad("b", "esx1", 4000), VmLoad("c", "esx2", 1000)]
    recommend(hosts, vms)                          # b: esx1 → esx2 …; .explain("a") says why not a

    metric       imbalance, priority, target: one number for 'how unequal'         loads      what a balancer knows
    greedy       the moves of one pass: recommend()                                checks     what is allowed, and words
    cost         what a migration costs and brings, in MHz · s                     regulator  when to decide: hysteresis
    Balancer     does it for a VIM: a timer, one pass per cluster                  Rehearsal  does it on a noisy load

Balancing *requests* over instances is something else: labkit.failover.

What the real one does differently: each file's docstring has its own list. All of DRS is from documents.
"""

from labkit.lazy import names

HOMES = {
    "Advice": "advice",
    "Balancer": "balancer",
    "HostLoad": "loads",
    "Move": "advice",
    "Regulator": "regulator",
    "Rehearsal": "rehearsal",
    "VmLoad": "loads",
    "alike": "loads",
    "imbalance": "metric",
    "priority": "metric",
    "recommend": "greedy",
    "target": "metric",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
