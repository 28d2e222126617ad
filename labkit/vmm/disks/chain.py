"""Reading through a chain: from the newest file to the base until one has the cluster.

    web-000002.img ──▶ web-000001.img ──▶ web.img
        no entry           no entry         here: three files asked for one read

A write never goes down: the newest file takes it, and when the guest writes less than a cluster, the rest of the
cluster is copied up first (copy on write).
"""

from dataclasses import dataclass

from labkit.vmm.disks.image import BAD, CLUSTER, ZERO
from labkit.world.errors import LabError

ZEROS = bytes(CLUSTER)


class Broken(LabError):
    """A chain that cannot be read: `file` is the one that is missing, changed or damaged, `chain` the names from the
    newest file down to it."""

    def __init__(self, message, file, chain, next_step=None):
        super().__init__(message, 500, True, next_step)
        self.file, self.chain = file, chain
        self.args = (message, file, chain, next_step)


@dataclass
class Cost:
    """What requests have cost: `layers` asked for a cluster (a file whose tables were looked into counts once per
    cluster), clusters read and written, and KiB that were copied only because a whole cluster must move."""

    layers: int = 0
    clusters_read: int = 0
    clusters_written: int = 0
    copied_kib: float = 0

    def add(self, other):
        """Count another request's cost, too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def walk(images, name):
    """The images from `name` down to its base. Raises Broken for a file that is missing, or is not any more what the
    one above was put upon (VMware: 'The parent virtual disk has been modified since the child was created')."""
    found, above = [], None
    while name is not None:
        path = [image.name for image in found] + [name]
        if name not in images:
            raise Broken(
                f"{' → '.join(path)}: the file {name} is missing",
                name,
                path,
                "disk.damage() says what can still be read; only a backup brings the rest back",
            )
        image = images[name]
        if above and not above.merging and above.parent_cid != image.cid:
            raise Broken(
                f"{' → '.join(path)}: {name} has been changed since {above.name} was put upon it (content id "
                f"{image.cid}, expected {above.parent_cid})",
                name,
                path,
                "disk.damage() says what is certain; do not write to a file that others stand on",
            )
        found.append(image)
        name, above = image.parent, image
    return found


def find(chain, number, cost=None):
    """(image, entry) of the newest file that has an entry for this cluster; (None, None) if no file has one."""
    for depth, image in enumerate(chain, 1):
        entry = image.get(number)
        if entry is not None:
            if cost is not None:
                cost.layers += depth
                cost.clusters_read += entry is not ZERO
            return image, entry
    if cost is not None:
        cost.layers += len(chain)
    return None, None


def cluster(chain, number, cost=None):
    """The 64 KiB that the guest reads. Raises Broken where the sector is damaged."""
    image, entry = find(chain, number, cost)
    if entry is BAD:
        path = [image.name for image in chain]
        raise Broken(
            f"{' → '.join(path)}: I/O error, cluster {number} ({number * CLUSTER} B) of {image.name} cannot be read",
            image.name,
            path,
            "all other clusters can; restore this one from a backup",
        )
    return entry if isinstance(entry, bytes) else ZEROS


def pieces(offset, length):
    """(cluster number, start inside it, length) of every cluster that a request touches."""
    while length:
        number, start = divmod(offset, CLUSTER)
        step = min(length, CLUSTER - start)
        yield number, start, step
        offset, length = offset + step, length - step


def read(chain, offset, length, cost):
    """`length` bytes from `offset` on."""
    parts = [cluster(chain, number, cost)[start : start + step] for number, start, step in pieces(offset, length)]
    return b"".join(parts)


def write(chain, offset, data, cost):
    """Write into the newest file; returns the numbers of the clusters that changed. All or nothing: the room is asked
    for first (NoSpace)."""
    top, changes, at = chain[0], {}, 0
    for number, start, step in pieces(offset, len(data)):
        piece, at = data[at : at + step], at + step
        changes[number] = piece if step == CLUSTER else patched(chain, number, start, piece, cost)
    top.ask_room(changes)
    for number, entry in changes.items():
        top.put(number, entry)
    cost.clusters_written += len(changes)
    return changes


def patched(chain, number, start, piece, cost):
    """A cluster with some of its bytes replaced. If the newest file has it, the rest is there already; if not, the
    rest is copied up from the layer that has it."""
    mine = chain[0].get(number)
    if mine is None or mine is ZERO:
        cost.copied_kib += (CLUSTER - len(piece)) / 1024
    old = cluster(chain, number, cost if mine is None else None)
    return old[:start] + piece + old[start + len(piece) :]
