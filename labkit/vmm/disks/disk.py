"""A VM's disk: what the guest sees as one row of bytes is a chain of files, of which only the newest is written.

    s1 (frozen)          s2 (frozen)           you are here
    web.img ◀─────── web-000001.img ◀─────── web-000002.img

Snapshots form a tree; each names a frozen file. The guest notices nothing of all this, except that it waits.

What the real one does differently: requests are served side by side and many tables stay in a cache (qemu's L2 cache),
so the price of depth is paid on cold reads; libvirt's `virsh snapshot-create-as --disk-only`, `blockcommit`,
`blockpull` and vSphere's snapshot manager are the tools that do what the methods here are named after.
"""

from labkit.vmm.disks import chain, clones, consolidate, damage, requests, snapshots
from labkit.vmm.disks.image import CLUSTER, MIB
from labkit.vmm.disks.lease import Lease
from labkit.world import LabError, action


class Disk:
    """Made by Datastore.create, linked_clone or full_clone. Offsets and lengths in bytes, sizes in MiB.

    snapshots   name -> Snapshot
    cost, last  what all requests have cost, and what the last one did (Cost)
    waiting     writes that found the datastore full; resume() repeats them
    on_ioerror  called with the disk when that happens (the VMM pauses the VM), or None
    """

    def __init__(self, store, name, image):
        self.store, self.world, self.name = store, store.world, name
        self.size_bytes, self.top, self.numbers = image.size_bytes, image.name, 0
        self.snapshots, self.template, self.lease = {}, False, Lease(name)
        self.cost, self.last, self.waiting, self.on_ioerror = chain.Cost(), chain.Cost(), [], None
        self.job = None  # a consolidation or a pull that runs: in the host's memory only

    def __replay__(self, world):
        return world.component(self.store.name).disks[self.name]

    def __repr__(self):
        try:
            path = " → ".join(self.chain)
        except chain.Broken as broken:
            path = f"broken at {broken.file}"
        return f"<Disk {self.name}: {self.size_mib:g} MiB, {self.used_mib:g} on disk, {path}>"

    # -- what there is -------------------------------------------------------------------------------------------------
    @property
    def size_mib(self):
        """What the guest sees."""
        return self.size_bytes / MIB

    @property
    def images(self):
        """The images of this disk (not those of others that it stands on), oldest first."""
        return [image for image in self.store.images.values() if image.disk == self.name]

    @property
    def used_mib(self):
        """What the images of this disk take on the datastore."""
        return sum(self.store.sizes[image.name] for image in self.images) / MIB

    @property
    def chain(self):
        """Names of the files that a read walks, newest first. Raises Broken."""
        return [image.name for image in self.layers()]

    def layers(self):
        """The images that a read walks, newest first. Raises Broken."""
        return chain.walk(self.store.images, self.top)

    @property
    def current(self):
        """Name of the snapshot we stand on, or None. Raises Broken."""
        return snapshots.nearest(self, self.layers()[1:])

    def advice(self):
        """What an administrator should be told: sentences, none when all is well."""
        return snapshots.advice(self)

    # -- the guest's requests ------------------------------------------------------------------------------------------
    @action
    def read(self, offset, length):
        """Bytes as the guest reads them. Raises LabError outside the disk, Broken where the chain is."""
        return requests.read(self, offset, length)

    @action
    def write(self, offset, data, by=None):
        """Write bytes; `by`: the host that writes, when leases are kept. Raises LabError for a template, a lost lease,
        a place outside the disk; NoSpace when the datastore is full: then the write waits for resume()."""
        data = requests.raw(data)
        requests.inside(self, offset, len(data))
        requests.writable(self, by)
        requests.submit(self, requests.write, offset, data)

    @action
    def fill(self, start_mib, mib, byte=b"A", by=None):
        """Write `mib` MiB of the same byte, from `start_mib` on (whole clusters only; fast). Errors as write()."""
        offset, length = requests.whole_clusters(self, start_mib, mib)
        requests.writable(self, by)
        requests.submit(self, requests.fill, offset, length, (requests.raw(byte)[:1] or b"\0") * CLUSTER)

    @action
    def discard(self, offset, length, by=None):
        """The guest's TRIM: these bytes read as zeros from now on. Whole clusters give back their room; in a delta a
        note 'zero' stays, so that the older bytes beneath do not shine through. The ragged ends are written."""
        requests.inside(self, offset, length)
        requests.writable(self, by)
        requests.submit(self, requests.discard, offset, length)

    @action
    def resume(self, by=None):
        """The guest goes on: repeat the writes that found no room. Raises NoSpace while there is none; LabError (409)
        if `by` is given and does not hold the lease: the disk has been somebody else's since the guest stopped."""
        self.lease.held(by)
        requests.resume(self)

    def where(self, offset):
        """Name of the file that this byte is read from, or None: nobody wrote it, it reads as zero. Raises Broken."""
        requests.inside(self, offset, 1)
        image, _ = chain.find(self.layers(), offset // CLUSTER)
        return image and image.name

    def damage(self):
        """What can be read and what is lost when the chain is broken (Damage)."""
        return damage.examine(self)

    # -- snapshots, consolidation, clones: see the modules of these names ----------------------------------------------
    @action
    def snapshot(self, name, memory_mib=0, quiesce=False):
        """Freeze the newest file and go on in a new one. Copies nothing. memory_mib: save the VM's memory with it."""
        return snapshots.take(self, name, memory_mib, quiesce)

    def loss(self, name):
        """What revert(name) would throw away, as a sentence."""
        return snapshots.loss(self, name)

    @action
    def revert(self, name):
        """Go on from the snapshot in a new file; what was written since the last snapshot is thrown away (Snapshot)."""
        return snapshots.revert(self, name)

    @action
    def delete(self, name):
        """Delete the snapshot, not its data: the file above is copied into its file (Report)."""
        return consolidate.delete(self, name)

    @action
    def begin_delete(self, name):
        """The same in steps: returns a Commit; the guest may write between its step()s."""
        return consolidate.begin(self, name)

    @action
    def consolidate(self):
        """Merge the files that no snapshot needs any more (vSphere: 'disk consolidation is needed') (Report)."""
        return consolidate.consolidate(self)

    @action
    def pull(self, keep=None):
        """Copy upwards instead (block stream): the newest file takes what it lacks, and needs no file below, down to
        snapshot `keep` or to the base (Report)."""
        return consolidate.pull(self, keep)

    @action
    def linked_clone(self, name, snapshot=None):
        """A new Disk: a delta over the snapshot (or over a template). Costs nothing now; needs its parent for ever."""
        return clones.linked(self, name, snapshot)

    @action
    def full_clone(self, name, snapshot=None, store=None):
        """A new Disk with a copy of everything; on another datastore it is what a backup is."""
        return clones.full(self, name, snapshot, store or self.store)

    @action
    def mark_template(self):
        """From now on clones are made of it; it does not start and is not written."""
        clones.mark_template(self)

    @action
    def unmark_template(self):
        """A VM again. Refused while linked clones stand on it."""
        clones.unmark_template(self)

    @action
    def destroy(self):
        """Delete all files of this disk. Refused, with their names, while others stand on one of them."""
        clones.destroy(self)

    # -- the host's side -----------------------------------------------------------------------------------------------
    @action
    def acquire(self, owner):
        """Take the lease at the start of the VM; its generation. Raises LabError (409) naming the holder, and for a
        template."""
        if self.template:
            raise LabError(
                f"{self.name!r} is a template: it does not start",
                409,
                True,
                "start a clone of it, or make it a VM again with unmark_template()",
            )
        self.tell("lease", None, owner=owner, generation=self.lease.acquire(owner))
        return self.lease.generation

    @action
    def release(self, owner):
        """Give the lease back; a write that still waited is gone with the guest that asked for it."""
        if self.lease.owner == owner:
            self.waiting = []
        self.lease.release(owner)

    @action
    def hand_over(self, source, target):
        """Live migration on a shared datastore: the lease changes hands at the switch-over; the new generation."""
        self.tell("lease", None, owner=target, generation=self.lease.hand_over(source, target), of=source)
        return self.lease.generation

    @action
    def break_lease(self, owner):
        """Take the lease from a holder that is fenced for certain; the new generation."""
        self.tell("lease broken", None, owner=owner, generation=self.lease.seize(owner))
        return self.lease.generation

    @action
    def crash(self):
        """The host dies: a running consolidation is forgotten, the writes that waited are gone with the guest."""
        self.job, self.waiting = None, []

    @action
    def recover(self):
        """The host is back: finish the consolidation that the files say was begun."""
        return consolidate.recover(self)

    # -- helpers -------------------------------------------------------------------------------------------------------
    def tell(self, what, image, **detail):
        """Note it in the world's trace."""
        self.world.emit(self.name, image, "disk", what, **detail)

    def idle(self):
        """Raise LabError while something else goes on that changes the files."""
        if self.job is not None:
            raise LabError(f"{self.job} is still running on {self.name!r}", 409, True, "wait for its end")
        if self.template:
            raise LabError(f"{self.name!r} is a template", 409, True, "make a clone, or unmark_template() first")
        if self.waiting:
            raise LabError(f"{self.name!r} waits for room on {self.store.name}", 409, True, "free some, then resume()")

    def count(self, cost):
        """Note what a request has cost."""
        self.last = cost
        self.cost.add(cost)
