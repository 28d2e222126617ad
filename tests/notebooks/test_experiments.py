"""What a notebook asks and what its card holds are the same: no prediction without a truth, no experiment left out."""

import ast
import json

import pytest

from labkit.lab import cards
from labkit.lab.exercise import source
from tests.notebooks.nbval import ROOT

CARDS = cards.all()
of_every_card = pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS])


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


def of(card, found):
    """Those of the found calls that belong to the card: a notebook may teach several, and asks nothing else."""
    held = {part.id: each for each in CARDS if each.notebook == card.notebook for part in parts(each)}
    assert [each for each, _ in found if each not in held] == []
    return [(each, names) for each, names in found if held[each] is card]


def parts(card):
    return (*card.predictions, *card.observations, *card.explanations, *card.questions)


@of_every_card
def test_every_prediction_of_the_card_is_asked_with_its_options(card):
    asked = of(card, calls(card.notebook, "predict"))
    assert [each for each, _ in asked] == [prediction.id for prediction in card.predictions]
    options = dict(asked)
    for prediction in card.predictions:
        assert {prediction.correct, *prediction.beliefs} <= options[prediction.id], prediction.id


@of_every_card
def test_what_the_card_can_see_is_looked_for(card):
    looked = dict(of(card, calls(card.notebook, "observe")))
    assert looked == {observation.id: set(observation.looks) for observation in card.observations}


@of_every_card
def test_what_the_card_can_compare_is_explained(card):
    explained = of(card, calls(card.notebook, "explain"))
    assert [each for each, _ in explained] == [explanation.id for explanation in card.explanations]


@of_every_card
def test_questions_are_asked(card):
    asked = of(card, calls(card.notebook, "concept"))
    assert {each for each, _ in asked} == {question.id for question in card.questions}
