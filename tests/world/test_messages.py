"""Requests and casts: the ordinary ways in which a message is late, lost, doubled, refused or never answered."""

import pytest

from labkit.world import SILENT, LabError, Reply, Unanswered, World


def office(seed=7, serve=lambda message: {"status": 200}, **link):
    w = World(seed)
    w.node("laptop")
    w.node("keystone", serve=serve)
    if link:
        w.link("laptop", "keystone", **link)
    return w


def unanswered(w, **more):
    with pytest.raises(Unanswered) as caught:
        w.ask("laptop", "keystone", "rest", "GET /v3", **more)
    return caught.value


def test_an_answered_request_is_four_events():
    w = office(delay_s=0.02)
    assert w.ask("laptop", "keystone", "rest", "GET /v3") == {"status": 200}
    assert w.trace.short() == [
        "0 laptop → keystone rest: GET /v3",
        "0.02 laptop → keystone net: delivered",
        "0.02 keystone → laptop rest: 200",
        "0.04 keystone → laptop net: delivered",
    ]
    assert [event.cause for event in w.trace] == [None, 0, 1, 2]
    w.run()
    assert w.now == 0.04, "a deadline that was called off takes no time"


def test_unreachable_is_not_dead_and_nobody_outside_can_tell():
    def silence(fault):
        w = office()
        fault(w)
        error = unanswered(w, timeout_s=5)
        return str(error), error.code, error.definite, w.now

    cut = silence(lambda w: w.cut("laptop", "keystone"))
    crashed = silence(lambda w: w.crash("keystone"))
    lossy = silence(lambda w: w.link("laptop", "keystone", loss=1.0))
    slow = silence(lambda w: w.slow("laptop", "keystone", 100))
    assert cut == crashed == lossy == slow
    assert cut[2:] == (False, 5.0)


def test_a_stopped_process_refuses_and_that_is_certain():
    served = []
    w = office(serve=lambda message: served.append(message.what))
    w.stop("keystone")
    error = unanswered(w)
    assert error.definite is True and served == []
    assert w.now == 0.002, "refused after one way there and back, not after the timeout"
    w.start("keystone")
    w.ask("laptop", "keystone", "rest", "GET /v3")
    assert served == ["GET /v3"]


def test_a_late_reply_is_seen_by_the_trace_and_ignored_by_the_caller():
    w = office(delay_s=3.0)
    assert unanswered(w, timeout_s=5).definite is False
    w.run()
    assert w.trace.short()[-3:] == [
        "3 keystone → laptop rest: 200",
        "5 laptop → keystone net: timeout",
        "6 keystone → laptop net: late",
    ]


def test_the_effect_of_an_unanswered_request_may_have_happened():
    done = []
    w = office(serve=lambda message: done.append("booted"))
    w.cut("keystone", "laptop", both_ways=False)   # only answers are lost
    assert unanswered(w, timeout_s=1).definite is False
    assert done == ["booted"]


def test_a_duplicate_is_served_twice_and_answered_once():
    served = []
    w = office(serve=lambda message: served.append(message.what), duplicate=1.0)
    w.ask("laptop", "keystone", "rest", "POST /v3/users")
    w.run()
    assert served == ["POST /v3/users"] * 2
    replies = w.trace.where(src="keystone", kind="net")
    assert [event.what for event in replies] == ["delivered", "late", "late", "late"]


def test_a_cast_to_a_dead_machine_is_lost_and_the_sender_learns_nothing():
    w = office()
    w.crash("keystone")
    assert w.cast("laptop", "keystone", "heartbeat", "alive") is None
    w.run()
    assert w.trace.where(kind="net")[0].detail == {"reason": "down"}


def test_work_that_is_cut_short_by_a_stop_is_uncertain():
    def slow_boot(message):
        yield message.world.timeout(10)
        return {"status": 202}

    w = office(serve=slow_boot)
    w.at(4, lambda w: w.stop("keystone"))
    error = unanswered(w, timeout_s=60)
    assert error.definite is False and "closed the connection" in str(error)
    w.run()
    assert w.trace.where(what="202").short() == [], "the work ended with the process"


