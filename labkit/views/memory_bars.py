"""Each VM's memory as two bars of equal length, the guest's view above the host's, under the ladder of states.

    state   high │ clear │ soft │ hard │ low
    web     guest: active │ idle │ free │ balloon
            host:  in frames │ shared │ compressed │ swapped │ no frame

The bars are cut differently, and nobody but us could lay them over one another.
"""

from labkit.views import card
from labkit.world import draw

WIDTH, LEFT, RIGHT, BAR, LANE = 880, 130, 860, 20, 68
LETTER = 7.0  # width of a letter of 12 units, on average
GUEST_TONES = {"active": "good", "idle": "info", "free": "idle", "balloon": "odd"}
HOST_TONES = {"in frames": "info", "shared": "good", "compressed": "odd", "swapped": "bad", "no frame": "idle"}
STATE_TONES = {
    "high": "good",
    "enough": "good",
    "clear": "info",
    "soft": "info",
    "hard": "bad",
    "low": "bad",
    "min": "bad",
}


def parts_of(vm):
    """(guest's parts, host's parts) of a VmMemory: name → MiB, each adding up to the configured memory."""
    guest = {row: vm.row(row) for row in GUEST_TONES}
    places = ("backed", "shared", "compressed", "swapped", "none")
    return guest, dict(zip(HOST_TONES, map(vm.column, places), strict=True))


def bar(parts, tones, total, y, scale):
    """A bar cut into parts, each with its shape and, where there is room, its word and size."""
    drawn, at = [], LEFT
    for name, mib in parts.items():
        width = mib * scale
        if mib < 1:
            continue
        tone = tones[name]
        drawn.append(draw.rect(at, y, max(width - 1.5, 1), BAR, fill=f"var(--lk-{tone})", stroke="none", rounded=3,
                               fill_opacity=0.2))  # fmt: skip
        drawn.append(draw.rect(at, y, min(3, width), BAR, fill=f"var(--lk-{tone})", stroke="none", rounded=1))
        word = next((each for each in (f"{name} {mib:.0f}", name) if len(each) * LETTER + 28 < width), "")
        if width > 22:
            drawn.append(card.mark(at + 12, y + BAR / 2, tone, size=9))
        if word:
            drawn.append(draw.text(at + 21, y + 14, word, size=12, anchor="start"))
        at += width
    return "".join(drawn)


def ladder(host, y):
    """The states from left to right; the one that holds is framed and marked."""
    names = list(dict.fromkeys(state.name for state in host.ladder))
    width, drawn = (RIGHT - LEFT) / len(names), [draw.text(LEFT - 14, y + 16, "state", size=13, anchor="end")]
    for index, name in enumerate(names):
        now, x = name == host.state.name, LEFT + index * width
        drawn.append(draw.rect(x + 1, y, width - 3, 24, fill="paper", rounded=4,
                               stroke=f"var(--lk-{STATE_TONES[name]})" if now else "line",
                               stroke_width=2.5 if now else 1))  # fmt: skip
        if now:
            drawn.append(card.mark(x + 16, y + 12, STATE_TONES[name], size=10))
        drawn.append(draw.text(x + width / 2, y + 16, name, size=13, weight=650 if now else None))
    return "".join(drawn)


def legend(y):
    """What the shapes in the bars mean, for both views."""
    drawn = []
    for x, who, tones in ((8, "guest sees", GUEST_TONES), (LEFT + 222, "host keeps", HOST_TONES)):
        drawn.append(draw.text(x, y, who, size=12, anchor="start", fill="faint"))
        x += 72
        for name, tone in tones.items():
            drawn.append(card.mark(x + 5, y - 4, tone, size=9))
            drawn.append(draw.text(x + 13, y, name, size=12, anchor="start"))
            x += 24 + len(name) * LETTER
    return "".join(drawn)


def picture(host):
    """The drawing of a HostMemory as SVG."""
    largest = max([vm.memory_mib for vm in host.vms.values()], default=1)
    scale, drawn = (RIGHT - LEFT) / largest, [ladder(host, 10), legend(54)]
    for index, (name, vm) in enumerate(host.vms.items()):
        y = 72 + index * LANE
        guest, kept = parts_of(vm)
        drawn.append(draw.text(8, y + 14, name, size=14, anchor="start", weight=650))
        for offset, who, parts, tones in ((0, "guest", guest, GUEST_TONES), (26, "host", kept, HOST_TONES)):
            drawn.append(draw.text(LEFT - 14, y + offset + 14, who, size=12, anchor="end", fill="faint"))
            drawn.append(bar(parts, tones, vm.memory_mib, y + offset, scale))
    height = 76 + len(host.vms) * LANE
    return card.drawing(WIDTH, height, "".join(drawn), title="Memory of one host", desc=describe(host))


def describe(host):
    """What the picture says, as sentences."""
    said = [f"State {host.state.name}, {host.free_mib:.0f} MiB free."]
    for name, vm in host.vms.items():
        guest, kept = ({part: mib for part, mib in parts.items() if mib >= 1} for parts in parts_of(vm))
        words = [", ".join(f"{part} {mib:.0f}" for part, mib in parts.items()) for parts in (guest, kept)]
        said.append(f"{name}: the guest sees {words[0]} MiB; the host keeps {words[1]} MiB.")
    return " ".join(said)
