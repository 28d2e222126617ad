"""What a notebook asks and what its card holds are the same: no prediction without a truth, no experiment left out."""

import ast
import json

import pytest

from labkit.lab import cards
from labkit.lab.exercise import source
from tests.notebooks.nbval import ROOT

CARDS = {card.notebook: card for card in cards.all()}


def calls(notebook, name):
    """The calls of one of the lab's functions in a notebook: [(id, names of the other arguments)]."""
    content = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text("utf-8"))
    found = []
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            nodes = [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.Call)]
            named = [node for node in nodes if getattr(node.func, "id", None) == name]
            found += [(node.args[0].value, {each.arg for each in node.keywords}) for node in named]
    return found


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_prediction_of_the_card_is_asked_with_its_options(card):
    asked = calls(card.notebook, "predict")
    assert [each for each, _ in asked] == [prediction.id for prediction in card.predictions]
    options = dict(asked)
    for prediction in card.predictions:
        assert {prediction.correct, *prediction.beliefs} <= options[prediction.id], prediction.id


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_what_the_card_can_see_is_looked_for(card):
    looked = dict(calls(card.notebook, "observe"))
    assert looked == {observation.id: set(observation.looks) for observation in card.observations}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_what_the_card_can_compare_is_explained(card):
    assert [each for each, _ in calls(card.notebook, "explain")] == [
        explanation.id for explanation in card.explanations
    ]


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_questions_are_asked(card):
    assert {each for each, _ in calls(card.notebook, "concept")} == {question.id for question in card.questions}