def test_a_crash_takes_the_running_work_and_even_its_clean_up():
    cleaned = []

    def work(message):
        try:
            yield message.world.timeout(10)
        finally:
            cleaned.append("a dead process wrote this")

    w = office(serve=work)
    w.at(4, lambda w: w.crash("keystone"))
    w.at(5, lambda w: w.start("keystone"))
    assert unanswered(w, timeout_s=30).definite is False
    assert cleaned == []


def test_refused_once_stays_refused_even_if_a_second_copy_comes_after_a_restart():
    served = []
    w = office(serve=lambda message: served.append(message.n), duplicate=1.0, jitter_s=10.0)
    w.stop("keystone")
    answer = w.call("laptop", "keystone", "rest", "POST /v3/users")
    w.run(until=between_the_copies(w))
    w.start("keystone")
    w.run()
    assert answer.value.definite is True and served == []


def between_the_copies(w):
    """A moment after the first copy of a request has reached its machine and before the second does."""
    peek = w.fork()
    peek.run()
    first, second = [event.t for event in peek.trace.where(kind="net") if arrives(peek, event)]
    return (first + second) / 2


def arrives(w, event):
    return event.what == "refused" or (event.what == "delivered" and event.src == "laptop")


def test_what_one_copy_did_is_not_denied_by_the_refusal_of_another():
    served = []
    w = office(serve=lambda message: served.append(message.n) or SILENT, duplicate=1.0, jitter_s=10.0)
    answer = w.call("laptop", "keystone", "rest", "POST /v3/users")
    moment = between_the_copies(w)
    served.clear()   # the peek into the future wrote to our list, too
    w.run(until=moment)
    w.stop("keystone")
    w.run()
    assert len(served) == 1 and answer.value.definite is False
    assert "closed the connection" in str(answer.value)


def test_a_handler_may_raise_stay_silent_or_show_less_than_it_says():
    def moody(message):
        if message.what == "wrong":
            raise LabError("no such user", code=404, definite=True)
        return SILENT if message.what == "silent" else Reply({"token": "secret"}, what="201", shown={"audit_id": "a1"})

    w = office(serve=moody)
    with pytest.raises(LabError) as caught:
        w.ask("laptop", "keystone", "rest", "wrong")
    assert (caught.value.code, caught.value.definite) == (404, True)
    with pytest.raises(Unanswered):
        w.ask("laptop", "keystone", "rest", "silent")
    detail = {"headers": {"X-Auth-Token": "secret"}, "method": "POST"}
    assert w.ask("laptop", "keystone", "rest", "token", **detail) == {"token": "secret"}
    assert "secret" not in w.trace.dumps()
    assert w.trace.where(what="201")[0].detail == {"audit_id": "a1"}


def test_a_handler_gets_its_own_copy_of_what_was_sent():
    def greedy(message):
        message.detail["list"].append("mine")
        return message.detail["list"]

    w, sent = office(serve=greedy), ["yours"]
    assert w.ask("laptop", "keystone", "rpc.call", "add", list=sent) == ["yours", "mine"]
    assert sent == ["yours"] and w.trace[0].detail == {"list": ["yours"]}


def test_causes_follow_a_request_through_three_services():
    def nova(message):
        yield message.world.timeout(1)
        image = yield message.world.call("nova", "glance", "rest", "GET image")
        message.world.emit("nova", None, "state", f"has {image}")
        return {"status": 202}

    w = World()
    w.node("laptop")
    w.node("nova", serve=nova)
    w.node("glance", serve=lambda message: "cirros")
    w.ask("laptop", "nova", "rest", "POST server")
    chain = w.trace.causes(w.trace.where(kind="state")[0])
    assert [f"{event.src} {event.what}" for event in chain] == [
        "laptop POST server", "laptop delivered", "nova GET image", "nova delivered", "glance reply",
        "glance delivered", "nova has cirros"]
    assert len(w.trace.effects(w.trace[0])) == len(w.trace) - 1


def test_a_caller_that_is_down_sends_nothing():
    w = office()
    w.crash("laptop")
    assert unanswered(w).definite is True
    w.cast("laptop", "keystone", "heartbeat", "alive")
    assert [event.what for event in w.trace] == ["crash", "unsent", "unsent"]
