"""concept: one multiple-choice question whose wrong options stand for misconceptions; a second version by another seed.

The second, isomorphic question shows whether an answer was understood or only corrected (Porter et al. 2011).
"""

from __future__ import annotations

import random

from labkit.lab import cards, paper, session
from labkit.lab.card import Question
from labkit.lab.errors import Quiet
from labkit.world.draw import escape


def concept(id: str, seed: int = 0) -> None:
    """Ask question `id`; seed 0 is the card's own version, another seed an isomorphic one. Headless: shows question
    and options."""
    if cards.find("questions", id) is None:
        raise Quiet(f"There is no question {id!r}.", next_step="check the id: it is written in the card's heading")
    asked = version(id, seed)
    options = shuffled(asked, seed)
    if session.headless() or paper.widgets() is None:
        lines = [f"{letter}) {asked.options[key][0]}" for letter, key in options.items()]
        note = "Headless run: nobody was there to answer." if session.headless() else "Answer it in JupyterLab."
        paper.show(
            paper.card(f"Question · {id}", escape(asked.text), paper.items([escape(line) for line in lines]), note),
            "\n".join([asked.text, *lines, note]),
        )
    else:
        Ballot(id, seed).open()


def version(id: str, seed: int) -> Question:
    """The question in the version of this seed."""
    question = cards.find("questions", id)
    return question.variant(seed) if seed and question.variant else question


def shuffled(question: Question, seed: int) -> dict[str, str]:
    """Letter → option key; the order depends on the seed, so that 'b' cannot be copied from a neighbour."""
    keys, order = sorted(question.options), []
    draw = random.Random(f"{question.id}/{seed}")
    while keys:
        order.append(keys.pop(int(draw.random() * len(keys))))
    return dict(zip("abcdefgh", order, strict=False))


def respond(id: str, seed: int, key: str) -> tuple[bool, str]:
    """Record an answer; (right, what to say about it)."""
    question = version(id, seed)
    text, misconception = question.options[key]
    right = key == question.correct
    session.journal().write("concept", id, seed=seed, choice=key, right=right, belief=misconception)
    if right:
        return True, question.why
    believed = cards.belief(misconception)
    return (
        False,
        f"Belief behind it: {believed} ({misconception})."
        if believed
        else "That does not follow from what the trace showed.",
    )


class Ballot:
    """The card of one question."""

    def __init__(self, id: str, seed: int):
        self.id, self.seed, self.question = id, seed, version(id, seed)

    def open(self) -> None:
        """Show question and options."""
        kit = paper.widgets()
        self.letters = shuffled(self.question, self.seed)
        options = {letter: f"{letter}) {self.question.options[key][0]}" for letter, key in self.letters.items()}
        self.choice = paper.Choice(options, self._chosen)
        self.answer = paper.button("Answer", self._answer, tip="Give this answer")
        self.answer.disabled = True
        self.after = kit.VBox([])
        head = paper.html(paper.card(f"Question · {self.id}", escape(self.question.text)))
        paper.board(
            head, self.choice.box, self.answer, self.after, text=f"{self.question.text} (answer in the notebook)"
        )

    def _chosen(self):
        self.answer.disabled = False

    def _answer(self):
        self.answer.disabled = True
        self.choice.close()
        right, said = respond(self.id, self.seed, self.letters[self.choice.value])
        again = paper.button(
            "Try a second version of the question", lambda: Ballot.open(Ballot(self.id, self.seed + 1))
        )
        verdict = paper.html(
            paper.card("Yes." if right else "Not this one.", escape(said), mood="good" if right else "not yet")
        )
        self.after.children = [verdict, again] if self.question.variant or version(self.id, 0).variant else [verdict]
