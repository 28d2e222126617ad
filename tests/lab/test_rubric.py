"""A free text: draft, two examples, own grade, one revision, then the teacher's answer."""

import pytest

from labkit.lab import cards, session
from labkit.lab.card import Card, Example, FreeText, KeyPoint
from labkit.lab.errors import Quiet
from labkit.lab.rubric import Answer

TEXT = FreeText(
    "Y2.f1",
    "Why?",
    (KeyPoint("R1", 2, "tokens"), KeyPoint("R2", 1, "catalog", ("Y2.m1",))),
    good=Example("Tokens and a catalog.", {"R1": 2, "R2": 1}),
    flawed=Example("Keystone decides.", {"R1": 1, "R2": 0}, ("Y2.m1",)),
)


@pytest.fixture
def answer(monkeypatch):
    """The student's work, at its beginning."""
    cards.all()
    monkeypatch.setitem(cards._cards, "Y2", Card("Y2", "Test", "y2", {"Y2.m1": "Keystone decides"}, freetexts=(TEXT,)))
    return Answer(TEXT)


def test_the_steps_come_in_order_and_are_kept(answer):
    assert answer.step == "draft"
    answer.write("  My draft. ")
    answer.grade({"R1": 2, "R2": 0})
    assert answer.agreement("good") == {"R1": (2, 2), "R2": (0, 1)}
    answer.grade({"R1": 1, "R2": 0})
    assert answer.agreement("flawed") == {"R1": (1, 1), "R2": (0, 0)}
    answer.grade({"R1": 1, "R2": 1})
    assert (answer.step, answer.points()) == ("revision", 2)
    answer.write("My revision.")
    assert Answer(TEXT).step == "done"
    assert answer.lines["draft"]["text"] == "My draft."
    with pytest.raises(Quiet, match="begins anew"):
        answer.write("Once more.")


def test_a_step_cannot_be_skipped_or_done_badly(answer):
    with pytest.raises(Quiet, match="The next step is 'draft'"):
        answer.grade({"R1": 1, "R2": 1})
    with pytest.raises(Quiet, match="nothing to save"):
        answer.write("  ")
    answer.write("Draft.")
    with pytest.raises(Quiet, match="R2 takes 0 to 1 points, not 2"):
        answer.grade({"R1": 1, "R2": 2})
    with pytest.raises(Quiet, match="R2 takes 0 to 1 points, not None"):
        answer.grade({"R1": 1})


def test_a_reset_begins_anew(answer):
    answer.write("Draft.")
    session.journal().write("reset", "Y2.f1")
    assert answer.step == "draft"
