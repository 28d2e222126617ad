"""Card VMM, memory: what is predicted and observed comes out of the experiments themselves."""

from labkit.lab.cards import vmm_memory
from labkit.vmm.memory import HostMemory, Nested, PageSharing, one_walk, spy
from labkit.world import World

GUESSES = [b"openssl 3.0.1", b"openssl 3.0.2", b"openssl 3.0.3"]


def look(observation, subject):
    looks = next(each for each in vmm_memory.OBSERVATIONS if each.id == observation).looks
    assert all(each.shows(subject) for each in looks.values())
    return {name: each.truth(subject) for name, each in looks.items()}


def correct(prediction):
    return next(each.correct for each in vmm_memory.PREDICTIONS if each.id == prediction)


def test_a_walk_of_24():
    nested = Nested()
    one_walk(nested)
    assert look("VMM.p9", nested) == {"references": 24, "of_the_guest": 4}
    assert correct("VMM.p9") == "d"


def test_salt():
    hosts = PageSharing(salting=2), PageSharing(salting=0)
    for host in hosts:
        host.add("bank", [b"openssl 3.0.2", b"", b"", b""])
    neighbours = PageSharing()
    neighbours.add("bank", [b"openssl 3.0.2", b"", b"", b""])
    neighbours.add("spy", [b"openssl 3.0.2"])
    assert neighbours.scan() == 2 and correct("VMM.p10") == "b"
    times = [spy(host, "spy", GUESSES) for host in hosts]
    assert look("VMM.p10", times) == {"slow_by_default": 0, "slow_without_salt": 1}


def test_all_at_once():
    memory = HostMemory(World(seed=7), "vmm1", memory_mib=16384)
    for name in "abcdef":
        memory.power_on(name, memory_mib=4096)
        memory.demand(name, used_mib=1200, active_mib=400)
    memory.world.run(until=30)
    assert {memory.speed(name) for name in "abcdef"} == {1.0}
    for name in "abcdef":
        memory.demand(name, used_mib=3900, active_mib=3700)
    memory.world.run(until=60)
    assert look("VMM.p11", memory)["fastest_percent"] <= 12 and correct("VMM.p11") == "c"


def test_each_belief_is_met_by_a_prediction_and_by_a_question():
    beliefs = set(vmm_memory.MISCONCEPTIONS)
    assert beliefs == {"VMM.m10", "VMM.m11", "VMM.m12", "VMM.m13"}
    assert {belief for each in vmm_memory.PREDICTIONS for belief in each.beliefs.values()} == beliefs
    asked = {belief for each in vmm_memory.QUESTIONS for _, belief in each.options.values() if belief}
    assert asked == beliefs


def test_the_questions_have_isomorphic_variants():
    for question in vmm_memory.QUESTIONS:
        variants = [question.variant(seed) for seed in range(16)]
        assert len({variant.text for variant in variants}) == 4
        assert len({variant.correct for variant in variants}) == 4
        for variant in variants:
            assert [key for key, (_, belief) in variant.options.items() if belief is None] == [variant.correct]
            assert len({text for text, _ in variant.options.values()}) == 4
