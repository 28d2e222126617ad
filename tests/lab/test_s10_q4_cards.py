"""Cards S10 and Q4: what is predicted and observed comes out of the experiments themselves."""

import pytest

from labkit.failover import Clients, Pair
from labkit.failover.heartbeat import expected_false_alarms
from labkit.lab.cards import q4, q4_questions, s10, s10_questions
from labkit.views import TwoCurves
from labkit.world import World


def look(card, observation, subject):
    looks = next(each for each in card.OBSERVATIONS if each.id == observation).looks
    assert all(each.shows(subject) for each in looks.values())
    return {name: each.truth(subject) for name, each in looks.items()}


def correct(card, prediction):
    return next(each.correct for each in card.PREDICTIONS if each.id == prediction)


def played(accident, until_s=120, **config):
    w = World(seed=10)
    pair = Pair(w, **config)
    people = Clients(w, pair.address, rate=50, write_share=0.2)
    w.at(60.5, accident)
    w.run(until=until_s)
    return pair, people


def test_two_actives():
    pair, _ = played(lambda w: w.cut("node1", "node2"), fencing=False)
    assert look(s10, "S10.p1", pair) == {"actives": 2} and correct(s10, "S10.p1") == "c"


def test_four_hundred_to_four_hundred_and_fifty():
    _, people = played(lambda w: w.crash("node1"))
    seen = look(s10, "S10.p2", people)
    assert 390 <= seen["failed"] <= 460 and seen["seconds"] in (8, 9) and correct(s10, "S10.p2") == "c"


def test_fifty_times_as_many():
    per_day = {misses: expected_false_alarms(0.02, misses) for misses in (2, 3)}
    assert look(s10, "S10.p3", per_day)["times_as_many"] == 50 and correct(s10, "S10.p3") == "c"


def test_the_lag():
    pair, people = played(lambda w: w.crash("node1"), replication="async", lag_s=30)
    assert look(s10, "S10.p4", (people, pair)) == {"seconds": 30} and correct(s10, "S10.p4") == "c"


def test_it_comes_back_and_believes():
    pair, _ = played(lambda w: w.crash("node1"))
    pair.world.start("node1")
    assert look(s10, "S10.p5", pair) == {"actives": 2} and correct(s10, "S10.p5") == "a"


def test_the_curves():
    at_seventy = look(q4, "Q4.p1", TwoCurves(load_percent=70).outcomes)
    assert at_seventy["outage_s"] in (8, 9) and at_seventy["too_late_percent"] > 90
    at_forty = look(q4, "Q4.p2", TwoCurves(load_percent=40).outcomes)
    assert at_forty["lost_by_the_group"] > 0 and at_forty["lost_by_the_pair"] > 0
    writing = look(q4, "Q4.p3", TwoCurves(load_percent=40, n=3, state="one writer").outcomes)
    assert writing["overwritten_by_the_pair"] == 0 and writing["overwritten_percent"] > 30


@pytest.mark.parametrize(("card", "questions"), [(s10, s10_questions.QUESTIONS), (q4, q4_questions.QUESTIONS)])
def test_every_belief_of_the_card_meets_a_prediction_or_a_question(card, questions):
    met = {belief for each in card.PREDICTIONS for belief in each.beliefs.values()}
    met |= {belief for each in questions for _, belief in each.options.values() if belief}
    rubric = {belief for point in card.FREE_TEXT.rubric for belief in point.beliefs}
    assert set(card.MISCONCEPTIONS) <= met | rubric


@pytest.mark.parametrize("question", [*s10_questions.QUESTIONS, *q4_questions.QUESTIONS], ids=lambda each: each.id)
def test_questions_have_three_isomorphic_variants(question):
    assert len({question.variant(seed).text for seed in range(12)}) == 3
    assert len({question.variant(seed).correct for seed in range(12)}) >= 3
