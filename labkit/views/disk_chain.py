"""A disk as the chain of files that it is: which file has which block, and from which file a block is read.

                      0  1  2  3  4  5
web-000001.img  here  ·  ■  ·  ·  ·  ·      block 2: asked here, nothing …
web.img         s1    ■  ■  ▣  ■  ·  ·      … read here: 2 files asked
"""

from dataclasses import dataclass

from labkit.views import card
from labkit.views.frame import Frame, button, choice
from labkit.vmm.disks import chain
from labkit.vmm.disks.image import BAD, CLUSTER, MIB, ZERO
from labkit.world import draw

LEFT, CELL, ROW, TOP = 320, 32, 44, 58
WORDS = {None: "empty", ZERO: "zero", BAD: "unreadable"}


@dataclass(frozen=True)
class Layer:
    """One file: its name, what stands beside it, the file it stands on, size, an entry's word per block, and whether
    the chosen disk reads through it."""

    file: str
    role: str
    parent: str | None
    mib: float
    blocks: tuple
    in_chain: bool


@dataclass(frozen=True)
class Seen:
    """All that the picture shows. `read_from`: file or None; `problem`: why the chain cannot be read, or ''."""

    disk: str
    layers: tuple
    block: int
    read_from: str | None
    asked: int
    problem: str
    used_mib: float
    capacity_mib: float


def look(disk, block=0, blocks=12):
    """What there is to see, as Seen; nothing is changed."""
    images = disk.store.images
    try:
        path, problem, cost = disk.layers(), "", chain.Cost()
        found, _ = chain.find(path, block, cost)
    except chain.Broken as broken:
        path, problem, cost, found = (
            [images[n] for n in broken.chain if n in images],
            broken.message,
            chain.Cost(),
            None,
        )
    others = [image for image in related(disk) if image not in path]
    layers = tuple(layer(disk, image, blocks, image in path) for image in [*path, *others])
    return Seen(disk.name, layers, block, found and found.name, cost.layers, problem, disk.store.used_mib,
                disk.store.capacity_mib)  # fmt: skip


def related(disk):
    """Every image that belongs to this disk, to what it stands on, or to what stands on these; in order of names."""
    images, names = disk.store.images, {image.name for image in disk.images}
    while True:
        more = {image.parent for image in images.values() if image.name in names and image.parent in images}
        more |= {image.name for image in images.values() if image.parent in names}
        if more <= names:
            return [images[name] for name in sorted(names)]
        names |= more


def layer(disk, image, blocks, in_chain):
    """One image as a Layer."""
    entries = [image.get(number) for number in range(min(blocks, image.last))]
    words = tuple("data" if isinstance(entry, bytes) else WORDS[entry] for entry in entries)
    return Layer(image.name, role(disk, image), image.parent, disk.store.sizes[image.name] / MIB, words, in_chain)


def role(disk, image):
    """What a file is for: 'you are here', 'snapshot s1', 'newest of web2', 'template' or 'needed by others'."""
    owner = disk.store.disks[image.disk]
    if owner.top == image.name:
        here = "you are here" if owner is disk else f"newest file of {owner.name}"
        return "template" if owner.template else here
    named = [name for name, snapshot in owner.snapshots.items() if snapshot.image == image.name]
    of = "" if owner is disk else f" of {owner.name}"
    return f"snapshot {named[0]}{of}" if named else "needed by others"


# -- the picture -----------------------------------------------------------------------------------------------------
def describe(seen):
    """What the picture says, as sentences."""
    said = [verdict(seen)]
    for each in seen.layers:
        under = f" over {each.parent}" if each.parent else ""
        own = [str(number) for number, word in enumerate(each.blocks) if word == "data"]
        said.append(f"{each.file} ({each.role}){under}: {each.mib:g} MiB, own blocks {', '.join(own) or 'none'}.")
    return said + [f"Datastore: {seen.used_mib:g} of {seen.capacity_mib:g} MiB used."]


def verdict(seen):
    """Where the chosen block is read."""
    if seen.problem:
        return f"Disk {seen.disk} cannot be read: {seen.problem}."
    files = f"{seen.asked} file{'s' if seen.asked > 1 else ''} asked"
    if seen.read_from is None:
        return f"Block {seen.block} of {seen.disk}: {files}, nobody has it, it reads as zeros."
    return f"Block {seen.block} of {seen.disk} is read from {seen.read_from}: {files}."


def picture(seen):
    """The chain as SVG: one row per file, newest first; files that this disk does not read stand below, dashed."""
    blocks = max(len(each.blocks) for each in seen.layers) if seen.layers else 0
    width, height = LEFT + CELL * blocks + 20, TOP + ROW * len(seen.layers) + 10
    parts = [draw.text(LEFT + CELL * (number + 0.5), TOP - 12, number, size=12, fill="faint", weight=700 * (
        number == seen.block) or None) for number in range(blocks)]  # fmt: skip
    parts.append(draw.text(LEFT - 12, TOP - 12, "block of 64 KiB", size=12, anchor="end", fill="faint"))
    parts.append(draw.rect(LEFT + CELL * seen.block, TOP - 30, CELL, height - TOP + 24, fill="none", stroke="blue",
                           stroke_width=2.5))  # fmt: skip
    parts += [_row(seen, each, TOP + ROW * at) for at, each in enumerate(seen.layers)]
    return card.drawing(width, height, "".join(parts), title=f"Files of the disk {seen.disk}",
                        desc=" ".join(describe(seen)))  # fmt: skip


