"""One page walk as a picture: each reference to memory is a numbered box, in the order in which the hardware makes it.

guest's level 4   EPT 4 │ EPT 3 │ EPT 2 │ EPT 1 │ entry        each row ends with the entry of the guest's own
guest's level 3   EPT 4 │ EPT 3 │ EPT 2 │ EPT 1 │ entry        table; to find it, the row before it was walked
…
the page itself   EPT 4 │ EPT 3 │ EPT 2 │ EPT 1
"""

from labkit.views import card
from labkit.views.frame import Frame
from labkit.world import draw

LEFT, BOX, LANE = 190, 96, 36
TONES = {"guest": "info", "EPT": "odd", "shadow": "good"}


def rows_of(trail):
    """The references in rows: each row ends with an entry of the guest's table; what is left over finds the page."""
    rows = [[]]
    for number, (whose, address) in enumerate(trail, start=1):
        rows[-1].append((number, whose, address))
        if whose == "guest":
            rows.append([])
    return [row for row in rows if row]


def labels(rows):
    """What each row is for."""
    tables = sum(row[-1][1] == "guest" for row in rows)
    last = ["find the page itself" if tables else "the VMM's own table"] * (len(rows) - tables)
    return [f"guest's level {level}" for level in range(tables, 0, -1)] + last


def describe(trail):
    """What the picture says, as a sentence."""
    if not trail:
        return "No walk yet: access an address first, e.g. one_walk(mmu)."
    counted = {whose: sum(each == whose for each, _ in trail) for whose in dict.fromkeys(each for each, _ in trail)}
    parts = " and ".join(f"{number} of the {whose} tables" for whose, number in counted.items())
    return f"{len(trail)} references to memory for one address: {parts}."


class PageWalk(Frame):
    """The last walk of `mmu` (Native, Nested or Shadow): which entries were read, in which order."""

    def __init__(self, mmu):
        self.mmu = mmu

    def html(self):
        rows, drawn = rows_of(self.mmu.trail), []
        for index, (label, row) in enumerate(zip(labels(rows), rows, strict=True)):
            y = 8 + index * LANE
            drawn.append(draw.text(LEFT - 14, y + 18, label, size=13, anchor="end"))
            for column, (number, whose, _) in enumerate(row):
                drawn.append(box(LEFT + column * BOX, y, number, whose))
        width = LEFT + BOX * max(map(len, rows), default=1) + 20
        picture = card.drawing(width, 16 + len(rows) * LANE, "".join(drawn), title="One walk", desc=self.text())
        return card.panel(f"One walk on {self.mmu.kind} tables: {len(self.mmu.trail)} references to memory", picture)

    def text(self):
        return describe(self.mmu.trail)


def box(x, y, number, whose):
    """One reference: its number and whose table it reads."""
    tone = TONES[whose]
    frame = draw.rect(x, y, BOX - 6, LANE - 8, fill=f"var(--lk-{tone})", stroke="none", rounded=4, fill_opacity=0.2)
    words = draw.text(x + 22, y + 18, f"{number} {'entry' if whose == 'guest' else whose}", size=12, anchor="start")
    return frame + card.mark(x + 12, y + LANE / 2 - 4, tone, size=9) + words
