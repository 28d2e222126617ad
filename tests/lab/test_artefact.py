"""Between judge and artefact: calls, states, handles, and what an artefact does instead of answering."""

import json
import sys

import pytest

from labkit.lab.artefact import ArtefactError, Handle, State, in_process


def test_a_call_sends_copies_and_brings_back_a_copy():
    kept = []

    def student(request):
        kept.append(request)
        request["seen"] = True
        return request, (1, 2)

    sent = {"path": "/"}
    assert in_process(student).call(request=sent) == [{"path": "/", "seen": True}, [1, 2]]
    assert sent == {"path": "/"}
    assert kept[0] is not sent


def test_a_state_lives_for_one_scenario():
    def count(cache):
        cache["n"] = cache.get("n", 0) + 1
        return cache["n"]

    artefact = in_process(count)
    assert [artefact.call(cache=State("cache")) for _ in range(3)] == [1, 2, 3]
    artefact.fresh(2)
    assert artefact.call(cache=State("cache")) == 1


def test_a_handle_calls_back_to_the_judge_and_its_refusals_arrive_as_exceptions():
    asked = []

    def validate(token):
        asked.append(token)
        if token == "late":
            raise ConnectionError("keystone does not answer")
        return {"user": "anna"} if token == "good" else None

    def student(token, keystone):
        try:
            known = keystone.validate(token)
        except ConnectionError as error:
            return [503, str(error)]
        return [200, known["user"]] if known else [401, None]

    artefact = in_process(student)
    answers = [
        artefact.call(token=token, keystone=Handle("keystone", {"validate": validate}))
        for token in ("good", "bad", "late")
    ]
    assert answers == [[200, "anna"], [401, None], [503, "keystone does not answer"]]
    assert asked == ["good", "bad", "late"]
    assert [event.split(" ", 1)[1] for event in artefact.world.trace.short()][:4] == [
        "task → you call: call",
        "you → keystone call: validate",
        'keystone → you return: {"user": "anna"}',
        'you → task return: [200, "anna"]',
    ]


def test_a_wrong_call_of_a_handle_is_the_students_error():
    def student(keystone):
        return keystone.validate("a", "b")

    with pytest.raises(ArtefactError, match=r"raised TypeError: .* in line \d+: `return keystone.validate"):
        in_process(student).call(keystone=Handle("keystone", {"validate": lambda token: None}))


def test_the_lines_and_the_depth_of_the_judge_are_not_the_students():
    def student(clock):
        return [clock.now() for _ in range(500)][-1]

    assert (
        in_process(student, steps=12_000).call(clock=Handle("clock", {"now": lambda: sum(range(10_000))})) == 49_995_000
    )


def endless():
    while True:
        pass


def deep():
    return deep()


def stubborn():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def tight():
    while True: pass  # noqa: E701 (one instruction that jumps to itself)


def matryoshka():
    while True:
        try:
            try:
                try:  # noqa: SIM105
                    tight()
                except:  # noqa: E722
                    pass
            except:  # noqa: E722
                tight()
        except:  # noqa: E722
            pass
        finally:
            continue  # noqa: B012


def hoarder():
    kept = []
    while True:
        try:
            for _ in range(10):
                pass
        except BaseException as error:
            kept.append(error)


class Talkative(Exception):
    def __str__(self):
        return tight()


def talkative():
    raise Talkative


class Asked:
    @property
    def __class__(self):
        return tight()


def shrugging():
    try:
        endless()
    except BaseException:
        return "done"


@pytest.mark.parametrize(
    ("student", "said"),
    [
        (endless, "did not end within 20000 executed lines (an endless loop?), last in line"),
        (deep, "called itself more than 400 levels deep"),
        (stubborn, "did not end within 20000 executed lines"),
        (shrugging, "did not end within 20000 executed lines"),
        (tight, "did not end within 20000 executed lines"),
        (matryoshka, "did not end within 20000 executed lines"),
        (hoarder, "did not end within 20000 executed lines"),
        (talkative, "did not end within 20000 executed lines"),
        (lambda: Asked(), "did not end within 20000 executed lines"),
    ],
)
def test_what_never_ends_ends_with_a_clear_message(student, said):
    before = sys.gettrace()
    with pytest.raises(ArtefactError) as error:
        in_process(student).call()
    assert said in error.value.did and error.value.endless
    assert sys.gettrace() is before


def test_questions_to_the_judge_cost_steps():
    asked = []

    def student(keystone):
        while True:
            keystone.validate("token")

    with pytest.raises(ArtefactError, match="did not end within 20000 executed lines"):
        in_process(student).call(keystone=Handle("keystone", {"validate": asked.append}))
    assert len(asked) < 1000


def test_the_budget_counts_lines_not_time():
    def student(n):
        for _ in range(n):
            pass
        return n

    assert in_process(student, steps=400).call(n=150) == 150
    with pytest.raises(ArtefactError):
        in_process(student, steps=400).call(n=500)


@pytest.mark.parametrize(
    ("student", "said"),
    [
        (lambda request: {}[request["path"]], "your function raised KeyError: '/' in line"),
        (lambda: 1, "your function cannot be called with the arguments request"),
        (lambda asked: 1, "missing a required argument: 'asked'; keep the names: request"),
        (lambda request: json.loads("{"), "`(lambda request: json.loads("),
        (lambda request: compile("1 +", "<mine>", "exec"), "SyntaxError: invalid syntax in line 1: `1 +`"),
        (lambda request: float("nan"), "what you returned is nan"),
        ("text", "what you handed in is a str, not a function"),
        (3, "what you handed in is an int, not a function"),
        (lambda request: (n for n in request), "what you returned is a generator; a plain value was expected"),
        (lambda request: exit(), "your function raised SystemExit"),
    ],
)
def test_an_artefact_that_does_not_answer_is_told_in_its_own_words(student, said):
    with pytest.raises(ArtefactError) as error:
        in_process(student).call(request={"path": "/"})
    assert said in error.value.did
    assert "labkit" not in error.value.did


def test_a_configuration_is_a_value():
    assert in_process({"servers:list": "role:reader"}).value == {"servers:list": "role:reader"}
    with pytest.raises(ArtefactError, match="use a sorted list"):
        _ = in_process({"servers:list": {"reader"}}).value


def test_what_an_artefact_prints_is_kept_for_the_counterexample():
    def student():
        print("thinking")
        return 1

    artefact = in_process(student)
    artefact.call()
    assert artefact.output == "thinking\n"


def test_of_much_that_is_printed_the_beginning_is_kept():
    artefact = in_process(lambda: print("thinking " * 1_000_000))
    artefact.call()
    assert artefact.output.startswith("thinking") and len(artefact.output) == 2000


def test_several_handles_travel_in_a_dict_and_what_they_lack_is_answered_by_the_judge():
    def nothing_else(wanted):
        raise PermissionError(f"{wanted} is inside the machine")

    def student(hosts):
        said = [host.name() for host in hosts.values()]
        try:
            return hosts["b"].memory
        except PermissionError as error:
            return [*said, str(error)]

    hosts = {name: Handle(name, {"name": lambda name=name: name}, nothing_else) for name in "ab"}
    assert in_process(student).call(hosts=hosts) == ["a", "b", "memory is inside the machine"]
    with pytest.raises(ArtefactError, match="AttributeError"):
        in_process(lambda host: host.memory).call(host=Handle("host", {}))
