"""The stories of S7.T1, shortest first: what is ordered, what breaks and heals, and when peace comes.

A story has `hosts` (their number), `steps` [[second, what, argument …], …] and `until`: nothing is disturbed in its
last 75 s, so that all must be as it should be 60 s after the last step, and stay so without a single order.
"""

from random import Random

from labkit.lab.task import Scenario

ORDERS, MESSAGES, SILENCE, RESTARTS = "orders", "messages", "silent hosts", "restarts of the VIM"
FAMILIES = {ORDERS: 1, MESSAGES: 1, SILENCE: 2, RESTARTS: 1}
NAMES = ("web", "db", "shop", "mail", "wiki", "build", "cache", "queue")
QUIET_S = 75


def scenarios(seed):
    """Twenty-five stories; the seed draws names, moments and the weather on the links."""
    luck = Random(f"S7.T1/{seed}")
    stories = [*orders(luck), *messages(luck), *silence(luck), *restarts(luck)]
    return [
        Scenario(family, seed * 100 + number, title, {"hosts": hosts, "steps": steps, "until": steps[-1][0] + QUIET_S})
        for number, (family, title, hosts, steps) in enumerate(stories)
    ]


def some(luck, number):
    """So many names of VMs."""
    return luck.sample(NAMES, number)


def run(t, *vms):
    return [[t, "run", vm] for vm in vms]


def orders(luck):
    """Good weather: VMs are ordered and released."""
    a, b, c, d = some(luck, 4)
    yield ORDERS, "one VM", 2, run(1, a)
    yield ORDERS, "three VMs on three hosts", 3, run(1, a, b, c)
    yield ORDERS, "a VM is released", 2, [*run(1, a, b), [luck.randrange(20, 40), "release", a]]
    steps = [*run(1, a), [23, "release", a], [48, "run", a]]
    yield ORDERS, "a VM is released, and ordered again", 3, steps
    steps = [*run(1, a), [luck.randrange(21, 24), "release", a], [25, "run", a], *run(26, b, c), [41, "release", b]]
    yield ORDERS, "orders change while they are carried out", 2, steps
    yield ORDERS, "a guest has shut itself down", 2, [*run(1, a, b), [luck.randrange(22, 44), "ends", a]]
    dead = [[0, "cut bmc"], [0, "crash", "esx1"]]
    yield ORDERS, "a host that is dead for good, like its power switch", 3, [*dead, *run(1, a, b, c, d)]


def messages(luck):
    """Bad links between the VIM and its agents."""
    a, b, c, d = some(luck, 4)
    for title, loss, duplicate, jitter_s, number in (
        ("two messages of five are lost", 0.4, 0, 0, 2),
        ("messages take up to 12 s", 0, 0, 12, 2),
        ("messages come twice, and up to 8 s late", 0, 0.5, 8, 3),
        ("messages are lost, doubled and late", 0.3, 0.3, 6, 3),
    ):
        weather = [0, "weather", loss, duplicate, jitter_s]
        yield MESSAGES, title, number, [weather, *run(1, a, b, c), [70, "weather", 0, 0, 0]]
    steps = [*run(1, a, b), [20, "weather", 0.4, 0.3, 7], [30, "release", a], *run(41, c), [52, "run", a],
             [80, "weather", 0, 0, 0]]  # fmt: skip
    yield MESSAGES, "orders change in bad weather", 3, steps
    steps = [[0, "weather", 0.5, 0, 3], *run(1, a, b, c, d), [44, "release", b], [61, "release", c],
             [80, "weather", 0, 0, 0]]  # fmt: skip
    yield MESSAGES, "half of all messages are lost", 2, steps


def silence(luck):
    """Hosts that are not heard, dead or alive."""
    a, b, c, d = some(luck, 4)
    away_s = luck.randrange(17, 22)
    yield SILENCE, f"a cable is cut for {away_s} s", 2, [*run(1, a, b), [31, "cut"], [31 + away_s, "heal"]]
    yield SILENCE, "the host of a VM dies", 2, [*run(1, a, b), [luck.randrange(30, 36), "crash"]]
    yield SILENCE, "the cable of a host is cut for two minutes", 2, [*run(1, a), [31, "cut"], [150, "heal"]]
    yield SILENCE, "a host dies and is back after 15 s", 3, [*run(1, a, b, c), [32, "crash"], [47, "start"]]
    steps = [*run(1, a, b, c), [33, "crash"], [luck.randrange(100, 120), "start"]]
    yield SILENCE, "a host dies and comes back after its fence", 3, steps
    steps = [*run(1, a, b), [30, "cut bmc"], [33, "cut"], [160, "heal"]]
    yield SILENCE, "a host cannot be reached, and its power cannot be switched", 2, steps
    steps = [*run(1, a, b, c), [30, "cut bmc"], [33, "crash"], [130, "heal"]]
    yield SILENCE, "a host dies, and its power answers only later", 3, steps
    steps = [*run(1, a, b, c, d), [31, "cut back"], [150, "heal"]]
    yield SILENCE, "a host hears, and is not heard", 3, steps


def restarts(luck):
    """The VIM's process ends and starts again with its database."""
    a, b, c = some(luck, 3)
    yield RESTARTS, "the VIM restarts while all is well", 2, [*run(1, a, b), [32, "restart"]]
    yield RESTARTS, "the VIM restarts while its messages are late", 3, [
        *run(1, a, b, c), [30, "weather", 0, 0, 9], [38, "restart"], [66, "weather", 0, 0, 0]]  # fmt: skip
    steps = [*run(1, a), [5.5, "restart"], [7.5, "run", b], [10.5, "restart"]]
    yield RESTARTS, "the VIM restarts just after it has ordered", 3, steps
    steps = [*run(1, a, b), [30, "cut"], [luck.randrange(41, 44), "restart"], [66, "heal"]]
    yield RESTARTS, "the VIM restarts while a host is cut off", 2, steps
    steps = [*run(1, a, b, c), [31, "crash"], [46, "restart"], [47, "release", b], [90, "restart"]]
    yield RESTARTS, "the VIM restarts while a host is dead", 3, steps
