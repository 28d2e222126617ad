"""A graded task: seeded scenarios, one judge, and the wrong solutions that must fail.

    Task ──scenarios(seed)──▶ [Scenario …, shortest first]
      └────judge(scenario, artefact)──▶ None (all rules kept) or a Failure

The artefact is always a proxy (labkit.lab.artefact): the judge calls it with JSON values and gets JSON values, so the
same judge works in the notebook and when the artefact lives in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LAYERS = ("import", "type", "safety", "liveness", "economy")
"""Order in which failures are reported: only the first failing layer is shown (curriculum 5.2, rule 3)."""

KINDS = ("function", "configuration", "plan")


@dataclass(frozen=True)
class Scenario:
    """One situation the artefact is tried in: `title` in domain words, `data` JSON-able."""

    family: str
    seed: int
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A broken rule: what must hold, what the artefact did, and the belief behind it (a misconception id or None)."""

    layer: str
    rule: str
    did: str
    belief: str | None = None
    scenario: Scenario | None = None

    def __post_init__(self):
        if self.layer not in LAYERS:
            raise ValueError(f"layer {self.layer!r} is none of {', '.join(LAYERS)}")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution that must fail, with the misconception id it stands for (None: an ordinary slip)."""

    artefact: Any
    belief: str | None = None


@dataclass(frozen=True)
class Task:
    """A task of a card: data, a scenario generator and a judge.

    `families` maps family name to points; a family's points are given when all its scenarios pass. `kind` is what is
    handed in: a 'function', a 'configuration' (JSON value) or a 'plan' (JSON list). `rules` are the rules the judge
    may name, used to ask 'which rule was broken?'. `steps` is the budget of executed lines for one call of the
    artefact.
    """

    id: str
    card: str
    title: str
    families: Mapping[str, float]
    kind: str
    signature: str
    scenarios: Callable[[int], Sequence[Scenario]]
    judge: Callable[[Scenario, Any], Failure | None]
    reference: Any
    mutants: Mapping[str, Mutant] = field(default_factory=dict)
    misconceptions: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    visible_seed: int = 1
    steps: int = 20_000

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.id}: kind {self.kind!r} is none of {', '.join(KINDS)}")

    @property
    def beliefs(self) -> tuple[str, ...]:
        """Ids of the misconceptions that the task catches: its own, and those that its mutants stand for."""
        found = [*self.misconceptions, *(mutant.belief for mutant in self.mutants.values() if mutant.belief)]
        return tuple(dict.fromkeys(found))

    @property
    def points(self) -> float:
        """All points of the task: the sum over its families."""
        return sum(self.families.values())
