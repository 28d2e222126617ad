"""Cards are data; these stories hold for every card that is registered."""

import pytest

from labkit.lab import cards

CARDS = cards.all()
TEXTS = [text for card in CARDS for text in card.freetexts]
QUESTIONS = [question for card in CARDS for question in card.questions]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_misconception_that_is_named_has_a_text(card):
    named = {belief for prediction in card.predictions for belief in prediction.beliefs.values()}
    named |= {belief for question in card.questions for _, belief in question.options.values() if belief}
    named |= {belief for text in card.freetexts for point in text.rubric for belief in point.beliefs}
    named |= {belief for text in card.freetexts for belief in text.flawed.beliefs}
    assert [belief for belief in sorted(named) if not cards.belief(belief)] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_has_one_right_option_without_a_belief_and_a_second_version(question):
    for version in (question, *(question.variant(seed) for seed in (1, 2, 3) if question.variant)):
        assert version.options[version.correct][1] is None
        assert len(version.options) >= 3
    assert question.variant is None or question.variant(1).text != question.text


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.id)
def test_the_good_example_gets_all_points_and_the_flawed_one_some(text):
    points = {point.id: point.points for point in text.rubric}
    assert dict(text.good.scores) == points
    assert set(text.flawed.scores) <= set(points)
    assert 0 < sum(text.flawed.scores.values()) < text.points
    assert text.flawed.beliefs
