"""Making a chain shorter without changing what anybody reads.

    commit (delete a snapshot)   the file above is copied down into the snapshot's file, and vanishes
    pull (block stream)          the newest file takes what it lacks from below, and stands alone

Both are long, and a host may die at any moment. A commit writes 'merging' into the upper file first and lets it go
last; until then the upper file hides whatever is half copied beneath. Doing it again does no harm.
"""

from dataclasses import dataclass

from labkit.vmm.disks import chain, clones, snapshots
from labkit.vmm.disks.image import CLUSTER, MIB, ZERO, NoSpace, takes_room
from labkit.world import LabError, action


@dataclass(frozen=True)
class Report:
    """What it took: MiB that were copied, MiB of the datastore that are free now and were not, and a remark."""

    what: str
    copied_mib: float
    freed_mib: float
    remark: str = ""

    def __str__(self):
        end = f" ({self.remark})" if self.remark else ""
        return f"{self.what}: {self.copied_mib:g} MiB copied, {self.freed_mib:g} MiB freed{end}"


class Commit:
    """Copy the child down into its parent, one cluster per step, and put the parent in its place."""

    def __init__(self, disk, child):
        self.disk, self.store, self.world, self.child = disk, disk.store, disk.world, child
        self.parent = self.store.image(child.parent)
        self.todo, self.copied, self.ended = dict.fromkeys(n for n, _ in child.allocated()), 0, False  # an ordered set
        child.merging = True
        disk.job = self
        disk.tell("commit begins", child.name, into=self.parent.name, clusters=len(self.todo))

    def __str__(self):
        return f"the consolidation of {self.child.name} into {self.parent.name}"

    def written(self, image, numbers):
        """The guest wrote meanwhile: what was copied is old."""
        if image == self.child.name:
            self.todo.update(dict.fromkeys(numbers))

    @action
    def step(self):
        """One small change that happens or does not. False when nothing is left to do."""
        if self.ended or (self.child.merging and self.disk.job is not self):
            return False  # at its end, or the host that did this has died: recover() begins anew
        if self.todo:
            self._copy()
        elif above := self.store.children(self.child.name):
            above[0].stand_on(self.parent)
        elif self.disk.job is self:
            self._switch()
        else:
            self.ended = True
            if self.child.name in self.store.images:
                self.store.forget(self.child.name)
        return True

    def _copy(self):
        """The last one of those to do: the first of a large dict is found more slowly each time one is taken out."""
        number, _ = self.todo.popitem()
        entry = self.child.get(number)
        try:
            self.parent.put(number, entry)
        except NoSpace:
            self.todo[number] = None
            raise
        self.copied += takes_room(entry)

    def _switch(self):
        """The moment that counts: from here on the parent is the file of the snapshot, or the newest one."""
        self.child.merging, self.disk.job = False, None
        if self.disk.top == self.child.name:
            self.disk.top = self.parent.name
        for snapshot in self.disk.snapshots.values():
            if snapshot.image == self.child.name:
                snapshot.image = self.parent.name
        self.disk.tell("commit ends", self.parent.name, copied_mib=self.copied * CLUSTER / MIB)


class Pull:
    """Copy up into the newest file what it lacks, one cluster per step; then it stands on `keep` (None: on nothing)."""

    def __init__(self, disk, layers, keep):
        self.disk, self.world, self.top, self.keep, self.copied = disk, disk.world, layers[0], keep, 0
        self.below = layers[1 : layers.index(keep)] if keep else layers[1:]
        held = {number for image in self.below for number, _ in image.allocated()}
        self.todo = [number for number in sorted(held, reverse=True) if self.top.get(number) is None]
        disk.job = self
        disk.tell("pull begins", self.top.name, keep=keep and keep.name, clusters=len(self.todo))

    def __str__(self):
        return f"the pull into {self.top.name}"

    def written(self, image, numbers):
        """The guest wrote meanwhile: step() sees that the newest file has it already."""

    def step(self):
        """One small change that happens or does not. False when nothing is left to do."""
        if self.disk.job is not self:
            return False
        if self.todo:
            self._copy(self.todo[-1])
        else:
            self.top.stand_on(self.keep)
            self.disk.job = None
            snapshots.prune(self.disk)
            self.disk.tell("pull ends", self.top.name, copied_mib=self.copied * CLUSTER / MIB)
        return True

    def _copy(self, number):
        _, entry = chain.find(self.below, number)
        if self.top.get(number) is None and (entry is not ZERO or self.keep):
            if entry is not ZERO:
                entry = chain.cluster(self.below, number)  # raises Broken where the sector is damaged
            self.top.put(number, entry)
            self.copied += takes_room(entry)
        self.todo.pop()


