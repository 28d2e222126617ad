"""What is left when a chain is broken: which clusters are certain, which may be wrong, which are gone.

A hypervisor does not open a disk whose chain is broken, and that is right: a file system whose blocks come half from
today and half from last year is worse than none. What can be saved is saved file by file, from the newest down.
"""

from dataclasses import dataclass

from labkit.vmm.disks import chain
from labkit.vmm.disks.image import BAD, CLUSTER, MIB, takes_room


@dataclass(frozen=True)
class Damage:
    """`problem`: what is wrong ('' when nothing is). `certain_mib`: in files above the break, as the guest wrote it.
    `doubtful_mib`: in files at or below the break that are still there, older than or other than it should be.
    `unreadable`: numbers of clusters whose sector is damaged. `missing`: names of files that are not there."""

    problem: str
    certain_mib: float
    doubtful_mib: float
    unreadable: tuple
    missing: tuple

    def __str__(self):
        if not self.problem:
            return f"nothing is wrong: {self.certain_mib:g} MiB can be read"
        return (
            f"{self.problem}; certain: {self.certain_mib:g} MiB, doubtful: {self.doubtful_mib:g} MiB, "
            f"unreadable clusters: {len(self.unreadable)}"
        )


def examine(disk):
    """Look at every file of the chain that is there, and believe only what lies above the break."""
    images = disk.store.images
    sound, doubtful, missing, problem = split(images, disk.top)
    certain = view(sound)
    below = {number: entry for number, entry in view(doubtful).items() if number not in certain}
    unreadable = tuple(sorted(number for number, entry in certain.items() if entry is BAD))
    if unreadable and not problem:
        problem = "some sectors cannot be read"
    good = sum(takes_room(entry) for entry in certain.values()) - len(unreadable)
    return Damage(
        problem, good * CLUSTER / MIB, sum(map(takes_room, below.values())) * CLUSTER / MIB, unreadable, tuple(missing)
    )


def split(images, top):
    """(images above the break, images from the break on, names of missing files, what is wrong)."""
    try:
        return chain.walk(images, top), [], [], ""
    except chain.Broken as broken:
        path, problem = broken.chain, broken.message
    sound = [images[name] for name in path[:-1]]
    if path[-1] not in images:
        return sound, [], [path[-1]], problem
    rest, name = [], path[-1]
    while name in images:
        rest.append(images[name])
        name = images[name].parent
    return sound, rest, [] if name is None else [name], problem


def view(layers):
    """{number: entry} of what these layers say, the newest first to be believed."""
    seen = {}
    for image in reversed(layers):
        seen.update(image.allocated())
    return seen
