"""Where a host's files lie: disks, saved memory, swap files. Room is finite, and whoever wants more is told."""

from labkit.world.errors import LabError


class Datastore:
    """Files by name with the room they take, MiB.

    capacity_mib   room for all files
    """

    def __init__(self, name, capacity_mib):
        self.name, self.capacity_mib, self.files, self.used_mib = name, capacity_mib, {}, 0.0

    @property
    def free_mib(self):
        return self.capacity_mib - self.used_mib

    def put(self, file, mib):
        """Make a file of this size, or give an existing one another size. LabError (507) if there is no room: then
        nothing has changed."""
        more = mib - self.files.get(file, 0.0)
        if more > self.free_mib:
            raise LabError(
                f"no room for {file!r} on {self.name}: {more:g} MiB are needed, {self.free_mib:g} MiB are free",
                507, True, "remove files that nobody needs, or use a larger disk",
            )  # fmt: skip
        self.files[file] = mib
        self.used_mib += more

    def remove(self, file):
        """Delete a file; one that is not there is no error."""
        self.used_mib -= self.files.pop(file, 0.0)

    def __repr__(self):
        return f"<Datastore {self.name}: {self.used_mib:g} of {self.capacity_mib:g} MiB used, {len(self.files)} files>"
