"""A time line with lanes: what holds from when to when, marks across all lanes, and where 'now' is.

                 cache 300 s ends            token 3600 s ends
log in      ━━━✕━━━━━━┊━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┊━━━━
list        ━━━━━━━━━━┊✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕┊✕✕✕
            0    5 min ▲ now
"""

from dataclasses import dataclass

from labkit.views import card
from labkit.world import draw

WIDTH, LEFT, RIGHT, LANE = 880, 190, 850, 38
LETTER = 7.2  # width of a letter of 13 units, on average: enough to keep words apart
HALO = {"paint_order": "stroke", "stroke": "var(--lk-ground)", "stroke_width": 3, "stroke_opacity": 0.75}


@dataclass(frozen=True)
class Band:
    """From `start_s` to `end_s` the lane is as `word` says; `tone` is one of card.TONES."""

    lane: str
    start_s: float
    end_s: float
    word: str
    tone: str = "info"


@dataclass(frozen=True)
class Mark:
    """A moment that concerns all lanes."""

    at_s: float
    word: str


def span(seconds):
    """A length of time in words: '45 s', '5 min', '1 h 10 min'."""
    if abs(seconds) < 120 and seconds % 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def line(title, bands, *, start_s, end_s, now_s=None, marks=(), tick_s=600):
    """The time line as SVG. Bands and marks outside [start_s, end_s] are cut off. `now_s`: None for no 'now'."""

    def x(at_s):
        return LEFT + (RIGHT - LEFT) * (min(max(at_s, start_s), end_s) - start_s) / (end_s - start_s)

    lanes = list(dict.fromkeys(band.lane for band in bands))
    shown = [mark for mark in marks if start_s <= mark.at_s <= end_s]
    top = 14 + 20 * _rows(shown, x)
    bottom = top + LANE * len(lanes)
    parts = [_marks(shown, x, bottom), _axis(x, start_s, end_s, tick_s, bottom)]
    if now_s is not None and start_s <= now_s <= end_s:
        parts.append(_now(x(now_s), now_s - start_s, top, bottom))  # beneath the words of the lanes
    parts += [
        _lane(lane, [band for band in bands if band.lane == lane], x, top + LANE * i) for i, lane in enumerate(lanes)
    ]
    return card.drawing(
        WIDTH,
        bottom + (66 if now_s is not None else 36),
        "".join(parts),
        title=title,
        desc=describe(bands, marks, now_s, start_s),
    )


def describe(bands, marks, now_s, start_s):
    """What the picture says, as sentences."""
    said = [
        f"{band.lane}: {band.word} from {span(band.start_s - start_s)} to {span(band.end_s - start_s)}."
        for band in bands
    ]
    said += [f"{mark.word} at {span(mark.at_s - start_s)}." for mark in marks]
    return " ".join(said + ([f"Now: {span(now_s - start_s)}."] if now_s is not None else []))


def _lane(lane, bands, x, y):
    label = draw.text(LEFT - 16, y + 24, lane, size=14, anchor="end")
    return label + "".join(_band(band, x(band.start_s), x(band.end_s), y + 6) for band in bands)


def _band(band, left, right, y):
    width = max(right - left - 2, 3)
    box = draw.rect(
        left + 1, y, width, LANE - 12, fill=f"var(--lk-{band.tone})", stroke="none", rounded=4, fill_opacity=0.18
    )
    edge = draw.rect(left + 1, y, 4, LANE - 12, fill=f"var(--lk-{band.tone})", stroke="none", rounded=2)
    room = int((width - 34) / LETTER)
    word = band.word if len(band.word) <= room else ""
    shape = card.mark(left + 18, y + 13, band.tone) if width > 26 else ""
    return box + edge + shape + (draw.text(left + 30, y + 18, word, size=13, anchor="start", **HALO) if word else "")


def _axis(x, start_s, end_s, tick_s, y):
    parts = [draw.line(LEFT, y + 4, RIGHT, y + 4)]
    for i in range(int((end_s - start_s) // tick_s) + 1):
        at = x(start_s + i * tick_s)
        parts += [draw.line(at, y + 4, at, y + 10), _label(at, y + 27, span(i * tick_s) if i else "0", fill="faint")]
    return "".join(parts)


def _rows(marks, x):
    """Rows of labels above the lanes: a second one when two labels would touch."""
    return 0 if not marks else 1 + max(_levels(marks, x))


def _levels(marks, x):
    levels, ends = [], {}
    for mark in marks:
        middle, half = _middle(x(mark.at_s), mark.word), len(mark.word) * LETTER / 2
        level = next(level for level in range(len(marks)) if ends.get(level, -1) < middle - half)
        ends[level] = middle + half + 12
        levels.append(level)
    return levels


def _middle(at, word):
    """Where the middle of a word goes, so that it stays inside the picture."""
    half = len(word) * LETTER / 2 + 4
    return min(max(at, half), WIDTH - half)


def _label(at, y, word, **more):
    return draw.text(_middle(at, word), y, word, size=13, **more)


def _marks(marks, x, bottom):
    parts = []
    for mark, level in zip(marks, _levels(marks, x), strict=True):
        at, y = x(mark.at_s), 16 + 20 * level
        parts += [draw.line(at, y + 5, at, bottom + 4, dash="dashed", stroke="faint"), _label(at, y, mark.word)]
    return "".join(parts)


def _now(at, elapsed_s, top, bottom):
    return (
        draw.line(at, top, at, bottom + 8, stroke="text", width=2.5)
        + card.mark(at, bottom + 38, "info", size=11)
        + _label(at, bottom + 57, f"now: {span(elapsed_s)}", weight=650)
    )
