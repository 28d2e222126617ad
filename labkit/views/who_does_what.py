"""Who does what on a host: the same event on its way through the parts of KVM, ESXi or a hosted hypervisor.

    outside      virsh
    processes    nova-compute   libvirtd   QEMU ── guest
    kernel       kvm.ko   Linux
    hardware     CPU

Parts that take part in the event carry the numbers of their steps; the step that is shown is lit. What stays without a
number has nothing to do with it: that is the picture's point.
"""

from labkit.views import card
from labkit.views.frame import Frame, button, choice
from labkit.vmm.paths import EVENTS, path
from labkit.vmm.setups import FLOORS, JOBS, SETUPS, find
from labkit.world import draw

WIDTH, LEFT, FLOOR, WIDE, HIGH = 880, 132, 76, 134, 48
FLOOR_NAMES = {
    "client": "outside",
    "user": "processes",
    "kernel": "kernel",
    "hardware": "hardware",
}
TYPES = {
    1: "type 1: the kernel that shares out the machine is the hypervisor's own",
    2: "type 2: the kernel that shares out the machine is somebody else's, and the VM is one program among others",
}


def columns(setup):
    """Part or 'guest' → (x, y) of its box's middle."""
    places = {}
    for row, floor in enumerate(FLOORS):
        names = [part.name for part in setup.parts if part.floor == floor]
        names += ["guest"] if floor == "user" else []
        first = {"kernel": 1, "hardware": 3}.get(floor, 0)  # beneath whom they serve
        for at, name in enumerate(names, first):
            places[name] = (LEFT + 16 + WIDE / 2 + at * (WIDE + 12), 12 + FLOOR * row + FLOOR / 2)
    return places


def picture(setup, steps, at):
    """The parts of a set-up with the numbers of `steps`; step `at` (from 0) is lit. SVG."""
    places, parts = columns(setup), []
    for row, floor in enumerate(FLOORS):
        y = 12 + FLOOR * row
        parts.append(draw.line(8, y, WIDTH - 8, y, stroke="line", dash="dotted"))
        parts.append(draw.text(12, y + FLOOR / 2 + 5, FLOOR_NAMES[floor], size=14, anchor="start", fill="faint"))
    parts += [_way(places[a], places[b]) for (a, _), (b, _) in list(zip(steps, steps[1:], strict=False))[:at] if a != b]
    parts += [_box(name, place, numbers(steps, name), steps[at][0] == name) for name, place in places.items()]
    told = [f"Step {n + 1}, {part}: {words}." for n, (part, words) in enumerate(steps)]
    idle = [name for name in places if not numbers(steps, name)]
    desc = " ".join([f"{setup.title}, {TYPES[setup.type]}.", *told, f"Not in it: {', '.join(idle)}."])
    title = f"Who does what: {setup.title}"
    return card.drawing(WIDTH, 12 + FLOOR * len(FLOORS) + 8, "".join(parts), title=title, desc=desc)


def numbers(steps, name):
    """The steps (from 1) that a part does."""
    return [n + 1 for n, (part, _) in enumerate(steps) if part == name]


def _box(name, place, its, lit):
    x, y = place
    fill = "var(--lk-lit)" if lit else "panel" if its else "paper"
    ink = "text" if its else "faint"
    inside = draw.rect(
        x - WIDE / 2, y - HIGH / 2, WIDE, HIGH, fill=fill, rounded=8, dash="solid" if its else "dashed",
        stroke="blue" if lit else "line",
    )  # fmt: skip
    label = draw.text(x, y + (-2 if its else 5), name, size=14, weight=600 if its else None, fill=ink)
    count = draw.text(x, y + 16, f"step {', '.join(map(str, its))}", size=13, fill=ink) if its else ""
    return inside + label + count


def _way(a, b):
    """A line from box to box, behind them."""
    return draw.line(*a, *b, stroke="blue", width=2)


def table(setup):
    """Job → parts, as a table."""
    rows = [(words, ", ".join(setup.who(job)) or "nobody: no VIM stands above it") for job, words in JOBS.items()]
    return card.table(f"Who does which job with {setup.title}", ("job", "part"), rows)


class WhoDoesWhat(Frame):
    """Choose a set-up and an event, and follow it: buttons, or the arrow keys, Home and End.

    setup   'kvm', 'esxi' or 'hosted'
    event   one of labkit.vmm.paths.EVENTS: 'serial', 'fault', 'slice', 'start', …
    step    the step to begin with, from 1
    Raises LabError for a name that is none.
    """

    keys = ("ArrowLeft", "ArrowRight", "Home", "End")

    def __init__(self, setup="kvm", event="serial", step=1):
        self.setup, self.event, self.steps = find(setup), event, path(setup, event)
        self.at = min(max(step - 1, 0), len(self.steps) - 1)

    def html(self):
        part, words = self.steps[self.at]
        head = f"<strong>Step {self.at + 1} of {len(self.steps)}</strong> · {card.text(part)}: {card.text(words)}"
        title = f"{self.setup.title}: {EVENTS[self.event]}"
        drawn = picture(self.setup, self.steps, self.at)
        return card.panel(title, card.Html(f"<p>{head}</p>"), drawn, table(self.setup), note=TYPES[self.setup.type])

    def text(self):
        lines = [f"{EVENTS[self.event]} ({self.setup.title})"]
        lines += [
            f"{'▶' if at == self.at else ' '} {at + 1} {part}: {words}" for at, (part, words) in enumerate(self.steps)
        ]
        return "\n".join(lines)

    def controls(self):
        setups = [(setup.title, name) for name, setup in SETUPS.items()]
        events = [(words, name) for name, words in EVENTS.items()]
        return [
            [
                choice("Set-up", setups, lambda name: self.show(setup=name), value=self.setup.id),
                choice("Event", events, lambda name: self.show(event=name), value=self.event),
            ],
            [
                button("◀ Back", lambda: self.go(self.at - 1), hint="One step back (left arrow)"),
                button("Next ▶", lambda: self.go(self.at + 1), hint="One step on (right arrow)"),
            ],
        ]

    def heard(self, key):
        last = len(self.steps) - 1
        self.go({"ArrowLeft": self.at - 1, "ArrowRight": self.at + 1, "Home": 0, "End": last}[key])

    def show(self, setup=None, event=None):
        """Another set-up or another event, from its first step."""
        self.setup, self.event = find(setup or self.setup.id), event or self.event
        self.steps = path(self.setup.id, self.event)
        self.go(0)

    def go(self, at):
        """To step `at` (from 0), or the nearest there is."""
        self.at = min(max(at, 0), len(self.steps) - 1)
        part, words = self.steps[self.at]
        self.refresh(f"Step {self.at + 1}, {part}: {words}")
