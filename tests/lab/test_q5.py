"""Card Q5: the three graded tasks speak in domain words and agree with the emulator."""

import json
from contextlib import suppress

import pytest

from labkit.lab import cards, tasks
from labkit.lab.judging import judge_task
from labkit.lab.tasks import q5_blast_radius, q5_middleware, q5_middleware_rules
from labkit.lab.tasks.q5_middleware_mutants import middleware
from labkit.lab.tasks.q5_policy import REFERENCE, TABLE
from labkit.openstack.auth_token import STRIPPED
from labkit.openstack.cloud import OpenStack
from labkit.openstack.policy import Policy
from labkit.world import World

TASKS = [tasks.get(f"Q5.T{number}") for number in (1, 2, 3)]


def test_points_and_scenarios():
    assert [task.points for task in TASKS] == [5, 3, 2]
    assert all(len(task.scenarios(seed)) >= 40 for task in TASKS for seed in range(20))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_seed_draws_the_same_stories_and_another_one_others(task):
    drawn = [json.dumps([vars(scenario) for scenario in task.scenarios(seed)]) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_belief_of_a_mutant_has_a_text(task):
    for name, mutant in task.mutants.items():
        assert mutant.belief is None or cards.belief(mutant.belief), name


# -- T1 ----------------------------------------


class Wall:
    """Keystone as the student sees it, without a wall."""

    def __init__(self, keystone):
        self.validate = keystone.validate


def test_t1_reference_and_the_emulators_middleware_give_the_same_answers():
    for seed in range(10):
        for scenario in q5_middleware.scenarios(seed):
            ours, theirs = (q5_middleware.Keystone(scenario.data["tokens"]) for _ in range(2))
            door, cache = q5_middleware.truth(ours), {}
            for event in scenario.data["events"]:
                ours.happen(event)
                theirs.happen(event)
                if event["do"] == "request":
                    status, told = q5_middleware.true_answer(door, event)
                    said, context = middleware(event, Wall(theirs), cache, event["at_s"])
                    assert (said, context.items() <= told.items()) == (status, True), scenario.title
            assert ours.confirmed == theirs.confirmed  # and both asked Keystone at the same moments


def test_t1_tells_the_request_the_answer_and_the_rule():
    failure = judge_task(TASKS[0], TASKS[0].mutants["401 when Keystone is down"].artefact, 3).failure
    assert (failure.layer, failure.belief) == ("liveness", "Q5.m10")
    assert failure.rule == "no answer from Keystone is not a 'no': 503, not 401"
    assert failure.did == (
        "second 74, GET /v2.1/servers with token-of-chiara → you answered 401. "
        "Keystone did not answer; nobody said that the token is bad."
    )


def test_t1_economy_is_the_last_layer():
    """Right answers with one question too many: only thrift is broken."""

    def forgetful(request, keystone, cache, now):
        answer = middleware(request, keystone, cache, now)
        if answer[0] == 200:
            with suppress(ConnectionError):
                keystone.validate(request["headers"]["X-Auth-Token"], True)
        return answer

    report = judge_task(TASKS[0], forgetful)
    assert (report.failure.layer, report.failure.rule) == ("economy", q5_middleware_rules.ONCE)


@pytest.mark.parametrize("nonsense", [None, 200, "200", [200], [200, "context", 1], [True, {}], [418, {}], [200, "x"]])
def test_t1_says_what_it_wants(nonsense):
    assert judge_task(TASKS[0], lambda **_: nonsense).failure.layer == "type"


def test_t1_a_context_may_be_small_or_large():
    """Whether the service gets four headers or all of them is a matter of taste, as long as they are true."""

    def generous(request, keystone, cache, now):
        status, context = middleware(request, keystone, cache, now)
        rest = {name: value for name, value in request["headers"].items() if name.title() not in STRIPPED}
        return status, {**rest, **context}

    def with_a_list(request, keystone, cache, now):
        status, context = middleware(request, keystone, cache, now)
        return status, {
            **context,
            "X-Roles": [role for role in context["X-Roles"].split(",") if role],
        } if context else {}

    def without_nothings(request, keystone, cache, now):
        status, context = middleware(request, keystone, cache, now)
        return status, {name.lower(): value for name, value in context.items() if value} or None

    for correct in (generous, with_a_list, without_nothings):
        assert judge_task(TASKS[0], correct).passed


def test_t1_other_ways_to_the_same_answers_are_right():
    """Negative verdicts kept, the user looked at first, Keystone always asked for old tokens too: all of that is
    fine."""

    def other(request, keystone, cache, now):
        headers = {name.lower(): value for name, value in request["headers"].items()}
        if not headers.get("x-auth-token"):
            return 401, {"X-Identity-Status": "Invalid"}
        try:
            found = [
                asked(keystone, cache, now, headers[name])
                for name in ("x-auth-token", "x-service-token")
                if headers.get(name)
            ]
        except ConnectionError:
            return [503, None]
        helped = len(found) == 2 and found[1] and found[1]["expires_at"] > now and "service" in found[1]["roles"]
        if not found[0] or len(found) == 2 and not helped or found[0]["expires_at"] <= now and not helped:
            return [401, None]
        return [
            200,
            {
                "X-Identity-Status": "Confirmed",
                "X-User-Id": found[0]["user_id"],
                "X-User-Name": found[0]["user_name"],
                "X-Project-Id": found[0]["project_id"],
                "X-Roles": found[0]["roles"],
                "note": "mine",
            },
        ]

    def asked(keystone, cache, now, token):
        if token not in cache or cache[token]["until"] <= now:
            cache[token] = {"until": now + 300, "owner": keystone.validate(token, allow_expired=True)}
        return cache[token]["owner"]

    for seed in range(5):
        assert judge_task(TASKS[0], other, seed).passed


def test_t1_who_forgets_the_cache_loses_the_points_of_the_cache_and_no_others():
    def forgetful(request, keystone, cache, now):
        return middleware(request, keystone, {}, now)

    report = judge_task(TASKS[0], forgetful)
    assert [name for name, family in report.families.items() if not family.points] == ["cache", "Keystone down"]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_same_answer_to_everything_scores_nothing(task):
    constants = {
        "Q5.T1": [lambda status=status, **_: (status, {}) for status in (200, 401, 403, 503)],
        "Q5.T2": [
            dict.fromkeys(TABLE, rule) for rule in ("@", "!", "role:admin", "role:member", "project_id:%(project_id)s")
        ],
        "Q5.T3": [lambda **_: True, lambda **_: False],
    }
    for seed in range(5):
        assert [judge_task(task, constant, seed).points for constant in constants[task.id]] == [0] * len(
            constants[task.id]
        )


# -- T2 ----------------------------------------


def test_t2_helper_rules_and_other_spellings_of_the_same_rights_are_right():
    own = "project_id:%(project_id)s"
    rules = {
        "admin": "role:admin",
        "reader": f"role:reader and {own}",
        "servers:show": "rule:reader or rule:admin",
        "servers:create": f"not (not role:member) and ({own})",
        "servers:delete": f"(role:member and {own}) or rule:admin",
        "servers:migrate": "rule:admin",
        "servers:list_all_projects": "rule:admin and role:reader",
    }
    assert judge_task(TASKS[1], rules).passed


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        [],
        "role:admin",
        7,
        {**REFERENCE, "servers:show": None},
        {**REFERENCE, "servers:show": "role"},
        {**REFERENCE, "servers:show": "rule:servers:show"},
    ],
)
def test_t2_says_what_it_wants(nonsense):
    assert judge_task(TASKS[1], nonsense).failure.layer == "type"


def test_t2_the_reference_works_in_the_emulators_nova():
    cloud = OpenStack(World(seed=2))
    anna, ben, carla = (cloud.login(name) for name in ("anna", "ben", "carla"))
    rules = {f"os_compute_api:{name}": rule for name, rule in REFERENCE.items()}
    assert Policy(rules)
    cloud.set_policy("nova-api", rules)
    key = cloud.boot(anna, "web").body["server"]["id"]
    assert cloud.boot(ben, "no").status == 403
    assert [who.delete("compute", f"/servers/{key}").status for who in (carla, ben, anna)] == [404, 403, 204]


# -- T3 ----------------------------------------


def test_t3_the_truth_is_played_not_written():
    minutes = (1, 2, 3, 4, 6, 10, 30, 59, 70)
    found = q5_blast_radius.played(1, minutes)
    assert found["list servers", 3].said == "200"
    assert found["list servers", 6].said == "503"
    assert found["boot", 1].said == "202, then ERROR"
    assert all(found["web shop", minute].worked for minute in minutes)


@pytest.mark.parametrize("nonsense", [None, 1, "yes", []])
def test_t3_says_what_it_wants(nonsense):
    assert judge_task(TASKS[2], lambda **_: nonsense).failure.layer == "type"
