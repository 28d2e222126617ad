"""Card Q5: questions and texts are complete, and what there is to observe is read from the experiments themselves."""

import pytest

from labkit.lab import cards
from labkit.lab.cards.q5 import waited
from labkit.openstack.cloud import OpenStack
from labkit.openstack.meter import Meter
from labkit.openstack.outage import timeline
from labkit.openstack.password_stores import PasswordStores
from labkit.world import World

CARD = next(card for card in cards.all() if card.id == "Q5")


# ---------------------------------------------------------------------------------------------------------------------


def test_every_experiment_confronts_its_belief_and_asks_for_a_mechanism():
    beliefs = {f"Q5.m{number}" for number in range(1, 8)}
    assert beliefs <= set(CARD.misconceptions)
    assert {prediction.id for prediction in CARD.predictions} >= {f"Q5.p{number}" for number in range(1, 8)}
    for prediction in CARD.predictions:
        assert prediction.correct not in prediction.beliefs
        assert set(prediction.beliefs.values()) <= set(CARD.misconceptions)
    assert {each.id for each in CARD.explanations} >= {f"Q5.p{number}" for number in range(1, 8)}


def test_the_question_has_isomorphic_variants():
    question = CARD.questions[0]
    variants = [question.variant(seed) for seed in range(16)]
    assert len({variant.text for variant in variants}) == 4
    assert len({variant.correct for variant in variants}) == 4
    for variant in variants:
        assert [key for key, (_, belief) in variant.options.items() if belief is None] == [variant.correct]
        assert {belief for _, belief in variant.options.values() if belief} == {"Q5.m1", "Q5.m6", "Q5.m9"}


def test_the_rubric_and_its_examples():
    text = CARD.freetexts[0]
    assert ([point.points for point in text.rubric], text.points) == ([2, 1, 2, 2, 2, 1], 10)
    assert sum(text.good.scores.values()) == 10
    assert (sum(text.flawed.scores.values()), text.flawed.beliefs) == (4, ("Q5.m1", "Q5.m2", "Q5.m3"))
    for example in (text.good, text.flawed):
        assert set(example.scores) == {point.id for point in text.rubric}
        assert all(example.scores[point.id] <= point.points for point in text.rubric)


def look(observation, subject):
    looks = next(each for each in CARD.observations if each.id == observation).looks
    assert all(each.shows(subject) for each in looks.values())
    return {name: each.truth(subject) for name, each in looks.items()}


def test_what_there_is_to_observe_is_read_from_the_experiments():
    cloud = OpenStack(World(seed=7))
    anna, carla = cloud.login("anna"), cloud.login("carla")
    one, two = (cloud.boot(anna, name).body["server"]["id"] for name in ("one", "two"))
    cloud.world.run(until=30)
    before = anna.delete("compute", f"/servers/{one}")
    cloud.set_policy("nova-api", {"os_compute_api:servers:delete": "role:admin"})
    assert look("Q5.p1", (before, anna.delete("compute", f"/servers/{two}"))) == {"before": 204, "after": 403}
    unscoped = cloud.login("anna", unscoped=True).get("http://nova-api:8774/v2.1", "/servers")
    assert look("Q5.p5", (carla.get("compute", f"/servers/{two}"), unscoped)) == {"other_project": 404, "unscoped": 403}
    assert look("Q5.p2", timeline(cloud)) == {"minute_1": 2, "minute_6": 1, "minute_70": 1}
    meters = Meter(cloud.world, "glance-api"), Meter(cloud.world, "keystone")
    image = anna.post("image", "/v2/images", {"name": "big"}).body["id"]
    anna.put("image", f"/v2/images/{image}/file", "x" * 1024 * 1024)
    seen = look("Q5.p3", meters)
    assert (seen["glance_kib"] >= 1024, seen["keystone_kib"]) == (True, 0)


def test_what_there_is_to_observe_of_keys_accounts_and_password_stores():
    cloud = OpenStack(World(seed=7), keystones=2, same_keys=False)
    anna = cloud.login("anna")
    assert look("Q5.p4", [anna.get("identity", "/auth/projects") for _ in range(10)]) == {"refused": 5}
    cloud = OpenStack(World(seed=7))
    cloud.boot(cloud.login("anna"), "web")
    cloud.world.run(until=2)
    cloud.set_user("neutron", enabled=False)
    assert waited(cloud) == 0
    cloud.world.run(until=400)
    assert look("Q5.p6", cloud)["waited_s"] == pytest.approx(308, abs=1)
    stores = PasswordStores(World(seed=7))
    stores.hire("zoe", "open sesame")
    stores.leave("zoe")
    stores.world.run(until=86400)
    assert look("Q5.p7", stores) == {"still_open": 2, "places": 6}
