"""labkit.vim.policies: what may be done, by whom, with how much, where – asked before the act.

    from labkit.vim.policies import Act, Policies

    policies = Policies(w, hosts=vim.hosts, vms=vim.vms)        # or vim.policies, which is there already
    policies.quota("shop", memory_mib=16384, vms=10)            # at most, by size
    policies.reserve("bank", memory_mib=32768)                  # at least: kept free for it, whoever else asks
    policies.images("shop", "debian", "alpine")                 # templates it may start from
    policies.place("shop", clusters=["c1"])                     # where it may run
    policies.exclusive("esx9", "bank")                          # a host for one project alone
    policies.separate("db")                                     # members of this group never share a host
    policies.permit("ann", "VM user", "/vm/shop")               # who may do what, on which branch of the inventory
    policies.admit(Act("create", "web", "shop", spec))          # None, or LabError 403 with the figures

A request that was admitted holds its claim from that moment, long before a VM runs: two requests that each fit alone do
not both pass. The claim comes back when the request fails (`give_back`) or the VM is released (`released`).

A policy that contradicts another is refused when it is written, with both named; nothing is half done.

What the real one does differently: no single product has all of these in one place. Quotas by size are Nova's and
VMware Cloud Director's, reservations those of vSphere's resource pools, roles and permissions vCenter's
(documentation only: 'vSphere Security', chapter on permissions), allowed hosts those of Nova's host aggregates.
Nova counts a stopped server's vCPUs and memory, too; Cloud Director counts 'running' and 'stored' apart, as we do.

Files: acts (what takes which privilege), admission (the questions), claims (what is held and what is pending), limits
(quota and reservation), places (images, clusters, hosts, groups), roles (privileges and permissions), contradictions
(what cannot both be), paper (what the VIM's database keeps), policies, listing.
"""

from labkit.lazy import names

HOMES = {
    "Act": "acts",
    "Claims": "claims",
    "Policies": "policies",
    "PRIVILEGES": "acts",
    "Roles": "roles",
    "ROLES": "roles",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
