"""Judging: every scenario is played, the report names the first failing layer and the shortest counterexample.

One function, `judge_task`, serves the student's check, `labkit judge`, the mutants of the tests and the grader.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from labkit.lab.artefact import Artefact, ArtefactError, in_process
from labkit.lab.task import LAYERS, Failure, Scenario, Task

RULE_PLAIN = "every call is answered with a plain value"
RULE_ENDS = "every call ends"
RULE_NAMES = "the function takes the arguments of the task, under their names"
PATIENCE = 3
"""So many scenarios without an end, then the rest counts as failed without being played."""


@dataclass(frozen=True)
class Family:
    """How one family of scenarios went: scenarios passed, scenarios played, points got, points to get."""

    passed: int
    scenarios: int
    points: float
    of: float


@dataclass(frozen=True)
class Report:
    """The outcome of one judging: `failure` is the shortest counterexample of the first failing layer, None when all
    passed.

    `trace` is the trace of that counterexample (kept for replay), `output` what the artefact printed in it.
    """

    task: str
    seed: int
    points: float
    of: float
    families: dict[str, Family]
    failure: Failure | None
    output: str = ""
    trace: Any = None

    @property
    def passed(self) -> bool:
        """True when no scenario failed."""
        return self.failure is None

    def as_dict(self) -> dict:
        """The report as plain values, for `--json` and the gradebook."""
        failure = self.failure and {
            "layer": self.failure.layer,
            "rule": self.failure.rule,
            "did": self.failure.did,
            "belief": self.failure.belief,
            "scenario": self.failure.scenario
            and {
                "family": self.failure.scenario.family,
                "seed": self.failure.scenario.seed,
                "title": self.failure.scenario.title,
            },
        }
        return {
            "task": self.task,
            "seed": self.seed,
            "passed": self.passed,
            "points": self.points,
            "of": self.of,
            "families": {name: vars(family) for name, family in self.families.items()},
            "failure": failure,
        }


def judge_task(task: Task, artefact: Any, seed: int | None = None) -> Report:
    """Play all scenarios of `seed` (default: the visible one) on `artefact`, a proxy or the student's own object."""
    seed = task.visible_seed if seed is None else seed
    if absent(artefact):
        return nothing_yet(task, seed)
    proxy = artefact if isinstance(artefact, Artefact) else in_process(artefact, task.steps)
    played = _play_all(task, proxy, seed)
    failed = sorted((p for p in played if p[1]), key=lambda p: LAYERS.index(p[1].layer))
    families = {name: _family(name, of, played) for name, of in task.families.items()}
    points = sum(family.points for family in families.values())
    failure, output, trace = failed[0][1:] if failed else (None, "", None)
    return Report(task.id, seed, points, task.points, families, failure, output, trace)


def not_imported(task: Task, seed: int, why: str) -> Report:
    """The report of something that could not even be loaded: 0 points, layer 'import'."""
    families = {name: Family(0, 0, 0, of) for name, of in task.families.items()}
    return Report(task.id, seed, 0, task.points, families, Failure("import", "there is something to check", why))


def nothing_yet(task: Task, seed: int) -> Report:
    """The report of an answer cell that is still as it was released."""
    return not_imported(
        task, seed, f"there is no {task.kind} yet: write it in the answer cell above, run that cell, then check again"
    )


def absent(artefact: Any) -> bool:
    """True for what an unsolved answer cell leaves behind: None, `...`, or a dict in which every value is `...`."""
    if isinstance(artefact, dict) and artefact:
        return all(value is Ellipsis for value in artefact.values())
    return artefact is None or artefact is Ellipsis


def _play_all(task: Task, proxy: Artefact, seed: int):
    played, endless = [], []
    for scenario in task.scenarios(seed):
        outcome = _play(task, scenario, proxy) if len(endless) < PATIENCE else (endless[0], "", None)
        played.append((scenario, *outcome))
        if outcome[0] and outcome[0].rule == RULE_ENDS and len(endless) < PATIENCE:
            endless.append(outcome[0])
    return played


def _play(task: Task, scenario: Scenario, proxy: Artefact):
    proxy.fresh(scenario.seed)
    try:
        failure = task.judge(scenario, proxy)
    except ArtefactError as error:
        rule = RULE_ENDS if error.endless else RULE_NAMES if error.misfit else RULE_PLAIN
        failure = Failure("type", rule, error.did)
    if failure is None:
        return None, "", None
    return replace(failure, scenario=failure.scenario or scenario), proxy.output, proxy.world.trace


def _family(name: str, of: float, played) -> Family:
    outcomes = [failure for scenario, failure, *_ in played if scenario.family == name]
    passed = sum(failure is None for failure in outcomes)
    return Family(passed, len(outcomes), of if outcomes and passed == len(outcomes) else 0, of)