def finish(disk, job, what, used_before):
    """Run a job to its end; the Report."""
    while job.step():
        pass
    return Report(what, job.copied * CLUSTER / MIB, (used_before - disk.store.used_bytes) / MIB)


def delete(disk, name):
    """See Disk.delete."""
    used_before, file = disk.store.used_bytes, snapshots.find(disk, name).image
    job = begin(disk, name)
    if job is not None:
        return finish(disk, job, f"deleted {name}", used_before)
    above = len(disk.store.children(file))
    remark = f"{file} stays: {above} files stand on it" if above else ""
    return Report(f"deleted {name}", 0, (used_before - disk.store.used_bytes) / MIB, remark)


def begin(disk, name):
    """See Disk.begin_delete. The name is gone at once; a Commit, or None when there is nothing to copy: no file stands
    on the snapshot's (it is deleted), or several branches do (it stays, without a name)."""
    disk.idle()
    snapshot = snapshots.find(disk, name)
    file = chain.walk(disk.store.images, snapshot.image)[0]
    above = disk.store.children(file.name)
    clones.refuse_clones(disk, [file, *above] if len(above) == 1 else [file], f"delete the snapshot {name!r}")
    if len(above) == 1:
        chain.walk(disk.store.images, above[0].name)  # raises Broken: what does not fit together is not merged
        file.ask_room([number for number, entry in above[0].allocated() if takes_room(entry)])
    del disk.snapshots[name]
    if snapshot.memory_mib:
        disk.store.give_back(snapshots.memory_file(disk, name))
    disk.tell(f"snapshot {name} deleted", file.name)
    if len(above) == 1:
        return Commit(disk, above[0])
    snapshots.prune(disk)
    return None


def unneeded(disk):
    """The files of this disk that can be merged with the one above: no snapshot names them, one file stands on them,
    and no clone on either."""
    named = {snapshot.image for snapshot in disk.snapshots.values()} | {disk.top}
    lone = [image for image in disk.images if image.name not in named and len(disk.store.children(image.name)) == 1]
    return [image for image in lone if not clones.clones_on(disk, [image, *disk.store.children(image.name)])]


def consolidate(disk):
    """See Disk.consolidate."""
    used_before, copied = disk.store.used_bytes, 0
    if disk.job is not None:
        copied += finish(disk, disk.job, "", used_before).copied_mib
    disk.idle()
    while files := unneeded(disk):
        copied += finish(disk, Commit(disk, disk.store.children(files[0].name)[0]), "", used_before).copied_mib
    return Report(f"consolidated {disk.name}", copied, (used_before - disk.store.used_bytes) / MIB)


def recover(disk):
    """See Disk.recover. The file says what was begun; what was copied already is copied again, or is equal. A chain
    that is broken stays as it is; where there is no room, consolidate() goes on when there is."""
    used_before, copied, disk.job = disk.store.used_bytes, 0, None
    for image in [image for image in disk.images if image.merging and image.parent in disk.store.images]:
        try:
            copied += finish(disk, Commit(disk, image), "", used_before).copied_mib
        except NoSpace as full:
            disk.tell("consolidation is needed", image.name, needs=full.message)
            break
    else:
        snapshots.prune(disk)
    return Report(f"recovered {disk.name}", copied, (used_before - disk.store.used_bytes) / MIB)


def pull(disk, keep=None):
    """See Disk.pull."""
    disk.idle()
    layers, used_before = disk.layers(), disk.store.used_bytes
    base = None if keep is None else disk.store.image(snapshots.find(disk, keep).image)
    if base is not None and base not in layers:
        raise LabError(
            f"{disk.name!r} does not stand on the snapshot {keep!r}", 409, True, f"it stands on {disk.current}"
        )
    job = Pull(disk, layers, base)
    try:
        job.top.ask_room(job.todo)
    except NoSpace:
        disk.job = None
        raise
    return finish(disk, job, f"pulled into {job.top.name}", used_before)
