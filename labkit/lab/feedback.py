"""check: try what you wrote in the visible scenarios and get the shortest counterexample.

Unlimited attempts, a new seed each time. After a failed check the next one first asks which rule was broken: one
click. In a headless run a failed check raises CheckFailed, so that the cell fails; with a student at the keyboard it
only says so.
"""

from __future__ import annotations

import random
from typing import Any

from labkit.lab import cards, paper, session, tasks
from labkit.lab.errors import CheckFailed, Quiet
from labkit.lab.judging import Report, absent, judge_task
from labkit.lab.task import Task
from labkit.world.draw import escape

PASSED, HIDDEN = "Visible scenarios passed", "Hidden ones are drawn when you hand in."

LAYER_RULES = {
    "import": "there must be something to check",
    "type": "it must answer with plain values",
    "safety": "something must never happen",
    "liveness": "something must happen in time",
    "economy": "not more than needed",
}


def check(task_id: str, artefact: Any = None) -> None:
    """Judge `artefact` in the visible scenarios of the task and show the result. CheckFailed in a headless run when
    it fails."""
    task = task_of(task_id)
    session.handed_in[task.id] = artefact
    attempts = session.journal().entries("check", task.id)
    seed = task.visible_seed + len(attempts)
    last = attempts[-1] if attempts else None
    if last and not last.data["passed"] and not session.headless() and paper.widgets() and _unasked(task, last):
        Which(task, artefact, seed, last.data["rule"]).open()
        return
    report = attempt(task, artefact, seed)
    if session.headless() and not report.passed:
        raise CheckFailed(as_text(task, report))
    paper.show(as_html(task, report), as_text(task, report))


def task_of(task_id: str) -> Task:
    """The task, or a Quiet error that names the tasks there are."""
    try:
        return tasks.get(task_id)
    except KeyError as error:
        raise Quiet(error.args[0]) from None


def attempt(task: Task, artefact: Any, seed: int) -> Report:
    """Judge and write the attempt down (nothing handed in yet is no attempt)."""
    report = judge_task(task, artefact, seed)
    if not absent(artefact):
        failure = report.failure
        session.journal().write(
            "check",
            task.id,
            seed=seed,
            passed=report.passed,
            points=report.points,
            of=report.of,
            rule=failure and failure.rule,
            layer=failure and failure.layer,
            belief=failure and failure.belief,
        )
    return report


def as_text(task: Task, report: Report) -> str:
    """The feedback as plain words."""
    if report.passed:
        return f"{task.id} · {PASSED}: {', '.join(report.families)}. {HIDDEN}"
    return " ".join(part for part in [f"{task.id} · Not yet.", *_reasons(task, report)] if part)


def as_html(task: Task, report: Report) -> str:
    """The feedback as a card."""
    if report.passed:
        return paper.card(
            f"{task.id} · {PASSED}: {', '.join(report.families)}.",
            HIDDEN,
            mood="good",
        )
    printed = (
        report.output
        and f"<details><summary>What it printed in this case</summary><pre>{escape(report.output)}</pre></details>"
    )
    return paper.card(
        f"{task.id} · Not yet.", *[escape(part) for part in _reasons(task, report)], printed, mood="not yet"
    )


def _reasons(task: Task, report: Report) -> list[str]:
    """The sentences of a failure: what happened, which rule, which belief, where to look, how the families went."""
    failure = report.failure
    if failure.layer == "import":
        return [f"{_sentence(failure.did)}"]
    believed = cards.belief(failure.belief) or task.misconceptions.get(failure.belief, "")
    return [
        f"{_sentence(failure.scenario.title + ': ' + failure.did)}",
        f"{_sentence('What must hold: ' + failure.rule)}",
        f"Belief behind it: {believed} ({failure.belief})." if believed else "",
        f'Replay this case: replay("{task.id}", seed={report.seed}).',
        "Families passed: "
        + ", ".join(f"{name} {f.passed} of {f.scenarios}" for name, f in report.families.items())
        + ".",
    ]


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else words + "."


def _unasked(task: Task, last) -> bool:
    """Was 'which rule was broken?' not answered yet for this attempt?"""
    asked = session.journal().last("rule", task.id)
    return asked is None or asked.n < last.n


class Which:
    """The question before the next attempt: which rule did the last one break? Any answer goes on."""

    def __init__(self, task: Task, artefact: Any, seed: int, rule: str):
        self.task, self.artefact, self.seed, self.rule = task, artefact, seed, rule

    def open(self) -> None:
        """Show the rules as buttons; a click judges the new attempt."""
        self.buttons = [paper.button(rule, lambda rule=rule: self._say(rule), wide=True) for rule in self.rules()]
        self.result = paper.html("")
        head = paper.html(paper.card(f"{self.task.id} · Before the next attempt: which rule did the last one break?"))
        paper.board(
            head,
            *self.buttons,
            self.result,
            text=f"{self.task.id}: which rule did the last attempt break? (one click in the notebook)",
        )

    def rules(self) -> list[str]:
        """The broken rule among up to three others, in an order of the seed."""
        others = [rule for rule in self.task.rules or LAYER_RULES.values() if rule != self.rule]
        draw = random.Random(f"{self.task.id}/{self.seed}")
        while len(others) > 3:
            others.pop(int(draw.random() * len(others)))
        others.insert(int(draw.random() * (len(others) + 1)), self.rule)
        return others

    def _say(self, rule: str):
        for made in self.buttons:
            made.disabled = True
        session.journal().write("rule", self.task.id, right=rule == self.rule)
        answer = paper.card("Yes, that rule." if rule == self.rule else f"It was another one: {self.rule}")
        self.result.value = answer + as_html(self.task, attempt(self.task, self.artefact, self.seed))
