"""predict: commit to an answer and say how sure you are, before the experiment runs.

A wrong prediction costs nothing. The point is for committing; what was predicted surely and turned out wrong is shown
first in the review, because such errors are corrected best (Butterfield & Metcalfe 2001).
"""

from __future__ import annotations

import hashlib

from labkit.lab import cards, paper, session
from labkit.lab.errors import Quiet
from labkit.world.draw import escape

SURE = {1: "1 · guessing", 2: "2 · unsure", 3: "3 · rather sure", 4: "4 · certain"}


def predict(
    id: str,
    question: str,
    *,
    correct: str | None = None,
    choice: str | None = None,
    confidence: int = 2,
    **options: str,
) -> None:
    """Ask for a prediction among `options` (a="…", b="…") with a confidence from 1 to 4; the cells below wait for it.

    `choice="a", confidence=3` commits without buttons. A prediction that was committed stays: reset(id) begins anew.
    A headless run commits one by itself, the same each time, and says so. Quiet error for fewer than two options or
    an unknown choice.
    """
    if len(options) < 2:
        raise Quiet(f"predict({id!r}) needs at least two options.", next_step='write them as a="…", b="…"')
    poll = Poll(id, question, options, correct)
    committed = session.journal().last("predict", id)
    if committed:
        poll.show("You predicted" if not session.headless() else "Headless run: predicted", committed.data)
    elif choice is not None:
        poll.show("Committed", poll.commit(choice, confidence))
    elif session.headless():
        poll.show("Headless run: nobody was there to predict, so one was drawn", poll.commit(*poll.draw()))
    elif paper.widgets() is None:
        poll.show("Committed", poll.commit(*poll.ask_in_words()))
    else:
        poll.open()


class Poll:
    """One prediction: its question, its options, and the card that asks."""

    def __init__(self, id: str, question: str, options: dict[str, str], correct: str | None):
        known = cards.find("predictions", id)
        self.id, self.question, self.options = id, question, options
        self.correct = correct or (known.correct if known else None)
        self.beliefs = known.beliefs if known else {}

    def draw(self) -> tuple[str, int]:
        """A choice and a confidence that depend on the id alone."""
        number = int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:4], "big")
        return sorted(self.options)[number % len(self.options)], 1 + number // 97 % 4

    def commit(self, choice: str, confidence: int) -> dict:
        """Write the prediction into the journal and open the lock."""
        if choice not in self.options:
            raise Quiet(f"{choice!r} is none of the options {', '.join(self.options)}.")
        if confidence not in SURE:
            raise Quiet(f"The confidence is a number from 1 (guessing) to 4 (certain), not {confidence!r}.")
        if committed := session.journal().last("predict", self.id):  # a second card of the same prediction
            self._unlock()
            return committed.data
        right = None if self.correct is None else choice == self.correct
        data = {
            "choice": choice,
            "confidence": confidence,
            "right": right,
            "belief": None if right else self.beliefs.get(choice),
        }
        session.journal().write("predict", self.id, **data)
        self._unlock()
        return data

    def show(self, heading: str, data: dict) -> None:
        """The committed prediction as a card."""
        said, sure = f"{data['choice']}) {self.options.get(data['choice'], '')}", SURE[data["confidence"]]
        paper.show(
            paper.card(
                f"{heading}: {said}",
                f"{escape(self.question)}",
                f"How sure: {sure}. Now see what happens: run the next cell.",
            ),
            f"{self.question}\n{heading}: {said} (how sure: {sure})",
        )

    def open(self) -> None:
        """Show the card with buttons and lock the cells below."""
        from labkit.lab.lock import lock_of

        lock_of(session.shell()).waiting[self.id] = self.question
        self.choice = paper.Choice({key: f"{key}) {text}" for key, text in self.options.items()}, self._ready)
        self.sure = paper.Choice({str(number): words for number, words in SURE.items()}, self._ready, row=True)
        self.button = paper.button("Commit", self._press, tip="Commit this prediction and unlock the cells below")
        self.button.disabled = True
        self.status = paper.html("")
        head = paper.html(paper.card(f"Predict · {self.id}", escape(self.question)))
        paper.board(
            head,
            self.choice.box,
            paper.html("How sure are you?"),
            self.sure.box,
            self.button,
            self.status,
            text=f"Predict: {self.question} (choose and commit in the notebook; "
            'no buttons here? add choice="a", confidence=3 to the call)',
        )

    def ask_in_words(self) -> tuple[str, int]:
        """Without ipywidgets: two questions on the keyboard."""
        print(self.question, *(f"  {key}) {text}" for key, text in self.options.items()), sep="\n")
        choice = input(f"Your prediction ({'/'.join(self.options)}): ").strip()
        sure = input("How sure are you, 1 guessing … 4 certain: ").strip()
        return choice, int(sure) if sure.isdigit() else 0

    def _ready(self):
        self.button.disabled = self.choice.value is None or self.sure.value is None

    def _press(self):
        if self.button.disabled:
            return
        self.button.disabled = True
        self.commit(self.choice.value, int(self.sure.value))
        self.choice.close()
        self.sure.close()
        self.status.value = paper.card("Committed. Now run the next cell and see what happens.", mood="good")

    def _unlock(self):
        shell = session.shell()
        if shell is not None:
            from labkit.lab.lock import lock_of

            lock_of(shell).waiting.pop(self.id, None)