def _row(seen, each, y):
    """A file: its name and role, its blocks, and a mark where the chosen block is read."""
    head = draw.text(12, y + 14, each.file, size=14, anchor="start", weight=650 if each.in_chain else None)
    over = f" · over {each.parent}" if each.parent else " · base"
    sub = draw.text(12, y + 31, f"{each.role}{over} · {each.mib:.2f} MiB", size=12, anchor="start", fill="faint")
    cells = "".join(_cell(word, LEFT + CELL * at, y, each.in_chain) for at, word in enumerate(each.blocks))
    x = LEFT + CELL * (seen.block + 0.5)
    mark = card.mark(x, y + 18, "good", size=13) if each.in_chain and each.file == seen.read_from else ""
    return head + sub + cells + mark


def _cell(word, x, y, in_chain):
    """One block of one file: filled (data), 0 (zero), cross (unreadable) or an empty frame."""
    box = draw.rect(x + 2, y + 3, CELL - 4, CELL - 4, fill="var(--lk-info)" if word == "data" else "none",
                    stroke="line", dash="solid" if in_chain else "dotted", fill_opacity=0.35)  # fmt: skip
    if word == "unreadable":
        return box + card.mark(x + CELL / 2, y + 18, "bad", size=14)
    return box + (draw.text(x + CELL / 2, y + 23, "0", size=13) if word == "zero" else "")


def draw_panel(seen):
    """Picture, the sentence about the chosen block, and the room on the datastore."""
    tone = "bad" if seen.problem else "good" if seen.read_from else "idle"
    word = "broken" if seen.problem else "read" if seen.read_from else "zeros"
    room = f"Datastore: {seen.used_mib:,.2f} of {seen.capacity_mib:,.0f} MiB used."
    said = card.Html(f"<p>{card.badge(word, tone)} {card.text(verdict(seen))}</p>")
    return card.panel(
        f"Disk {seen.disk}: its files, the newest on top",
        picture(seen),
        said,
        note=f"{room} Filled: the file has this block; empty: ask the file below; 0: reads as zeros.",
    )


def newest(disk):
    """The name of the disk's latest snapshot, or ''."""
    return next(reversed(disk.snapshots), "")


class DiskChain(Frame):
    """Pick a block with the arrow keys and see which file it is read from; write, take snapshots, go back, delete.

    disk    a Disk; clones of it can be chosen, too
    blocks  how many blocks of 64 KiB to show, from 0 on
    """

    keys = ("ArrowLeft", "ArrowRight", "Home", "End")

    def __init__(self, disk, blocks=12):
        self.disk, self.blocks, self.block, self.chosen = disk, blocks, 0, newest(disk)

    def html(self):
        return draw_panel(look(self.disk, self.block, self.blocks))

    def text(self):
        return "\n".join(describe(look(self.disk, self.block, self.blocks)))

    def controls(self):
        self._disks = choice("Disk", sorted(self.disk.store.disks), self.show, value=self.disk.name)
        self._names = choice("Snapshot", self._known(), lambda name: setattr(self, "chosen", name), value=self.chosen)
        return [
            [self._disks, button("Write this block", lambda: self.act(self.write)),
             button("Take a snapshot", lambda: self.act(self.snapshot))],
            [self._names, button("Revert to it", lambda: self.act(self.revert)),
             button("Delete it (consolidate)", lambda: self.act(self.delete)),
             button("Linked clone of it", lambda: self.act(self.clone)),
             button("Pull: stand alone", lambda: self.act(lambda: str(self.disk.pull())))],
        ]  # fmt: skip

    def _known(self):
        return list(self.disk.snapshots) or [("none yet", "")]

    def refresh(self, said=""):
        """Draw anew; the lists follow what there is now."""
        if self._live is not None:
            kept = self.chosen if self.chosen in self.disk.snapshots else newest(self.disk)
            self._disks.options, self._names.options = sorted(self.disk.store.disks), self._known()
            self._disks.value, self._names.value = self.disk.name, kept
            self.chosen = kept
        super().refresh(said)

    def show(self, name):
        """Look at another disk of the datastore."""
        if name in self.disk.store.disks and name != self.disk.name:
            self.disk = self.disk.store.disks[name]
            self.chosen = newest(self.disk)
            self.refresh(verdict(look(self.disk, self.block, self.blocks)))

    def heard(self, key):
        last = min(self.blocks, self.disk.size_bytes // CLUSTER) - 1
        to = {"ArrowLeft": self.block - 1, "Home": 0, "End": last}.get(key, self.block + 1)
        self.block = min(max(to, 0), last)
        self.refresh(verdict(look(self.disk, self.block, self.blocks)))

    def write(self):
        """One byte into the chosen block."""
        self.disk.write(self.block * CLUSTER, b"!")
        return f"Written to {self.disk.top}; {self.disk.last.copied_kib:g} KiB copied up with it"

    def snapshot(self):
        """The next name: s1, s2 …"""
        name = next(f"s{n}" for n in range(1, 99) if f"s{n}" not in self.disk.snapshots)
        self.disk.snapshot(name)
        self.chosen = name
        return f"Snapshot {name}: the file below is frozen, {self.disk.top} takes the writes"

    def revert(self):
        """Says what is lost and goes back."""
        said = self.disk.loss(self._picked())
        self.disk.revert(self._picked())
        return f"Back at {self.chosen}. {said}"

    def delete(self):
        """Delete the chosen snapshot; its data stays."""
        return str(self.disk.delete(self._picked()))

    def clone(self):
        """A linked clone over the chosen snapshot."""
        made = self.disk.linked_clone(f"{self.disk.name}-clone{len(self.disk.store.disks)}", snapshot=self._picked())
        return f"{made.name}: ready at once, it stands on {self.disk.snapshots[self.chosen].image}"

    def _picked(self):
        return self.chosen if self.chosen in self.disk.snapshots else newest(self.disk) or "(none)"
