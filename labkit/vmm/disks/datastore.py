"""A datastore: the file system on which disks, swap files and saved memory of VMs lie; of one host, or shared by many.

Thin disks are promises: what is provisioned may be more than there is. That is found out by whoever writes next.
Snapshots, linked clones and their base lie here together, so they die together: none of them is a backup.

What the real one does differently: VMFS and NFS are file systems with their own overhead and their own locks; a
file that is deleted while a process has it open lives on until it is closed. Here a lost file is lost at once.
"""

from labkit.vmm.disks.disk import Disk
from labkit.vmm.disks.image import BAD, CLUSTER, ENTRIES, MIB, Image, NoSpace
from labkit.vmm.disks.requests import raw
from labkit.world import LabError, action
from labkit.world.errors import number, unknown, words


class Datastore:
    """world         the world whose trace tells what happens (kind 'disk')
    name           unique in the world, e.g. 'vmm1-local' or 'san1'
    capacity_gib   how much there is
    """

    @action
    def __init__(self, world, name="local", capacity_gib=200):
        self.world, self.name = world, words(name, "a datastore's name")
        self.capacity_bytes = int(number(capacity_gib, "capacity_gib", 0) * 1024 * MIB)
        self.used_bytes, self.sizes = 0, {}  # sizes: file -> bytes on disk
        self.images, self.disks = {}, {}
        self.systems = {}  # disk -> (serve, program): what is installed on it, and starts wherever it is started

    def __repr__(self):
        files = f"{len(self.sizes)} file{'s' * (len(self.sizes) != 1)}"
        return f"<Datastore {self.name}: {self.used_mib:g} of {self.capacity_mib:g} MiB used, {files}>"

    # -- room ----------------------------------------------------------------------------------------------------------
    @property
    def capacity_mib(self):
        return self.capacity_bytes / MIB

    @property
    def used_mib(self):
        """What the files take."""
        return self.used_bytes / MIB

    @property
    def free_mib(self):
        return (self.capacity_bytes - self.used_bytes) / MIB

    @property
    def provisioned_mib(self):
        """What the files may come to take: every disk's newest image full, everything else as it is."""
        tops = {disk.top for disk in self.disks.values() if not disk.template}
        more = sum(image.full_bytes - image.bytes_on_disk for name, image in self.images.items() if name in tops)
        return (self.used_bytes + more) / MIB

    @property
    def files(self):
        """File -> MiB on disk."""
        return {name: size / MIB for name, size in self.sizes.items()}

    def place(self, file, size_bytes):
        """Note the size of a file. Raises NoSpace, with nothing changed, when there is not so much room."""
        more = size_bytes - self.sizes.get(file, 0)
        free = self.capacity_bytes - self.used_bytes
        if more > free:
            raise NoSpace(
                f"no space left on datastore {self.name}: {file} wants {more / MIB:g} MiB more, "
                f"{free / MIB:g} MiB are free",
                507,
                True,
                "free some, or enlarge it",
            )
        self.sizes[file], self.used_bytes = size_bytes, self.used_bytes + more

    # -- plain files: swap, saved memory, configuration ----------------------------------------------------------------
    @action
    def take(self, file, mib):
        """Make a file of this size. Raises NoSpace."""
        if words(file, "a file's name") in self.sizes:
            raise LabError(f"there is already a file {file!r} on {self.name}", 409, True)
        self.place(file, int(number(mib, "mib") * MIB))

    @action
    def give_back(self, file):
        """Delete a file that is not part of a disk."""
        self.forget(self._plain(file))

    def _plain(self, file):
        if file not in self.sizes:
            raise unknown("file", file, self.sizes)
        if file in self.images:
            raise LabError(
                f"{file} is part of the disk {self.images[file].disk!r}",
                409,
                True,
                "use the disk's own methods; store.lose(file) is the accident",
            )
        return file

    def forget(self, file):
        """A file is gone; its room is free."""
        self.used_bytes -= self.sizes.pop(file)
        self.images.pop(file, None)

    # -- disks ---------------------------------------------------------------------------------------------------------
    @action
    def create(self, name, gib, thin=True):
        """A new, empty Disk of `gib` (virtual). thin=False takes all its room at once. Raises NoSpace."""
        size_bytes = int(number(gib, "gib", 1 / 1024) * 1024 * MIB)
        return self.new_disk(name, size_bytes, whole=not thin)

    def disk(self, name):
        """The Disk of this name. Raises LabError (404) with the closest name there is."""
        if name not in self.disks:
            error = unknown("disk", name, self.disks)
            raise LabError(error.message, 404, True, error.next_step)
        return self.disks[name]

    def new_disk(self, name, size_bytes, parent=None, whole=False):
        """A Disk with one image of its own, over `parent` (an Image) or over nothing."""
        if words(name, "a disk's name") in self.disks:
            raise LabError(f"there is already a disk {name!r} on {self.name}", 409, True, "give it another name")
        image = self.new_image(f"{name}.img", name, size_bytes, parent, whole)
        disk = self.disks[name] = Disk(self, name, image)
        disk.tell("created", image.name, size_mib=disk.size_mib, over=image.parent, thin=not whole)
        return disk

    def new_image(self, file, disk, size_bytes, parent=None, whole=False):
        """A new image file."""
        if file in self.sizes:
            raise LabError(f"there is already a file {file!r} on {self.name}", 409, True)
        image = Image(file, disk, size_bytes, lambda size: self.place(file, size), parent, whole)
        self.images[file] = image
        return image

    def children(self, file):
        """The images that stand directly on this one. Nothing in the file itself says so: all headers are read."""
        return [image for image in self.images.values() if image.parent == file]

    # -- accidents: nobody is asked ------------------------------------------------------------------------------------
    @action
    def lose(self, *files):
        """`rm`, or the storage itself dies: these files are gone; without names, all of them."""
        for file in files:
            if file not in self.sizes:
                raise unknown("file", file, self.sizes)
        for file in files or list(self.sizes):
            self.forget(file)
        self.world.emit(self.name, None, "disk", "lost: " + (", ".join(files) or "everything"))

    @action
    def corrupt(self, file, offset):
        """The sector at `offset` of an image cannot be read any more, where the image has one of its own."""
        image, place = self.image(file), int(number(offset, "offset", 0))
        if not isinstance(image.get(place // CLUSTER), bytes):
            raise LabError(f"{file} has no data at {place} B", 400, True, "disk.where(offset) says which file has it")
        image.l1[place // CLUSTER // ENTRIES][place // CLUSTER % ENTRIES] = BAD  # silent: no new content id
        self.world.emit(self.name, file, "disk", "sector unreadable", offset=place)

    @action
    def overwrite(self, file, offset, data):
        """Somebody opens this very file and writes a cluster: `dd`, or the parent VM of linked clones is started."""
        image, place = self.image(file), int(number(offset, "offset", 0, self.image(file).size_bytes - CLUSTER))
        image.put(place // CLUSTER, raw(data).ljust(CLUSTER, b"\0")[:CLUSTER])
        self.world.emit(self.name, file, "disk", "written behind everybody's back", offset=place)

    def image(self, file):
        """The Image in this file. Raises LabError with the closest name."""
        if file not in self.images:
            raise unknown("image", file, self.images)
        return self.images[file]
