"""The picture of a pool: clients, balancer, backends with their queues, and the curves of served and lost requests."""

from labkit.views import card
from labkit.world import draw

WIDTH, ROW, TOP, BACKEND_X, BAR_X, BAR = 880, 54, 16, 330, 450, 150
QUEUE_X, QUEUE, FULL = 690, 170, 200  # a queue of FULL requests fills its bar; longer ones say their number
CURVE_HIGH, LEFT, RIGHT = 90, 70, 850


def picture(rows, rate, policy, balancer_runs, curve):
    """SVG of `rows` (name, truth, belief, busy, waiting, open) and the last minute's `curve` (metrics.Second)."""
    high = ROW * len(rows)
    middle = TOP + high / 2
    parts = [
        box(14, middle, 110, "clients", f"{rate:g} requests/s"),
        box(180, middle, 116, "balancer" if balancer_runs else "balancer, dead", policy, good=balancer_runs),
        draw.line(124, middle, 180, middle, arrow=True),
    ]
    for at, row in enumerate(rows):
        parts += backend(TOP + ROW * at + ROW / 2, middle, row, balancer_runs)
    bottom = TOP + high + 26
    parts.append(curves(curve, bottom))
    told = [
        f"{name} {truth}, {belief}, {busy:.0%} busy, {waiting} waiting"
        for name, truth, belief, busy, waiting, _ in rows
    ]
    desc = f"{rate:g} requests/s, {policy}, balancer {'runs' if balancer_runs else 'is dead'}. {'. '.join(told)}."
    return card.drawing(WIDTH, bottom + CURVE_HIGH + 34, "".join(parts), title="Pool with its queues", desc=desc)


def box(x, middle, wide, name, below, good=True):
    """A box with a name and a line below it."""
    words = draw.text(x + wide / 2, middle - 3, name, size=14, weight=600)
    words += draw.text(x + wide / 2, middle + 15, below, size=13)
    frame = {"stroke": "blue"} if good else {"stroke": "orange", "dash": "dashed"}
    return draw.rect(x, middle - 25, wide, 50, rounded=8, **frame) + words


def backend(y, middle, row, balancer_runs):
    """One backend: the way to it, its state, how busy it was, its queue."""
    name, truth, belief, busy, waiting, _ = row
    runs, believed = truth.startswith("runs"), belief == "in rotation" and balancer_runs
    way = {"stroke": "blue", "arrow": True} if believed else {"stroke": "line", "dash": "dotted"}
    parts = [draw.line(296, middle, BACKEND_X, y, **way)]
    edge = {"stroke": "blue"} if runs else {"stroke": "orange", "dash": "dashed"}
    parts.append(draw.rect(BACKEND_X, y - 21, 104, 42, rounded=8, **edge))
    parts.append(draw.text(BACKEND_X + 52, y - 3, name, size=14, weight=600))
    parts.append(draw.text(BACKEND_X + 52, y + 14, truth.replace("runs, ", ""), size=12))
    if not (believed and runs):
        parts.append(card.mark(312, (y + middle) / 2, "bad" if believed else "idle"))
    parts.append(draw.rect(BAR_X, y - 9, BAR, 18, fill="paper", rounded=2))
    if busy > 0:
        parts.append(draw.rect(BAR_X, y - 9, BAR * min(busy, 1.0), 18, fill="blue", stroke="none", fill_opacity=0.35))
    parts.append(draw.text(BAR_X + BAR / 2, y + 5, f"{busy:.0%} busy", size=13))
    parts.append(draw.text(BAR_X + BAR + 12, y + 5, f"{waiting} wait", size=13, anchor="start"))
    if waiting:
        long = max(QUEUE * min(waiting / FULL, 1.0), 2)
        parts.append(draw.rect(QUEUE_X, y - 9, long, 18, fill="orange", stroke="none", rounded=2, fill_opacity=0.6))
    return parts


def curves(curve, top):
    """Served and lost per second of the last minute."""
    if not curve:
        return draw.text(WIDTH / 2, top + 40, "no second has passed yet", size=13, fill="faint")
    most = max(max(each.asked, each.served, each.lost) for each in curve) or 1
    foot = top + CURVE_HIGH
    parts = [draw.line(LEFT, foot, RIGHT, foot), draw.line(LEFT, top, LEFT, foot)]
    parts.append(draw.text(LEFT - 8, top + 5, f"{most:g}/s", size=12, anchor="end", fill="faint"))
    for name, colour, dash in (("served", "blue", "solid"), ("lost", "orange", "dashed")):
        values = [getattr(each, name) for each in curve]
        parts.append(steps(values, most, top, colour, dash))
    first, last = curve[0].t_s, curve[-1].t_s + 1
    parts.append(draw.text(LEFT, foot + 20, f"{first:.0f} s", size=12, fill="faint"))
    parts.append(draw.text(RIGHT, foot + 20, f"{last:.0f} s", size=12, fill="faint", anchor="end"))
    legend = f"served per second (full line): {curve[-1].served:g} · lost (dashed): {curve[-1].lost:g}"
    parts.append(draw.text((LEFT + RIGHT) / 2, foot + 20, legend, size=13))
    return "".join(parts)


def steps(values, most, top, colour, dash):
    """One curve."""
    wide = (RIGHT - LEFT) / max(len(values) - 1, 1)
    points = " ".join(
        f"{LEFT + i * wide:.1f},{top + CURVE_HIGH * (1 - value / most):.1f}" for i, value in enumerate(values)
    )
    return draw.element("polyline", points=points, fill="none", stroke=draw.colour(colour), stroke_width=2,
                        stroke_dasharray=draw.DASHES[dash])  # fmt: skip
