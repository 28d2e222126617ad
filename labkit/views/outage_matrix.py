"""The outage matrix: a piece of vSphere is dead; what still works? First say it, then it is played.

    browser ──▶ vpxd ──▶ vpxa ──▶ hostd ──▶ VMkernel ── VMs            dead piece   VMs serve   power on via vCenter …
                         host client ──▶ ┘     fdm ◀──▶ other hosts    vpxd         ✓ you: ✓    ✗ you: ✓  …

Every cell that is uncovered was played in the emulator (labkit.vsphere.outages), with a VM of the host whose piece is
dead, or with one of another host.
"""

from labkit.views import card
from labkit.views.frame import Frame, button, choice
from labkit.vsphere.outages import OPERATIONS, OTHER, OUTAGES, THIS, try_out
from labkit.world import draw

WIDTH, HEIGHT = 880, 150
BOXES = {  # piece → (x, y, what stands beneath it)
    "browser": (70, 40, "vSphere client"),
    "vpxd": (215, 40, "vCenter"),
    "vpxa": (360, 40, "on esx1"),
    "hostd": (505, 40, "on esx1"),
    "ESXi": (650, 40, "VMkernel of esx1"),
    "VMs": (800, 40, "on esx1"),
    "host client": (360, 115, "past vCenter"),
    "fdm": (650, 115, "HA's agent"),
}
WAYS = (
    ("browser", "vpxd"),
    ("vpxd", "vpxa"),
    ("vpxa", "hostd"),
    ("hostd", "ESXi"),
    ("ESXi", "VMs"),
    ("host client", "hostd"),
)
ON_ESXI = ("vpxa", "hostd", "VMs", "fdm")
PLACES = {THIS: "a VM of esx1", OTHER: "a VM of another host"}


def picture(outage):
    """The pieces and their ways, the dead ones struck out. SVG."""
    dead = [outage, *(ON_ESXI if outage == "ESXi" else ())]
    parts = [
        draw.line(*BOXES[a][:2], *BOXES[b][:2], stroke="line", dash="dashed" if a in dead or b in dead else "solid")
        for a, b in WAYS
    ]
    for name, (x, y, beneath) in BOXES.items():
        gone = name in dead
        parts.append(draw.rect(x - 58, y - 26, 116, 52, fill="paper", rounded=8, dash="dashed" if gone else "solid"))
        parts.append(draw.text(x, y - 3, name, size=14, weight=600))
        parts.append(draw.text(x, y + 15, "dead" if gone else beneath, size=13, fill="faint"))
        if gone:
            parts.append(card.mark(x + 44, y - 14, "bad"))
    desc = f"Dead: {', '.join(dead)}. Ways: {', '.join(f'{a} to {b}' for a, b in WAYS)}; fdm talks to other hosts' fdm."
    return card.drawing(WIDTH, HEIGHT, "".join(parts), title=f"{outage} is dead", desc=desc)


class OutageMatrix(Frame):
    """Choose a cell (lists, or the arrow keys), say 'it works' or 'it does not', and see it played.

    guesses   (outage, operation, where) → what you said; played: the same → Outcome
    """

    keys = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")

    def __init__(self, where=THIS):
        self.outage, self.operation, self.where = OUTAGES[0], next(iter(OPERATIONS)), where
        self.guesses, self.played = {}, {}

    @property
    def cell(self):
        """The cell that is chosen."""
        return self.outage, self.operation, self.where

    def html(self):
        rows = [(outage, *(self.shown(outage, operation) for operation in OPERATIONS)) for outage in OUTAGES]
        caption = f"What works, with {PLACES[self.where]}, while a piece is dead? Chosen: {self.operation}"
        table = card.table(caption, ("dead piece", *OPERATIONS), rows, now=OUTAGES.index(self.outage))
        note = f"{self.score()} Every cell is played when you have said it."
        return card.panel("What still works?", picture(self.outage), table, note=note)

    def shown(self, outage, operation):
        """A cell's content."""
        key = outage, operation, self.where
        if key not in self.played:
            return card.badge("your turn", "info") if key == self.cell else "?"
        outcome = self.played[key]
        word, tone = ("works", "good") if outcome.worked else ("does not", "bad")
        return card.cell(word, tone, said(self.guesses, key))

    def score(self):
        """How many were said rightly."""
        right = sum(self.guesses[key] == self.played[key].worked for key in self.guesses)
        return f"{right} of {len(self.guesses)} right." if self.guesses else "Nothing said yet."

    def text(self):
        lines = [f"What still works, with {PLACES[self.where]}? {self.score()}"]
        for outage in OUTAGES:
            for operation in OPERATIONS:
                outcome = self.played.get((outage, operation, self.where))
                if outcome is not None:
                    word = "works" if outcome.worked else "does not"
                    lines.append(f"  {outage} dead, {operation}: {word} ({outcome.said})")
        return "\n".join(lines)

    def controls(self):
        self._outage = choice("Dead piece", list(OUTAGES), lambda name: self.choose(outage=name), value=self.outage)
        names = list(OPERATIONS)
        self._operation = choice("Operation", names, lambda name: self.choose(operation=name), value=self.operation)
        places = [(words, where) for where, words in PLACES.items()]
        where = choice("With", places, lambda name: self.choose(where=name), value=self.where)
        says = [
            button("I say: it works", lambda: self.say(True), icon="check"),
            button("I say: it does not", lambda: self.say(False), icon="times"),
        ]
        return [[self._outage, self._operation, where], says]

    def choose(self, outage=None, operation=None, where=None):
        """Look at another cell."""
        self.outage, self.operation = outage or self.outage, operation or self.operation
        self.where = where or self.where
        self.refresh(f"{self.outage} is dead: {self.operation}, with {PLACES[self.where]}?")

    def say(self, works):
        """Commit to an answer for the chosen cell; then it is played. What was said first, stays."""
        if self.cell not in self.played:
            self.guesses[self.cell] = works
            self.played[self.cell] = try_out(self.operation, self.outage, self.where)
        outcome = self.played[self.cell]
        verdict = "right" if self.guesses[self.cell] == outcome.worked else "not so"
        works = "works" if outcome.worked else "does not work"
        self.refresh(f"{verdict}: with {self.outage} dead, {self.operation} {works}: {outcome.said}")

    def heard(self, key):
        step = {"ArrowLeft": (0, -1), "ArrowRight": (0, 1), "ArrowUp": (-1, 0), "ArrowDown": (1, 0)}[key]
        row = (OUTAGES.index(self.outage) + step[0]) % len(OUTAGES)
        column = (list(OPERATIONS).index(self.operation) + step[1]) % len(OPERATIONS)
        self.outage, self.operation = OUTAGES[row], list(OPERATIONS)[column]
        if self._live is not None:
            self._outage.value, self._operation.value = self.outage, self.operation
        self.choose()


def said(guesses, key):
    """What the learner had said of a cell."""
    return f"you: {'works' if guesses[key] else 'does not'}" if key in guesses else ""
