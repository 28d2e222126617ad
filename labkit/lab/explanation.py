"""explain: one or two sentences that name the mechanism; saved first, then compared by the student with the key points.

No program grades the words. The point is given when the student confirms that the saved text names the mechanism.
"""

from __future__ import annotations

from labkit.lab import cards, paper, session
from labkit.lab.card import Explanation
from labkit.lab.errors import Quiet
from labkit.world.draw import escape


def explain(id: str, question: str | None = None) -> None:
    """Ask for an explanation in a text field; afterwards the key points are shown and the student confirms. Headless:
    asks only."""
    known = cards.find("explanations", id)
    if known is None and question is None:
        raise Quiet(
            f"There is no question {id!r} to explain.", next_step=f'check the id, or ask: explain({id!r}, "Why …?")'
        )
    known = known or Explanation(id, question, mechanism="")
    asked = question or known.question
    if session.headless():
        paper.show(
            paper.card(f"Explain · {id}", escape(asked), "Headless run: nobody was there to explain."),
            f"Explain: {asked}\nHeadless run: nobody was there to explain.",
        )
    elif paper.widgets() is None:
        saved = input(f"{asked}\n> ").strip()
        session.journal().write("explain", id, text=saved, confirmed=False)
        print(f"Saved. The mechanism: {known.mechanism}")
    else:
        Sheet(known, asked).open()


class Sheet:
    """The card with the text field, then with the key points."""

    def __init__(self, known: Explanation, asked: str):
        self.known, self.asked = known, asked

    def open(self) -> None:
        """Show the card, with what was saved before."""
        kit = paper.widgets()
        before = session.journal().last("explain", self.known.id)
        self.text = kit.Textarea(
            value=before.data["text"] if before else "",
            description="Your words",
            rows=3,
            layout=kit.Layout(width="auto", max_width="60em"),
        )
        self.save = paper.button("Save", self._save, tip="Save this explanation and compare it with the key points")
        self.after = kit.VBox([])
        head = paper.html(
            paper.card(f"Explain · {self.known.id}", escape(self.asked), "One or two sentences. Name the mechanism.")
        )
        paper.board(
            head, self.text, self.save, self.after, text=f"Explain: {self.asked} (write and save in the notebook)"
        )
        if before:
            self._compare(before.data["confirmed"])

    def _save(self):
        words = self.text.value.strip()
        if not words:
            self.after.children = [paper.html(paper.card("Nothing to save yet: write a sentence first."))]
            return
        session.journal().write("explain", self.known.id, text=words, confirmed=False)
        self._compare(False)

    def _compare(self, confirmed: bool):
        points = [escape(point) for point in self.known.key_points]
        shown = paper.html(
            paper.card(
                "Saved. Compare",
                self.known.mechanism and f"The mechanism: <em>{escape(self.known.mechanism)}</em>",
                paper.items(points),
            )
        )
        if confirmed or not self.known.mechanism:
            self.after.children = [shown]
            return
        self.after.children = [
            shown,
            paper.button("My text names this mechanism", lambda: self._confirm(shown)),
            paper.button("Not yet: I will rewrite it", lambda: setattr(self.after, "children", [shown])),
        ]

    def _confirm(self, shown):
        session.journal().write("explain", self.known.id, text=self.text.value.strip(), confirmed=True)
        self.after.children = [shown, paper.html(paper.card("Confirmed: 1 point.", mood="good"))]
