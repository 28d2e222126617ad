"""S10.T2, tuning a pair: one configuration that keeps its promise on networks nobody has shown you.

    {"interval_s": 1, "misses": 3, "fencing": True, "replication": "async", "redirect": "dns", "drill_days": None}

interval_s: 0.1 to 60. misses: whole beats. replication: 'sync' | 'async' (30 s behind) | 'none' (there is no shared
disk). redirect: 'address' (1 s) | 'dns' (TTL 60 s). drill_days: a number, or None for 'never'. The standby is hot and
needs 5 s to be promoted. Promised: nobody waits longer than 15 s, no acknowledged write is lost, at most one false
failover in a month. The network loses 0.1 to 5 % of the beats, the others are up to 0.4 s late. A fault in the
standby's configuration is there for at least 45 days before the active one crashes.

What the real one does differently: nobody is told the loss of the network either; one measures it, and again later.
"""

from functools import lru_cache

from labkit.failover import Clients, Metrics, Pair
from labkit.failover.heartbeat import false_alarms
from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.s10_tuning_cases import ALARMS, FAMILIES, LATENT, scenarios
from labkit.lab.tasks.s10_tuning_mutants import CONFIGURATION, MUTANTS

RTO_S, FALSE_PER_MONTH, DAY_S = 15.0, 1, 86400.0
SHAPE = "the configuration has exactly the six values, each of its kind"
WAITS = f"nobody waits longer than {RTO_S:g} s"
READY = "the standby can serve when it is needed"
KEPT = "no acknowledged write is lost"
FALSE = f"at most {FALSE_PER_MONTH} false failover in a month"
RULES = (SHAPE, WAITS, READY, KEPT, FALSE)
VALUES = {
    "interval_s": lambda x: number(x) and 0.1 <= x <= 60,
    "misses": lambda x: number(x) and x == int(x) and 1 <= x <= 1000,
    "fencing": lambda x: isinstance(x, bool),
    "replication": lambda x: x in ("sync", "async", "none"),
    "redirect": lambda x: x in ("address", "dns"),
    "drill_days": lambda x: x is None or number(x) and x >= 1,
}


def number(value):
    """A number, and not True or False."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def judge(scenario, artefact):
    """Play one month, one accident or one year, by the family's kind."""
    config, data = artefact.value, scenario.data
    failure = malformed(config)
    if failure:
        return failure
    if scenario.family == ALARMS:
        return alarms(config, data, scenario.seed)
    return latent(config, data, artefact.world) if data["kind"] == LATENT else accident(config, data, artefact.world)


def malformed(config):
    """The first value that is missing, unknown or of another kind."""
    if not isinstance(config, dict):
        return Failure("type", SHAPE, f"you handed in {config!r}, not a configuration with named values")
    for name in [*config, *VALUES]:
        if name not in VALUES or name not in config:
            return Failure("type", SHAPE, f"{name!r} is {'missing' if name in VALUES else 'not one of them'}")
        if not VALUES[name](config[name]):
            return Failure("type", SHAPE, f"{name} cannot be {config[name]!r}")
    return None


def pair_of(w, config, **more):
    """A pair as it was configured."""
    chosen = {name: config[name] for name in ("fencing", "replication", "redirect")}
    return Pair(w, **{**chosen, "interval_s": config["interval_s"], "misses": int(config["misses"]), **more})


def accident(config, data, w):
    """Somebody crashes, or a cable is cut, under clients who write."""
    pair = pair_of(w, config, service="constant")
    w.link("node1", "node2", delay_s=0.001, jitter_s=data["jitter_s"], loss=data["loss"])
    people = Clients(w, pair.address, rate=6, write_share=data["writes"], late_s=2.0, patience_s=3.0)
    w.at(data["at_s"], *((w.crash, "node1") if data["kind"] == "crash" else (w.cut, "node1", "node2")))
    w.run(until=data["at_s"] + data["more_s"])
    early = w.trace.where(kind="failover", what="suspected", until=data["at_s"])
    if early:
        return too_soon(config, data, early[0])
    seen = Metrics(people)
    missing = len(seen.missing(pair.kept()))
    if missing:
        return lost(config, seen, pair, missing)
    if data["kind"] == "crash" and not data["writes"] and seen.impaired_s > RTO_S or not pair.actives:
        return slow(seen)
    return None


