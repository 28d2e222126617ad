"""Virtual time, links that are slow or cut, and work that waits inside other work."""

from datetime import UTC, datetime

from labkit.world import World


def test_calendar_time_follows_virtual_time():
    w = World(start="2026-03-02T08:00:00+01:00")
    w.run(until=90.5)
    assert w.utcnow() == datetime(2026, 3, 2, 7, 1, 30, 500000, tzinfo=UTC)
    w.advance_to(5)
    assert w.now == 90.5
    w.advance_to(100)
    assert w.now == 100.0 and isinstance(w.now, float)


def test_things_happen_before_until_and_not_at_it():
    w = World()
    w.at(5, World.emit, "clock", None, "note", "five")
    w.run(until=5)
    assert w.trace.short() == []
    w.run(until=5.001)
    assert w.trace.short() == ["5 clock note: five"]


def test_slow_and_heal_change_what_is_sent_afterwards():
    w = World(delay_s=0.25)
    w.node("a")
    w.node("b", serve=lambda message: None)
    for t, fault in ((0, None), (1, lambda w: w.slow("a", "b", 2)), (2, World.heal)):
        if fault:
            w.at(t, fault)
        w.at(t + 0.5, World.cast, "a", "b", "heartbeat", f"sent at {t + 0.5}")
    w.run()
    assert [event.t for event in w.trace.where(what="delivered")] == [0.75, 2.75, 3.75]
    assert w.trace.cause_of(w.trace.where(what="delivered")[2]).what == "sent at 1.5", "overtaken by a later one"


def test_a_cut_takes_what_is_on_the_wire():
    w = World(delay_s=1)
    for name in ("a", "b", "c"):
        w.node(name)
    w.cast("a", "b", "heartbeat", "x")
    w.cast("a", "c", "heartbeat", "y")
    w.at(0.5, w.cut, ["a"], ["b", "c"])
    w.at(0.7, w.heal, "a", "c")
    w.run()
    assert w.trace.short() == [
        "0 a → b heartbeat: x",
        "0 a → c heartbeat: y",
        "0.5 a → b c fault: cut",
        "0.7 a → c fault: heal",
        "1 a → b net: lost",
        "1 a → c net: delivered",
    ]


def test_synchronous_code_inside_the_world_may_ask_too():
    def middleware(message):
        seen = message.world.ask("nova", "keystone", "rest", "GET /v3/auth/tokens", timeout_s=5)
        message.world.emit("nova", None, "state", f"token {seen}")
        return {"status": 200}

    w = World(delay_s=0.5)
    w.node("laptop")
    w.node("nova", serve=middleware)
    w.node("keystone", serve=lambda message: "valid")
    w.ask("laptop", "nova", "rest", "GET /servers")
    assert w.now == 2.0
    believed = w.trace.where(kind="state")[0]
    assert w.trace.cause_of(believed).src == "laptop", "synchronous code goes on with the cause it had"
    assert w.fork().now == 2.0


def test_a_timer_goes_back_to_what_started_the_process():
    def loop(message):
        yield message.world.timeout(1)
        message.world.emit("b", None, "note", "tick")

    w = World()
    w.node("a")
    w.node("b", serve=loop)
    w.cast("a", "b", "rpc.cast", "begin")
    w.run()
    assert w.trace.causes(w.trace[-1]).short() == [
        "0 a → b rpc.cast: begin", "0.001 a → b net: delivered", "1.001 b note: tick"]


def test_an_orderly_stop_may_say_goodbye_and_a_start_begins_anew():
    w = World()
    w.node("peer")
    w.node("b", on_stop=lambda: w.cast("b", "peer", "heartbeat", "leaving"),
           on_start=lambda: w.emit("b", None, "state", "empty memory"))
    w.stop("b")
    w.start("b")
    w.run()
    assert w.trace.short() == ["0 b fault: stop", "0 b → peer heartbeat: leaving", "0 b fault: start",
                               "0 b state: empty memory", "0.001 b → peer net: delivered"]
