"""The chain against a plain model: one full copy per disk and per snapshot. Whatever is done, both read the same, and
the datastore's account is exact."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vmm.disks import CLUSTER, Datastore, NoSpace, chain
from labkit.vmm.disks.image import takes_room
from labkit.world import LabError, World

CLUSTERS = 4  # of the disk's 16 the guest uses the first four
SIZE = CLUSTERS * CLUSTER
GIB = 1024**3
ANYWHERE = st.tuples(st.integers(0, SIZE - 1), st.integers(1, 2 * CLUSTER))
WHOLE = st.tuples(st.integers(0, CLUSTERS - 1).map(lambda number: number * CLUSTER), st.just(CLUSTER))
PLACE = st.one_of(ANYWHERE, WHOLE)
NUMBER = st.integers(0, 2)
WRITES = st.one_of(
    st.tuples(st.just("write"), NUMBER, PLACE, st.integers(1, 255)),
    st.tuples(st.just("fill"), NUMBER, st.integers(0, CLUSTERS - 1), st.integers(1, 255)),
    st.tuples(st.just("discard"), NUMBER, PLACE),
)
CHANGES = st.one_of(
    st.tuples(st.just("snapshot"), NUMBER),
    st.tuples(st.sampled_from(["snapshot", "consolidate", "pull", "full"]), NUMBER),
    st.tuples(st.sampled_from(["revert", "delete", "linked", "full", "pull"]), NUMBER, NUMBER),
    st.tuples(st.just("begun"), NUMBER, NUMBER, st.integers(0, 12)),
)
DEEDS = st.one_of(WRITES, CHANGES, st.tuples(st.just("snapshot"), NUMBER))


class Both:
    """The datastore and its model, and the deeds that are done to both."""

    def __init__(self, gib=1):
        self.store = Datastore(World(seed=1, journal=False), "store", capacity_gib=gib)
        self.disks, self.snapshots, self.count = {}, {}, 0
        self.disks[self.new("disk")] = bytearray(SIZE)
        self.store.create("disk1", gib=1 / 1024)

    def new(self, word):
        self.count += 1
        return f"{word}{self.count}"

    def do(self, what, number, *more):
        name = sorted(self.disks)[number % len(self.disks)]
        getattr(self, what)(self.store.disks[name], self.disks[name], *more)

    def named(self, disk, number):
        return sorted(disk.snapshots)[number % len(disk.snapshots)]

    def write(self, disk, model, place, byte):
        offset, length = place[0], min(place[1], SIZE - place[0])
        self.ask(disk, disk.write, offset, bytes([byte]) * length)
        model[offset : offset + length] = bytes([byte]) * length

    def fill(self, disk, model, cluster, byte):
        self.ask(disk, disk.fill, cluster / 16, 1 / 16, bytes([byte]))
        model[cluster * CLUSTER : (cluster + 1) * CLUSTER] = bytes([byte]) * CLUSTER

    def discard(self, disk, model, place):
        offset, length = place[0], min(place[1], SIZE - place[0])
        self.ask(disk, disk.discard, offset, length)
        model[offset : offset + length] = bytes(length)

    def snapshot(self, disk, model):
        name = self.new("s")
        disk.snapshot(name)
        self.snapshots[disk.name, name] = bytes(model)

    def revert(self, disk, model, number):
        if disk.snapshots:
            name = self.named(disk, number)
            disk.revert(name)
            model[:] = self.snapshots[disk.name, name]

    def delete(self, disk, model, number):
        if disk.snapshots:
            name = self.named(disk, number)
            disk.delete(name)
            del self.snapshots[disk.name, name]

    def begun(self, disk, model, number, steps):
        """A consolidation that the host's death interrupts; the guest writes in the middle of it."""
        if disk.snapshots:
            name = self.named(disk, number)
            job = disk.begin_delete(name)
            del self.snapshots[disk.name, name]
            for step in range(steps if job else 0):
                job.step()
                if step % 3 == 1:
                    self.write(disk, model, (step % CLUSTERS * CLUSTER + 9, 99), 77 + step)
                elif step % 3 == 2:
                    self.discard(disk, model, (step % CLUSTERS * CLUSTER, CLUSTER))
            disk.crash()
            self.check()
            disk.recover()

    def consolidate(self, disk, model):
        disk.consolidate()

    def linked(self, disk, model, number=None):
        if disk.snapshots and number is not None and len(self.disks) < 3:
            name, made = self.named(disk, number), self.new("disk")
            disk.linked_clone(made, snapshot=name)
            self.disks[made] = bytearray(self.snapshots[disk.name, name])

    def full(self, disk, model, number=None):
        if len(self.disks) < 3:
            made, snapshot = self.new("disk"), self.named(disk, number) if number and disk.snapshots else None
            disk.full_clone(made, snapshot=snapshot)
            self.disks[made] = bytearray(self.snapshots[disk.name, snapshot] if snapshot else model)

    def pull(self, disk, model, number=None):
        disk.pull(keep=self.named(disk, number) if number is not None and disk.snapshots else None)

    def ask(self, disk, request, *arguments):
        """A request of the guest. When the datastore is full the guest waits until there is room; nothing is lost."""
        try:
            request(*arguments)
        except NoSpace:
            assert len(disk.waiting) == 1
            while disk.waiting:
                self.store.capacity_bytes += CLUSTER
                with suppress(NoSpace):
                    disk.resume()

    # -- what must hold ----------------------------------------------------------------------------------------------
    def check(self):
        images = self.store.images
        for name, model in self.disks.items():
            assert self.store.disks[name].read(0, SIZE) == bytes(model), name
        for (disk, name), model in self.snapshots.items():
            layers = chain.walk(images, self.store.disks[disk].snapshots[name].image)
            assert chain.read(layers, 0, SIZE, chain.Cost()) == model, (disk, name)
        for image in images.values():
            clusters = sum(takes_room(entry) for _, entry in image.allocated())
            assert self.store.sizes[image.name] == image.frame_bytes + CLUSTER * (len(image.l1) + clusters)
        assert self.store.used_bytes == sum(self.store.sizes.values()) <= self.store.capacity_bytes


def account(both):
    return dict(both.store.sizes), {name: disk.chain for name, disk in both.store.disks.items()}


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(DEEDS, min_size=5, max_size=30))
def test_a_chain_reads_like_full_copies(deeds):
    both = Both()
    for deed in deeds:
        before = account(both)
        try:
            both.do(*deed)
        except LabError as error:
            assert error.definite
            assert account(both) == before, f"refused, and changed something: {deed}"
        both.check()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(DEEDS, min_size=5, max_size=25), st.integers(8, 30))
def test_on_a_datastore_that_fills_up_nothing_is_lost(deeds, clusters):
    both = Both(gib=clusters * CLUSTER / GIB)
    for deed in deeds:
        try:
            both.do(*deed)
        except NoSpace:
            both.store.capacity_bytes += CLUSTERS * CLUSTER
            for disk in both.store.disks.values():
                disk.recover()  # a consolidation that stopped for want of room ends now
        except LabError as error:
            assert error.definite
        both.check()
