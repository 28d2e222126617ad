"""Q5.T3, the blast radius: what still works, judged by stopping Keystone in the emulator and trying.

    works(op, minutes_after_stop, token_age) -> bool

`token_age` is how many minutes old the session's token was when Keystone stopped. Its owner used it once, right after
the login: listed the servers ('list servers' and 'boot' are tried with such a token), or listed them and booted one
('boot again'). 'log in', 'dashboard' (sign in and look) and 'web shop' (a visitor of a running VM) need no session.
"""

from functools import cache
from random import Random

from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task
from labkit.openstack.outage import blast_radius

SESSIONS = ("list servers", "boot", "boot again")
VMS = "running VMs serve without Keystone"
CACHE = "each service keeps a verdict for 300 s from the moment it asked Keystone"
COLD = (
    "a service that has not seen the token must ask Keystone: a boot passes nova, glance and neutron (and "
    "cinder, with a volume)"
)
LOGIN = "nobody gets a new token while Keystone is stopped"
RULES = {"web shop": VMS, "log in": LOGIN, "dashboard": LOGIN, "boot": COLD, "list servers": CACHE, "boot again": CACHE}
TOO_MUCH = {"list servers": "Q5.m9", "boot again": "Q5.m9", "boot": "S5.m2", "log in": None, "dashboard": "S3.m2"}


@cache
def played(token_age, minutes):
    """What the emulator showed for tokens of this age: {(operation, minute): Outcome}; played once per process."""
    return blast_radius(token_age, minutes)


def times(draw):
    """(ages, minutes) of one seed: young and old tokens, soon and late after the stop; all whole minutes."""
    ages = [*drawn(draw, (0, 1, 2, 3), 3), *drawn(draw, range(6, 31), 1), *drawn(draw, range(40, 58), 1)]
    late = [*drawn(draw, range(6, 13), 1), *drawn(draw, range(15, 41), 1), *drawn(draw, range(42, 60), 1)]
    return sorted(ages), (1, 2, 3, 4, *late, 70)


def scenarios(seed):
    """Forty-one questions, none twice; those about sessions are drawn from fresh verdicts, old verdicts and late
    minutes alike."""
    draw = Random(f"Q5.T3/{seed}").random
    ages, minutes = times(draw)
    pairs = [
        (age, minute) for age in ages for minute in minutes if age + minute != 5
    ]  # 5 is the moment itself: seconds would decide
    fresh = [pair for pair in pairs if sum(pair) < 5]
    stale = [pair for pair in pairs if sum(pair) > 5 and pair[1] < 5]
    late = [pair for pair in pairs if pair[1] > 5]
    asked = [
        (operation, *pair) for operation in SESSIONS for some in (fresh, late, stale) for pair in drawn(draw, some, 3)
    ]
    living = [pair for pair in stale if sum(pair) < 60]
    for operation, number in (("web shop", 3), ("log in", 2), ("dashboard", 2)):
        doors = [*drawn(draw, fresh, 1), *drawn(draw, living, 1), *drawn(draw, late, number)]
        asked += [(operation, *pair) for pair in doors]
    asked += [("web shop", ages[-1], 70)] if ("web shop", ages[-1], 70) not in asked else []
    family = {operation: "tokens in hand" if operation in SESSIONS else "doors and data plane" for operation in RULES}
    return [
        Scenario(
            family[operation],
            seed * 100 + number,
            f"{operation}, {minute} min after the stop, token {age} min old when it stopped",
            {"op": operation, "minutes_after_stop": minute, "token_age": age, "minutes": minutes},
        )
        for number, (operation, age, minute) in enumerate(asked)
    ]


def drawn(draw, some, number):
    """`number` different ones of some."""
    left = list(some)
    return [left.pop(int(draw() * len(left))) for _ in range(number)]


def judge(scenario, artefact):
    """One question; the emulator's try is the truth."""
    question = {key: scenario.data[key] for key in ("op", "minutes_after_stop", "token_age")}
    said, (operation, minute, age) = artefact.call(**question), question.values()
    if not isinstance(said, bool):
        return Failure("type", "works(…) returns True or False", f"you returned {said!r}")
    true = played(age, tuple(scenario.data["minutes"]))[operation, minute]
    if said == true.worked:
        return None
    did = (
        f"you say it {'works' if said else 'fails'}. In the emulator it {'worked' if true.worked else 'failed'}: "
        f"{true.said}."
    )
    return (
        Failure("safety", RULES[operation], did, TOO_MUCH[operation])
        if said
        else Failure("liveness", RULES[operation], did, "Q5.m2")
    )


def works(op, minutes_after_stop, token_age):
    """The reference: who needs Keystone now, and who has asked it less than five minutes ago?"""
    verdict_is_fresh = token_age + minutes_after_stop < 5
    return op == "web shop" or op in ("list servers", "boot again") and verdict_is_fresh


def instead(**rules):
    """The reference with one operation judged otherwise; underscores for spaces."""

    def wrong(op, minutes_after_stop, token_age):
        rule = rules.get(op.replace(" ", "_"), lambda minute, age: works(op, minute, age))
        return rule(minutes_after_stop, token_age)

    return wrong


def by_life(minute, age):
    return minute + age < 60


MUTANTS = {
    "Keystone down, cloud down": Mutant(lambda op, minutes_after_stop, token_age: False, "Q5.m2"),
    "a boot works as long as the token is valid": Mutant(instead(boot_again=by_life), "Q5.m9"),
    "five minutes from the stop": Mutant(
        instead(list_servers=lambda m, a: m < 5, boot_again=lambda m, a: m < 5), "Q5.m9"
    ),
    "a verdict lasts for ever": Mutant(instead(list_servers=lambda m, a: True), "Q5.m9"),
    "a boot asks one service": Mutant(instead(boot=lambda m, a: m + a < 5), "S5.m2"),
    "every boot fails": Mutant(instead(boot_again=lambda m, a: False), "Q5.m2"),
    "VMs stop when the token ends": Mutant(instead(web_shop=by_life), "Q5.m2"),
    "VMs stop with the caches": Mutant(instead(web_shop=lambda m, a: m + a < 5), "Q5.m2"),
    "the dashboard is something else": Mutant(instead(dashboard=lambda m, a: True), "S3.m2"),
    "logins are cached, too": Mutant(instead(log_in=lambda m, a: m + a < 5)),
}

TASK = tasks.register(
    Task(
        id="Q5.T3",
        card="Q5",
        title="The blast radius of Keystone",
        kind="function",
        signature="works(op, minutes_after_stop, token_age) -> bool",
        families={"doors and data plane": 1, "tokens in hand": 1},
        scenarios=scenarios,
        judge=judge,
        reference=works,
        mutants=MUTANTS,
        misconceptions={"S5.m2": "the token is checked once", "S3.m2": "Horizon is the control centre"},
        rules=(VMS, CACHE, COLD, LOGIN),
    )
)
