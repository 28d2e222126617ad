"""What a card of the curriculum holds besides its graded tasks: predictions, observations, explanations, questions,
free texts.

All of it is data; the student's functions (predict, observe, explain, concept, freetext) find their part by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """What experience will show: the key of the right option, and the belief behind each wrong one."""

    id: str
    correct: str
    beliefs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """One thing to observe: `truth(subject)` reads it from the world or trace the notebook hands over.

    `shows(subject)` is a sentence saying where the trace shows it; numbers within `tolerance` count as seen.
    """

    truth: Callable[[Any], Any]
    shows: Callable[[Any], str] | None = None
    tolerance: float = 0.0


@dataclass(frozen=True)
class Observation:
    """The observations of one experiment: name of the value → where to look."""

    id: str
    looks: Mapping[str, Look]


@dataclass(frozen=True)
class Explanation:
    """A question for one or two sentences; `key_points` are shown after saving, `mechanism` is the one that earns the
    point."""

    id: str
    question: str
    mechanism: str
    key_points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A ConcepTest: `options` maps key → (text, misconception id or None); `variant(seed)` gives an isomorphic
    question."""

    id: str
    text: str
    options: Mapping[str, tuple[str, str | None]]
    correct: str
    why: str = ""
    variant: Callable[[int], Question] | None = None


def turned(turn: int, options: Sequence[tuple[str, str | None]]) -> tuple[dict, str]:
    """Options turned by so many places under a, b, c, …, and the key of the right one: its belief is None; "" stands
    for a wrong one that shows no belief."""
    turn %= len(options)
    keyed = dict(zip("abcdefgh", [*options[turn:], *options[:turn]], strict=False))
    return keyed, next(key for key, (_, belief) in keyed.items() if belief is None)


@dataclass(frozen=True)
class KeyPoint:
    """One line of a rubric: id, points, what must be said, and the beliefs that contradict it."""

    id: str
    points: int
    text: str
    beliefs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """An answer with the teacher's points per key point, for calibration; `beliefs` are the wrong ones it contains."""

    text: str
    scores: Mapping[str, int]
    beliefs: tuple[str, ...] = ()


@dataclass(frozen=True)
class FreeText:
    """A free-text question with its rubric, a good and a flawed example, and the teacher's answer (by default the
    good one)."""

    id: str
    question: str
    rubric: tuple[KeyPoint, ...]
    good: Example
    flawed: Example
    answer: str = ""

    @property
    def points(self) -> int:
        """All points of the rubric."""
        return sum(point.points for point in self.rubric)


@dataclass(frozen=True)
class Card:
    """One card: its notebook (file stem), the texts of its misconceptions, and its parts."""

    id: str
    title: str
    notebook: str
    misconceptions: Mapping[str, str] = field(default_factory=dict)
    predictions: tuple[Prediction, ...] = ()
    observations: tuple[Observation, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    questions: tuple[Question, ...] = ()
    freetexts: tuple[FreeText, ...] = ()
