"""Clients and what they saw: arrivals, patience, repeats, and the metrics of an accident."""

import pytest

from labkit.failover import Clients, Metrics, utilisation
from labkit.world import LabError, World


def shop(seed=1, serve=lambda message: {"status": 200}):
    w = World(seed=seed)
    w.node("web", serve=serve)
    return w


def test_a_crash_of_ten_seconds_loses_what_arrives_meanwhile_and_the_clients_say_so():
    w = shop()
    people = Clients(w, "web", rate=50, arrivals="constant")
    w.at(30, w.crash, "web")
    w.at(40, w.start, "web")
    w.run(until=60)
    seen = Metrics(people)
    assert 2995 <= seen.asked <= 3000
    assert seen.lost == 500
    assert seen.downtime_s == pytest.approx(10, abs=0.05)
    served = {each.t_s: each.served for each in seen.curve()}
    assert [served[t] for t in (29.0, 30.0, 35.0, 39.0, 41.0)] == [50, 0, 0, 0, 50]


def test_poisson_arrivals_come_at_their_rate_and_in_bursts():
    w = shop()
    people = Clients(w, "web", rate=50)
    w.run(until=200)
    seen = Metrics(people)
    assert abs(seen.asked - 10_000) < 3 * 100  # three standard deviations of a Poisson count
    asked = [each.asked for each in seen.curve()]
    mean = sum(asked) / len(asked)
    variance = sum((each - mean) ** 2 for each in asked) / (len(asked) - 1)
    assert 0.75 < variance / mean < 1.3


def test_a_recording_is_played_to_the_moment():
    w = shop()
    people = Clients(w, "web", arrivals=[1.0, 1.5, 9.25])
    w.run(until=20)
    assert [each.at_s for each in people.requests] == [1.0, 1.5, 9.25]
    with pytest.raises(LabError, match="arrival 2 is at 3 s, but 5 s has passed"):
        Clients(shop(), "web", arrivals=[5.0, 3.0])


def test_whoever_repeats_may_do_it_twice_unless_the_server_knows_the_id():
    def shop_that_stays_silent_after_the_work(remember):
        done, said = [], {}

        def serve(message):
            if remember and message.detail["id"] in said:
                return said[message.detail["id"]]
            done.append(message.detail["id"])
            said[message.detail["id"]] = {"status": 200}
            return {"status": 200}

        w = shop(seed=3, serve=serve)
        people = Clients(w, "web", rate=20, write_share=1.0, retries=3, patience_s=0.5, backoff_s=0.1, until_s=100)
        w.link("clients", "web", loss=0.2)
        w.run(until=110)
        return Metrics(people), done

    seen, done = shop_that_stays_silent_after_the_work(remember=False)
    assert seen.retried > 400 and seen.lost < 0.05 * seen.asked  # 0.36 of the tries fail, four tries
    assert Metrics.duplicated(done) > 100
    seen, done = shop_that_stays_silent_after_the_work(remember=True)
    assert Metrics.duplicated(done) == 0


def test_a_late_answer_is_served_and_late_and_one_that_is_too_late_is_lost():
    w = shop()
    people = Clients(w, "web", arrivals=[1.0, 2.0, 3.0], late_s=1.0, patience_s=2.0)
    w.at(1.5, w.slow, "clients", "web", 0.6)
    w.at(2.8, w.slow, "clients", "web", 1.5)
    w.run(until=20)
    seen = Metrics(people)
    assert (seen.served, seen.late, seen.lost) == (2, 1, 1)


def test_acknowledged_writes_that_are_missing_afterwards_are_the_rpo():
    kept = []

    def serve(message):
        kept.append(message.detail["id"])
        return {"status": 200}

    w = shop(serve=serve)
    people = Clients(w, "web", rate=10, arrivals="constant", write_share=1.0)
    w.run(until=60)
    seen = Metrics(people)
    assert seen.missing(kept) == [] and seen.rpo_s(kept) == 0
    assert len(seen.missing(kept[:-50])) in (49, 50) and seen.rpo_s(kept[:-50]) == pytest.approx(4.9, abs=0.15)


def test_a_batch_weighs_what_it_stands_for():
    w = shop()
    people = Clients(w, "web", rate=100, arrivals="constant", batch=10)
    w.run(until=10)
    assert len(people.requests) == pytest.approx(100, abs=1) and Metrics(people).asked == 10 * len(people.requests)


def test_the_same_seed_gives_the_same_bytes_and_a_fork_goes_on():
    def play():
        w = shop(seed=5)
        Clients(w, "web", rate=20, write_share=0.5, sessions=3)
        w.run(until=20)
        return w

    one, other = play(), play()
    assert one.trace.digest() == other.trace.digest()
    assert one.fork().trace.digest() == one.trace.digest()


@pytest.mark.parametrize(
    "wrong", [{"rate": 0}, {"rate": -1}, {"arrivals": "often"}, {"batch": 1.5}, {"write_share": 2}, {"to": "wbe"}]
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_left_behind(wrong):
    w = shop()
    with pytest.raises(LabError):
        Clients(w, **{"to": "web", **wrong})
    assert "clients" not in w.nodes and not w.components


def test_utilisation_needs_time():
    assert utilisation(30, 60) == 0.5 and utilisation(60, 60, workers=2) == 0.5
    with pytest.raises(LabError):
        utilisation(0, 0)
