"""A data centre in one line: hosts, their agents and BMCs, shared datastores, and a VIM above them."""

from labkit.vim.vim import Vim
from labkit.vmm.host import Host, whole
from labkit.world.errors import LabError

SHARED_GIB = 100_000  # of each shared datastore: chosen, much


def datacenter(world, hosts=3, host=None, lean=True, shared=("san1",), clusters=1, name="vim", prefix="esx",
               shared_gib=SHARED_GIB, setup="kvm", **vim):  # fmt: skip
    """`hosts` hosts esx1, esx2, … of the size `host` (or one Host each, in a list), under a new Vim; returns the Vim.

    lean      True: LeanVmm, light enough for thousands; False: Vmm, with everything in the guests
    shared    names of datastores that every host reaches, each of shared_gib (a Vmm has one; a LeanVmm its own, too)
    clusters  more than 1: cluster1, cluster2, … with neighbouring hosts
    **vim     options of Vim
    Raises LabError (400) for what cannot be meant.
    """
    host = Host() if host is None else host
    sizes = list(hosts) if isinstance(hosts, (list, tuple)) else [host] * whole(hosts, "hosts")
    if not isinstance(shared, (list, tuple)):
        raise LabError(f"shared must be names of datastores, not {shared!r}", 400, True, 'shared=("san1",)')
    if whole(clusters, "clusters") > len(sizes):
        raise LabError(f"{clusters} clusters of {len(sizes)} hosts", 400, True, "at least one host for each")
    make = _lean(world, shared, shared_gib, setup) if lean else _full(world, shared, shared_gib, setup)
    vmms = [make(f"{prefix}{number}", size) for number, size in enumerate(sizes, start=1)]
    center = Vim(world, name, **vim)
    for at, vmm in enumerate(vmms):
        cluster = None if clusters == 1 else f"cluster{at * clusters // len(vmms) + 1}"
        center.add_host(vmm, cluster=cluster)
    return center


def _lean(world, shared, shared_gib, setup):
    from labkit.vmm.lean import LeanVmm, Store

    stores = [Store(world, name, shared_gib) for name in shared]
    return lambda name, size: LeanVmm(world, name, size, setup=setup, stores=stores)


def _full(world, shared, shared_gib, setup):
    from labkit.vmm.disks import Datastore
    from labkit.vmm.vmm import Vmm

    if len(shared) > 1:
        raise LabError("a Vmm has one datastore", 400, True, 'shared=("san1",), or lean=True')
    store = Datastore(world, shared[0], shared_gib) if shared else None
    return lambda name, size: Vmm(world, name, size, setup=setup, datastore=store)
