"""The outage time line: what still works, minute by minute, after Keystone stopped – played in the emulator, not
looked up.

web shop      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
list servers  ━━━━━━━━┊✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕
log in        ✕✕✕✕✕✕✕✕┊✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕✕
              stop    verdict 300 s old
"""

from labkit.openstack.outage import blast_radius
from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.views.timeline import Band, Mark, line

LAST = 75
MINUTES = (*range(0, 11), *range(15, LAST + 1, 5))
TOKEN_MIN, CACHE_MIN = 60, 5
SPANS = {"the first 10 minutes": 10, "75 minutes": LAST}


def bands_of(outcomes):
    """{(operation, minute): Outcome} as Bands: neighbouring tries with equal outcome become one, each lasting until
    the next try.
    """
    bands = []
    for operation in dict.fromkeys(operation for operation, _ in outcomes):
        tries = sorted(
            (outcome for (name, _), outcome in outcomes.items() if name == operation),
            key=lambda outcome: outcome.minute,
        )
        ends = [outcome.minute for outcome in tries[1:]] + [LAST]
        for outcome, end in zip(tries, ends, strict=True):
            word, tone = ("works", "good") if outcome.worked else (f"fails: {outcome.said}", "bad")
            if bands and (bands[-1].lane, bands[-1].word) == (operation, word):
                bands[-1] = Band(operation, bands[-1].start_s, 60 * end, word, tone)
            else:
                bands.append(Band(operation, 60 * outcome.minute, 60 * end, word, tone))
    return bands


def at(outcomes, minute):
    """Operation -> the latest Outcome that was tried at or before `minute`."""
    found = {}
    for (operation, tried), outcome in sorted(outcomes.items(), key=lambda item: item[0][1]):
        if tried <= minute:
            found[operation] = outcome
    return found


def draw(outcomes, *, minute, token_age_min, shown_min=LAST):
    """Time line, and a table of the chosen minute. `token_age_min`: how old the tokens were when Keystone stopped."""
    marks = [
        Mark(60 * (CACHE_MIN - token_age_min), "verdicts are 300 s old"),
        Mark(60 * (TOKEN_MIN - token_age_min), "tokens are 3600 s old"),
    ]
    bands = [band for band in bands_of(outcomes) if band.start_s < 60 * shown_min]
    picture = line(
        "What works after Keystone stopped",
        bands,
        start_s=0,
        end_s=60 * shown_min,
        now_s=60 * minute,
        marks=[mark for mark in marks if mark.at_s > 0],
        tick_s=60 if shown_min <= 10 else 600,
    )
    rows = [
        (
            operation,
            card.cell("works" if outcome.worked else "fails", "good" if outcome.worked else "bad"),
            outcome.said,
        )
        for operation, outcome in at(outcomes, minute).items()
    ]
    table = card.table(
        f"Minute {minute} after Keystone stopped; tokens issued and used {token_age_min} min before the stop",
        ("operation", "outcome", "what was seen"),
        rows,
    )
    return card.panel(
        "Keystone is stopped at minute 0",
        picture,
        table,
        note="Every cell was tried in the emulator. 'boot': the token was used for listing only; "
        "'boot again': it had booted a server before.",
    )


class OutageTimeline(Frame):
    """Choose a minute after the stop (number field, or the arrow keys) and the age of the tokens at the stop.

    token_age_min: 0 to 59. minute: where to begin, 0 to 75.
    """

    keys = ("ArrowLeft", "ArrowRight", "Home", "End")

    def __init__(self, token_age_min=2, minute=1):
        self.token_age_min, self.minute, self.shown_min = token_age_min, minute, LAST
        self.played = {}

    @property
    def outcomes(self):
        """What the emulator showed for tokens of this age; played once per age."""
        if self.token_age_min not in self.played:
            self.played[self.token_age_min] = blast_radius(self.token_age_min, MINUTES)
        return self.played[self.token_age_min]

    def html(self):
        return draw(self.outcomes, minute=self.minute, token_age_min=self.token_age_min, shown_min=self.shown_min)

    def text(self):
        rows = [
            f"  {operation}: {'works' if outcome.worked else 'fails'} ({outcome.said})"
            for operation, outcome in at(self.outcomes, self.minute).items()
        ]
        return "\n".join(
            [f"Minute {self.minute} after Keystone stopped, tokens {self.token_age_min} min old at the stop", *rows]
        )

    def controls(self):
        self._minute = number("Minute after the stop", 0, LAST, self.minute, self.go)
        age = number("Age of the tokens at the stop (min)", 0, 59, self.token_age_min, self.age)
        jumps = [button(f"Minute {minute}", lambda minute=minute: self.go(minute)) for minute in (1, 6, 70)]
        return [[self._minute, *jumps], [age, choice("Show", list(SPANS), self.show, value="75 minutes")]]

    def go(self, minute):
        """Look at this minute; beyond the ends: the first or last."""
        self.minute = min(max(minute, 0), LAST)
        if self._live is not None and self._minute.value != self.minute:
            self._minute.value = self.minute  # comes back here and draws
        else:
            self.refresh(
                "; ".join(
                    f"{operation} {'works' if outcome.worked else 'fails'}"
                    for operation, outcome in at(self.outcomes, self.minute).items()
                )
            )

    def age(self, token_age_min):
        """Play the outage again with tokens of another age."""
        self.token_age_min = token_age_min
        self.refresh(f"Tokens were {token_age_min} minutes old when Keystone stopped")

    def show(self, words):
        """Show the whole outage, or its first minutes larger."""
        self.shown_min = SPANS[words]
        self.refresh(f"Showing {words}")

    def heard(self, key):
        self.go({"ArrowLeft": self.minute - 1, "Home": 0, "End": LAST}.get(key, self.minute + 1))
