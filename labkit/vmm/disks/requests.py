"""What a guest asks of its disk: read, write, fill, discard; and what happens when the datastore is full.

    write ──▶ room? ──yes──▶ newest file          the guest goes on
                 └───no────▶ kept in disk.waiting; the VMM pauses the VM; resume() repeats it: the guest lost nothing

Documented default of libvirt: `error_policy` of a disk and the pause reason VIR_DOMAIN_PAUSED_IOERROR; of QEMU:
`werror=enospc`.
"""

from labkit.vmm.disks import chain
from labkit.vmm.disks.image import CLUSTER, MIB, ZERO, NoSpace
from labkit.world import LabError
from labkit.world.errors import number


def raw(data):
    """`data` as bytes. Raises LabError for anything else: a disk knows no characters."""
    if isinstance(data, str):
        raise LabError(f"a disk holds bytes, not the text {data!r}", 400, True, "b'…', or text.encode()")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise LabError(f"a disk holds bytes, not {data!r}", 400, True, "b'…', or bytes([1, 2, 3])")
    return bytes(data)


def inside(disk, offset, length):
    """Raise LabError unless these bytes are on the disk."""
    for value, what in ((offset, "offset"), (length, "length")):
        if isinstance(number(value, what), float):
            raise LabError(f"{what} is a whole number of bytes, not {value!r}", 400, True)
    if offset + length > disk.size_bytes:
        raise LabError(
            f"bytes {offset} to {offset + length} lie outside the disk {disk.name!r}",
            400,
            True,
            f"it has {disk.size_bytes} bytes",
        )


def whole_clusters(disk, start_mib, mib):
    """(offset, length) in bytes of a place given in MiB."""
    offset, length = (int(number(value, "MiB") * MIB) for value in (start_mib, mib))
    if offset % CLUSTER or length % CLUSTER:
        raise LabError("fill() writes whole clusters of 64 KiB", 400, True, "use write() for the rest")
    inside(disk, offset, length)
    return offset, length


def writable(disk, by):
    """Raise LabError unless the host `by` may write now."""
    if disk.template:
        raise LabError(f"{disk.name!r} is a template: nobody writes it", 409, True, "write to a clone")
    disk.lease.check(by)
    if disk.waiting:
        raise LabError(
            f"the VM of {disk.name!r} is paused: an earlier write waits for room",
            409,
            True,
            f"free some on {disk.store.name}, then resume()",
        )


def submit(disk, work, *arguments):
    """Do a write; without room it is kept, and the VMM is told."""
    try:
        work(disk, *arguments)
    except NoSpace as full:
        disk.waiting.append((work, arguments))
        disk.tell("I/O error: no space", disk.top, needs=full.message)
        if disk.on_ioerror is not None:
            disk.on_ioerror(disk)
        raise


def resume(disk):
    """Repeat what waits, in order."""
    while disk.waiting:
        work, arguments = disk.waiting[0]
        work(disk, *arguments)
        disk.waiting.pop(0)
        disk.tell("I/O goes on", disk.top)


def read(disk, offset, length):
    """Bytes as the guest reads them."""
    inside(disk, offset, length)
    cost, layers = chain.Cost(), disk.layers()
    data = chain.read(layers, offset, length, cost)
    disk.count(cost)
    image = chain.find(layers, offset // CLUSTER)[0] if length else None
    disk.tell("read", image and image.name, offset=offset, length=length, layers=cost.layers)
    return data


def write(disk, offset, data):
    """Bytes into the newest file."""
    cost = chain.Cost()
    changed(disk, chain.write(disk.layers(), offset, data, cost), cost)
    disk.tell("write", disk.top, offset=offset, length=len(data), copied_kib=cost.copied_kib)


def fill(disk, offset, length, content):
    """The same cluster again and again."""
    top, first, count = disk.layers()[0], offset // CLUSTER, length // CLUSTER
    top.ask_room(range(first, first + count))
    top.put_run(first, count, content)
    changed(disk, range(first, first + count), chain.Cost(clusters_written=count))
    disk.tell("write", disk.top, offset=offset, length=length, copied_kib=0)


def discard(disk, offset, length):
    """Zeros without room; the ragged ends are written."""
    layers, cost, numbers = disk.layers(), chain.Cost(), []
    for at, start, step in chain.pieces(offset, length):
        if step < CLUSTER:
            chain.write(layers, at * CLUSTER + start, bytes(step), cost)
        else:
            layers[0].put(at, ZERO)
        numbers.append(at)
    changed(disk, numbers, cost)
    disk.tell("discard", disk.top, offset=offset, length=length)


def changed(disk, numbers, cost):
    """Count the cost, and tell a running consolidation which clusters it has to copy again."""
    disk.count(cost)
    if disk.job is not None:
        disk.job.written(disk.top, numbers)
