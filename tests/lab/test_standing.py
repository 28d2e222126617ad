"""What the panel says: points, beliefs still held, 'sure and wrong' first."""

import pytest

from labkit.lab import cards, conceptest, panel, session
from labkit.lab.card import Card, Explanation, Prediction, Question
from labkit.lab.standing import beliefs_held, rows, sure_and_wrong

QUESTION = Question(
    "Y1.c1",
    "Who refused?",
    {"a": ("Keystone", "Y1.m1"), "b": ("Nova", None), "c": ("the queue", "Y1.m2")},
    "b",
    "Nova's policy did.",
    variant=lambda seed: Question(
        "Y1.c1", f"Who refused request {seed}?", {"a": ("Keystone", "Y1.m1"), "b": ("Glance", None)}, "b"
    ),
)
CARD = Card(
    "Y1",
    "Test",
    "y1",
    {"Y1.m1": "Keystone decides", "Y1.m2": "queues refuse"},
    predictions=(Prediction("Y1.p1", "b", {"a": "Y1.m1"}),),
    explanations=(Explanation("Y1.p1", "Why?", "the mechanism"),),
    questions=(QUESTION,),
)


@pytest.fixture
def journal(monkeypatch):
    """The card registered, and an empty journal."""
    cards.all()
    monkeypatch.setitem(cards._cards, "Y1", CARD)
    return session.journal()


def predicted(journal, confidence, right=False):
    journal.write(
        "predict",
        "Y1.p1",
        choice="b" if right else "a",
        confidence=confidence,
        right=right,
        belief=None if right else "Y1.m1",
    )


def test_a_wrong_prediction_costs_nothing_and_an_explanation_earns_its_point(journal):
    predicted(journal, 4)
    journal.write("explain", "Y1.p1", text="so", confirmed=True)
    assert [(row.what, row.points, row.of, row.state) for row in rows(journal.entries()) if row.card == "Y1"] == [
        ("prediction", 1, 1, "surprised"),
        ("explanation", 1, 1, "confirmed"),
        ("question", 0, 0, "open"),
    ]


def test_sure_and_wrong_comes_first_until_it_is_explained(journal, capsys):
    predicted(journal, 4)
    panel.progress()
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "Sure and wrong: explain these first:",
        "  Y1.p1: you were certain of a)",
    ]
    journal.write("explain", "Y1.p1", text="so", confirmed=True)
    assert sure_and_wrong(journal.entries()) == [] == beliefs_held(journal.entries())


def test_a_belief_is_counted_until_the_question_about_it_is_answered_right(journal):
    predicted(journal, 2)
    assert conceptest.respond("Y1.c1", 0, "a") == (False, "Belief behind it: Keystone decides (Y1.m1).")
    held = beliefs_held(journal.entries())
    assert [(h.belief, h.times, h.item, h.sure) for h in held] == [("Y1.m1", 2, "Y1.c1", False)]
    assert conceptest.respond("Y1.c1", 1, "b") == (True, "")
    assert beliefs_held(journal.entries()) == []


def test_the_second_version_is_another_question_and_the_order_depends_on_the_seed(journal):
    assert conceptest.version("Y1.c1", 0) is QUESTION
    assert conceptest.version("Y1.c1", 3).text == "Who refused request 3?"
    orders = {tuple(conceptest.shuffled(QUESTION, seed).values()) for seed in range(20)}
    assert len(orders) > 2
    assert conceptest.shuffled(QUESTION, 5) == conceptest.shuffled(QUESTION, 5)


def test_the_panel_has_a_table_per_card_that_can_be_read_aloud(journal):
    predicted(journal, 1, right=True)
    html = panel.folded([row for row in rows(journal.entries()) if row.card == "Y1"])
    assert html.startswith("<details open><summary>Y1 · Test · 1 of 2 points</summary>")
    assert '<table aria-label="Y1 · Test · 1 of 2 points"' in html
    assert '<th scope="col"' in html and '<th scope="row"' in html
