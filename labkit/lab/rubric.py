"""freetext: write an answer, learn to grade on two examples, grade your own, revise once, see the teacher's answer.

    draft ─▶ grade the good example ─▶ grade the flawed one ─▶ grade your own ─▶ revise once ─▶ done

Nothing counts keywords. A step is one line in the journal, so that the work goes on after the notebook was closed.
"""

from __future__ import annotations

from labkit.lab import cards, paper, session
from labkit.lab.card import Example, FreeText
from labkit.lab.errors import Quiet
from labkit.world.draw import escape

STEPS = ("draft", "good", "flawed", "own", "revision")


class Answer:
    """A student's work on one free text: `step` is what comes next; each method takes one step and refuses a wrong
    order."""

    def __init__(self, question: FreeText):
        self.question = question

    @property
    def lines(self) -> dict[str, dict]:
        """What was done: step → data."""
        return {entry.data["step"]: entry.data for entry in session.journal().entries("freetext", self.question.id)}

    @property
    def step(self) -> str:
        """The next step, 'done' after the revision."""
        return next((step for step in STEPS if step not in self.lines), "done")

    def write(self, text: str) -> None:
        """Save the draft, or the one revision."""
        if not text.strip():
            raise Quiet("There is nothing to save yet.", next_step="write a few sentences")
        self._take(("draft", "revision"), text=text.strip())

    def grade(self, scores: dict[str, int]) -> None:
        """Points per key point: for the good example, the flawed one, then for the student's own draft."""
        for point in self.question.rubric:
            if scores.get(point.id) not in range(point.points + 1):
                raise Quiet(f"{point.id} takes 0 to {point.points} points, not {scores.get(point.id)!r}.")
        self._take(("good", "flawed", "own"), scores=scores)

    def agreement(self, step: str) -> dict[str, tuple[int, int]]:
        """Per key point (the student's points, the teacher's points) for the example graded in `step`."""
        given, example = self.lines[step]["scores"], getattr(self.question, step)
        return {point.id: (given[point.id], example.scores.get(point.id, 0)) for point in self.question.rubric}

    def points(self) -> int:
        """The points the student gave the own answer, to be confirmed by a teacher."""
        return sum(self.lines.get("own", {"scores": {}})["scores"].values())

    def _take(self, allowed, **data):
        if self.step not in allowed:
            raise Quiet(
                f"The next step is '{self.step}'.",
                next_step="reset(…) begins anew" if self.step == "done" else "the card above asks for it",
            )
        session.journal().write("freetext", self.question.id, step=self.step, **data)


def freetext(id: str) -> None:
    """Open the card of a free-text question at the step where you stopped. Headless: shows the question and the
    rubric's size."""
    question = cards.find("freetexts", id)
    if question is None:
        raise Quiet(f"There is no free-text question {id!r}.", next_step="check the id")
    if session.headless() or paper.widgets() is None:
        why = "Headless run: nobody was there to write." if session.headless() else "Write in JupyterLab."
        note = f"{why} {len(question.rubric)} key points, {question.points} points."
        paper.show(paper.card(f"In your words · {id}", escape(question.question), note), f"{question.question}\n{note}")
    else:
        Desk(Answer(question)).open()


class Desk:
    """The card: shows one step at a time."""

    def __init__(self, answer: Answer):
        self.answer, self.question = answer, answer.question

    def open(self) -> None:
        """Show the question and the next step."""
        kit = paper.widgets()
        self.body, self.problem = kit.VBox([]), paper.html("")
        head = paper.html(
            paper.card(
                f"In your words · {self.question.id} · {self.question.points} points", escape(self.question.question)
            )
        )
        paper.board(head, self.body, self.problem, text=f"{self.question.question} (answer in the notebook)")
        self._turn()

    def _turn(self):
        step = self.answer.step
        page = {
            "draft": self._text,
            "good": self._example,
            "flawed": self._example,
            "own": self._own,
            "revision": self._text,
            "done": self._done,
        }[step]
        self.body.children = page(step)

    def _text(self, step):
        kit = paper.widgets()
        before = self.answer.lines.get("draft", {"text": ""})["text"]
        advice = (
            "Write your draft. You will grade it yourself later."
            if step == "draft"
            else "Revise your answer once, with the key points in mind."
        )
        field = kit.Textarea(
            value=before, description="Your answer", rows=8, layout=kit.Layout(width="auto", max_width="60em")
        )
        return [
            paper.html(paper.card(advice, self._agreed("flawed") if step == "revision" else "")),
            field,
            paper.button(
                "Save draft" if step == "draft" else "Save revision",
                lambda: self._try(lambda: self.answer.write(field.value)),
            ),
        ]

    def _example(self, step):
        example: Example = getattr(self.question, step)
        number = "first" if step == "good" else "second"
        before = self._agreed("good") if step == "flawed" else ""
        return [
            paper.html(
                paper.card(f"Grade this {number} example", before, f"<blockquote>{escape(example.text)}</blockquote>")
            ),
            *self._points(),
        ]

    def _own(self, step):
        draft = self.answer.lines["draft"]["text"]
        return [
            paper.html(
                paper.card(
                    "Now grade your own draft", self._agreed("flawed"), f"<blockquote>{escape(draft)}</blockquote>"
                )
            ),
            *self._points(),
        ]

    def _points(self):
        """One labelled number field per key point, and a button."""
        kit = paper.widgets()
        fields = {
            p.id: kit.BoundedIntText(
                value=0, min=0, max=p.points, description=f"{p.id} of {p.points}", layout=kit.Layout(width="12em")
            )
            for p in self.question.rubric
        }
        wraps = kit.Layout(flex_flow="row wrap", align_items="baseline")
        rows = [
            kit.HBox([fields[p.id], kit.HTML(escape(p.text), layout=kit.Layout(flex="1 1 20em"))], layout=wraps)
            for p in self.question.rubric
        ]
        done = paper.button(
            "Done grading",
            lambda: self._try(lambda: self.answer.grade({key: field.value for key, field in fields.items()})),
        )
        return [*rows, done]

    def _done(self, step):
        own = self.answer.lines["revision"]["text"]
        teacher = self.question.answer or self.question.good.text
        return [
            paper.html(
                paper.card(
                    "Saved. The teacher confirms or samples your points.",
                    f"Your answer: <blockquote>{escape(own)}</blockquote>",
                    f"A teacher's answer: <blockquote>{escape(teacher)}</blockquote>",
                    f"You gave your draft {self.answer.points()} of {self.question.points} points.",
                    mood="good",
                )
            )
        ]

    def _agreed(self, step):
        """How the student's points for an example compare with the teacher's, point by point."""
        rows = self.answer.agreement(step)
        same = sum(mine == theirs for mine, theirs in rows.values())
        lines = [
            f"{key}: you {mine}, teacher {theirs}{'' if mine == theirs else ' – look again'}"
            for key, (mine, theirs) in rows.items()
        ]
        beliefs = [
            f"It contains a wrong belief: {escape(cards.belief(b))} ({b})" for b in getattr(self.question, step).beliefs
        ]
        return f"The example before: you agree with the teacher on {same} of {len(rows)} points." + paper.items(
            lines + beliefs
        )

    def _try(self, action):
        try:
            action()
        except Quiet as error:
            self.problem.value = paper.card(str(error), mood="not yet")
            return
        self.problem.value = ""
        self._turn()
