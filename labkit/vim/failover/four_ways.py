"""Failover, fault tolerance, replication, backup: four words for four different things, tried against three accidents.

                     host crashes            a bad DELETE      fire in room A
    HA               boots again, today's    deleted           gone
    fault tolerance  goes on, memory, too    deleted twice     gone
    replication      today's                 deleted there too today's
    backup           last night's            last night's      last night's

Each is tried alone, on disks of its own: HA and the fault-tolerant twin have their hosts and their shared datastore in
room A; the replica and the backup lie in room B. No row wins every column: they are bought for different days.

What the real one does differently: vSphere FT keeps the twin in step by fast checkpoints and gives it a disk of its
own, with at most 8 vCPUs (documents only); storage replicates synchronously, or every few minutes and then loses these.
"""

from dataclasses import dataclass

from labkit.vmm.disks import Datastore
from labkit.world import LabError, World
from labkit.world.errors import unknown

WAYS = ("HA", "fault tolerance", "replication", "backup")
ACCIDENTS = ("host crashes", "bad DELETE", "fire in room A")
NIGHT, TODAY, DELETED = b"400 customers (last night)", b"412 customers (today)", b"0 customers"
WORDS = {NIGHT: "last night's data", TODAY: "today's data", DELETED: "deleted"}


@dataclass(frozen=True)
class Outcome:
    """What is left: `data` in words, and whether what the service had in memory is still there."""

    way: str
    accident: str
    data: str
    memory: bool

    def __str__(self):
        return f"{self.data}, memory {'kept' if self.memory else 'lost'}" if self.data != "gone" else "gone"


class Protected:
    """A service whose table lies on a disk, protected in one `way`."""

    def __init__(self, way):
        self.way, world = way, World(seed=1)
        self.rooms = {name: Datastore(world, f"room-{name}", 10) for name in "AB"}
        self.disks = [self.rooms["A"].create("table", 1)]
        if way == "replication":
            self.disks.append(self.rooms["B"].create("table", 1))
        self.twins = 2 if way == "fault tolerance" else 1
        self.memories = [{"basket": 3} for _ in range(self.twins)]
        self.copy = None
        self.write(NIGHT)
        if way == "backup":
            self.copy = self.disks[0].full_clone("backup", store=self.rooms["B"])
        self.write(TODAY)

    def write(self, text):
        """The guest writes its table: replication does the same on its other disk, whatever it is."""
        for disk in self.disks:
            disk.write(0, text.ljust(64, b"\0"))

    def happen(self, accident):
        """One of ACCIDENTS."""
        if accident == "bad DELETE":
            self.write(DELETED)
        else:
            self.memories = self.memories[1:] if accident == "host crashes" else []
        if accident == "fire in room A":
            self.rooms["A"].lose()

    def left(self, accident):
        """Bytes of the table that the service goes on with, or None."""
        if self.copy is not None:
            return self._read(self.copy)
        own_disk = accident == "host crashes" and self.way == "replication"
        return next((text for disk in self.disks[own_disk:] if (text := self._read(disk))), None)

    @staticmethod
    def _read(disk):
        try:
            return disk.read(0, 64).rstrip(b"\0")
        except LabError:
            return None


def outcome(way, accident):
    """Play one accident against one protection (Outcome). LabError for a name that is none."""
    for value, what, known in ((way, "protection", WAYS), (accident, "accident", ACCIDENTS)):
        if value not in known:
            raise unknown(what, value, known)
    service = Protected(way)
    service.happen(accident)
    data = service.left(accident)
    kept = bool(service.memories) and service.copy is None
    return Outcome(way, accident, WORDS.get(data, "gone"), kept)


class FourWays:
    """All of them, as a table: FourWays()["HA", "bad DELETE"]."""

    def __init__(self):
        self.outcomes = {(way, accident): outcome(way, accident) for way in WAYS for accident in ACCIDENTS}

    def __getitem__(self, key):
        return self.outcomes[key]

    def count(self, accident, data):
        """How many of the protections end with this `data` after this accident."""
        return sum(self[way, accident].data == data for way in WAYS)

    def __repr__(self):
        rows = [("", *ACCIDENTS), *((way, *(str(self[way, accident]) for accident in ACCIDENTS)) for way in WAYS)]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    def _repr_html_(self):
        top = "".join(f'<th scope="col">{name}</th>' for name in ("", *ACCIDENTS))
        body = "".join(
            f'<tr><th scope="row">{way}</th>'
            + "".join(f'<td style="text-align:left">{self[way, accident]}</td>' for accident in ACCIDENTS)
            + "</tr>"
            for way in WAYS
        )
        caption = "What is left, each protection alone"
        return f"<table><caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