def too_soon(config, data, suspected):
    """It did not even wait for the accident."""
    did = f"the standby took over at {suspected.t:.0f} s, although node1 was fine until {data['at_s']:g} s"
    return Failure("economy", FALSE, did, hasty(config))


def hasty(config):
    """The belief behind a timer that is too short."""
    return "S10.m4" if config["interval_s"] * config["misses"] < 2.5 else None


def lost(config, seen, pair, missing):
    """Acknowledged, and gone."""
    two, copies = len(pair.actives) > 1, config["replication"]
    where = {"async": "the copies were 30 s behind", "none": "the disk of node2 was empty", "sync": ""}[copies]
    where = f"{' and '.join(pair.actives)} are active and write, each to a disk of its own" if two else where
    did = f"{where}: {missing} acknowledged writes of {seen.rpo_s(pair.kept()):.0f} s are not there any more"
    return Failure("safety", KEPT, did, "S8.m3" if two else "S10.m5" if copies != "sync" else None)


def slow(seen):
    """Somebody waited for too long."""
    until = "some of the clients" if seen.impaired_s > seen.downtime_s + 1 else "the clients"
    return Failure(
        "liveness", WAITS, f"{until} were not served for {seen.impaired_s:.1f} s, {seen.lost} requests failed"
    )


def latent(config, data, w):
    """Months in a moment: beats once in six hours, for only the drills count here."""
    drill_s = config["drill_days"] and config["drill_days"] * DAY_S
    pair = pair_of(w, config, interval_s=21600.0, misses=1, redirect="dns", ttl_s=30 * DAY_S, drill_s=drill_s)
    w.at(data["fault_day"] * DAY_S, pair.break_standby)
    w.at(data["crash_day"] * DAY_S, w.crash, "node1")
    w.run(until=(data["crash_day"] + 1) * DAY_S)
    if pair.actives == ["node2"]:
        return None
    drilled = "nobody had tried it" if not drill_s else f"the last drill was before day {data['fault_day']}"
    did = f"the standby's configuration was wrong since day {data['fault_day']}, {drilled}: when node1 crashed on day "
    return Failure("liveness", READY, f"{did}{data['crash_day']}, nobody served", "S10.m3")


@lru_cache(maxsize=512)
def month(loss, misses, interval_s, seed, jitter_s):
    """False failovers of a month, at most 1000: the same values give the same month."""
    return false_alarms(loss, misses, interval_s, days=30, seed=seed, jitter_s=jitter_s, most=1000)


def alarms(config, data, seed):
    """A month without an accident."""
    interval_s, misses = config["interval_s"], int(config["misses"])
    wrong = month(data["loss"], misses, interval_s, seed, data["jitter_s"])
    if wrong <= FALSE_PER_MONTH:
        return None
    count = f"{wrong}" if wrong < 1000 else "more than a thousand"
    did = f"in a month in which nothing broke, the standby took over {count} times: {misses} beats of {interval_s:g} s"
    return Failure("economy", FALSE, did, hasty(config))


TASK = tasks.register(
    Task(
        id="S10.T2",
        card="S10",
        title="Tuning a pair for networks you have not seen",
        kind="configuration",
        signature="{'interval_s', 'misses', 'fencing', 'replication', 'redirect', 'drill_days'}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=CONFIGURATION,
        mutants=MUTANTS,
        misconceptions={
            "S10.m3": "a standby that nobody tests is a standby",
            "S10.m4": "faster heartbeat is always better",
            "S10.m5": "replication = no loss",
            "S8.m3": "fencing is optional, or can come later",
        },
        rules=RULES,
    )
)
