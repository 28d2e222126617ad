"""labkit.vmm.disks: the disks of VMs as chains of copy-on-write files on a datastore.

    from labkit.vmm.disks import Datastore
    from labkit.world import World

    store = Datastore(World(seed=7), "local", capacity_gib=200)
    web = store.create("web", gib=40)               # thin: takes what is written
    web.fill(0, 1024, b"A")                         # 1 GiB of A from MiB 0 on (write() takes any bytes at any place)
    web.snapshot("s1")                              # freezes web.img, goes on in web-000001.img
    web.write(0, b"new")                            # 3 bytes: the rest of the cluster is copied up
    web.where(0), web.where(65536)                  # ('web-000001.img', 'web.img')
    web.last                                        # what the last request has cost
    web.loss("s1"), web.revert("s1")                # said before; done
    web.delete("s1")                                # the delta is copied down: Report(copied_mib, freed_mib)
    web.snapshot("golden"); web.linked_clone("web2", snapshot="golden"); web.full_clone("web3")
    store.used_mib, store.provisioned_mib           # taken, and promised
    store.lose("web.img"); web.damage()             # an accident, and what is left

Everything that happens is an event of kind 'disk' in the world's trace. Files: image (one file), chain (reading through
several), requests (the guest), snapshots, consolidate (commit, pull), clones, damage, lease (who may write), datastore.
"""

from labkit.vmm.disks.chain import Broken, Cost
from labkit.vmm.disks.datastore import Datastore
from labkit.vmm.disks.disk import Disk
from labkit.vmm.disks.image import CLUSTER, NoSpace
from labkit.vmm.disks.snapshots import MAX_DELTAS, Snapshot

__all__ = ["Broken", "CLUSTER", "Cost", "Datastore", "Disk", "MAX_DELTAS", "NoSpace", "Snapshot"]
