"""labkit.vim.placement: on which host does a VM go? Filters drop hosts, weighers order what is left, the best one wins.

    from labkit.vim import Spec
    from labkit.vim.placement import Placement, Request

    placement = Placement(vim.hosts.values(), shared={"san1": 2000})     # a Vim has one: vim.placement
    request = Request(Spec(memory_mib=4096), vm="db2", groups=("db",))
    host = placement.choose(request)                        # LabError 507: no valid host
    placement.claim(host, request.spec, request)            # choosing is not claiming
    placement.explain(request)                              # filter by filter, weigher by weigher
    placement.rules.apart("db apart", group="db")           # must; must=False: should

    capacity   what every host has left, in rows of numbers          filters    what a host must fulfil, and its reason
    rows       one row of scores per flavour, kept up to date        weighers   what makes one host better than another
    rules      affinity of VMs to VMs and to hosts                   explained  why this host

The same code chooses among 3 hosts and among 2,500. (numpy is imported with this package, not with labkit.vim.)

What the real one does differently: Nova asks the Placement service (SQL) for candidates, runs its filters and weighers
in Python over each of them, and claims in Placement, which may refuse; its documented defaults are allocation ratios of
4.0 for vCPUs and 1.0 for memory (16.0 and 1.5 in earlier releases), 512 MiB kept back for the host, and the first of
equal hosts in no stated order (ours: the lowest index). DRS reckons with expected demand instead of configured sizes,
and admits by reservations alone (documents only; vSphere is closed).
"""

from labkit.lazy import names

HOMES = {
    "Placement": "placement",
    "Request": "request",
    "Rules": "rules",
    "Rule": "rules",
    "Explanation": "explained",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
