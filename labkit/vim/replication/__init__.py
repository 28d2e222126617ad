"""labkit.vim.replication: the same thing more than once – VMs, disks, a running machine – and what that is good for.

    from labkit.vim.replication import Array, Backup, Mirror, Replication, Twin, survive

    vim.use(replication=Replication(w))
    vim.replication.keep("web", count=3, spec=Spec())         # three instances, kept alive, on different hosts
    san1, san2 = Array(w, store1), Array(w, store2)
    mirror = Mirror(w, san1, "db", san2, mode="async", every_s=60)
    mirror.lag_s, mirror.behind                               # how old the copy is, how many writes it lacks
    mirror.fail_over(fenced=True)                             # from now on the copy is the disk
    Twin(w, "till", vmm1, vmm2, serve, array=san1)            # a lock-step twin: goes on when its host dies
    Backup(w, san1, "db", store2).take()                      # what was, at this moment
    survive("delete")                                         # four protections, one accident: a table

Erl's 'resource replication' mechanism is the first two: several instances of an IT resource from one template. None of
them is a backup: whatever is done to the one is done to the other. And none of them alone starts anything elsewhere.

What the real one does differently: DRBD (protocol C and A), vSphere Replication (asynchronous, 5 min to 24 h), arrays
that mirror each other; instances are kept by autoscaling groups, Kubernetes' ReplicaSet, Heat. Each of them adds what
we leave out: throttling, resynchronisation by bitmap, quorum devices.

Files: instances, array (a storage's controller), mirror (disks), twin (fault tolerance), backup, shop (a guest with
something to lose), survival (the experiment with the four).
"""

from labkit.lazy import names

HOMES = {
    "Array": "array",
    "Backup": "backup",
    "Mirror": "mirror",
    "Replication": "instances",
    "Twin": "twin",
    "service": "shop",
    "survive": "survival",
    "ACCIDENTS": "survival",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
