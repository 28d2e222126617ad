"""S9.T2: what happens to three backends within half a minute. A backend needs 0.1 s for a request, a slow one more, a
long request more everywhere."""

from itertools import count
from random import Random

from labkit.failover.backend import CHECK, Backend
from labkit.lab.task import Scenario

SLOW, DYING, FLAPPING, LONG = "slow backends", "dying backends", "flapping backends", "long requests"
NAMES = ("web1", "web2", "web3")
SERVICE_S, SECONDS, TIMEOUT_S = 0.1, 32, 8.0
PROMISE_S = 4 * SERVICE_S


class Moody(Backend):
    """A backend whose health page looks at a database, and answers 500 while that one hiccups. Requests are served."""

    hiccups = False

    def serve(self, message):
        """As a backend does, but for the health page."""
        return {"status": 500} if message.kind == CHECK and self.hiccups else super().serve(message)


def build(world, data):
    """The three backends of a scenario, and their accidents."""
    number = count(1)

    def service_s():
        """A little unequal; every `long_every`-th request is a long one."""
        long = data["long_every"] and next(number) % data["long_every"] == 0
        return SERVICE_S * (data["long"] if long else 0.9 + 0.2 * luck())

    luck = world.random("work").random
    speeds = data["speeds"]
    backends = {
        name: Moody(world, name, service_s, SERVICE_S, speed=speed) for name, speed in zip(NAMES, speeds, strict=True)
    }
    for at_s, what, names in data["accidents"]:
        for name in names:
            world.at(at_s, happen, what, name)
    return backends


def happen(world, what, name):
    """An accident, or its end."""
    if what in ("hiccup", "no hiccup"):
        world.components[name].hiccups = what == "hiccup"
    elif what in ("slow", "full speed"):
        world.components[name].slow(6 if what == "slow" else 1)
    else:
        getattr(world, what)(name)


def scenarios(seed):
    """Twenty half minutes."""
    luck = Random(f"S9.T2/{seed}")
    told = [*slow(luck), *dying(luck), *flapping(luck), *long(luck)]
    return [Scenario(family, seed * 100 + i, data["story"], data) for i, (family, data) in enumerate(told)]


def story(family, luck, words, rate=6.0, speeds=(1.0, 1.0, 1.0), accidents=(), long_every=0, long=1.0):
    """(family, data) of one scenario."""
    rate += 0.5 * luck.random()
    accidents = [list(each) for each in accidents]
    return family, {"story": words, "rate": rate, "speeds": list(speeds), "accidents": accidents,
                    "long_every": long_every, "long": long}  # fmt: skip


def slow(luck):
    """One or two are slower, from the beginning or from some moment on."""
    for times in (5, 6, 8, 10):
        at = luck.randrange(3)
        speeds = [1 / times if i == at else 1.0 for i in range(3)]
        yield story(SLOW, luck, f"{NAMES[at]} is {times} times slower than the others", speeds=speeds)
    at, when = luck.randrange(3), luck.randrange(6, 12)
    words = f"{NAMES[at]} becomes 6 times slower at second {when}"
    yield story(SLOW, luck, words, accidents=[(when, "slow", [NAMES[at]])])


def dying(luck):
    """A crash, a stop, and restarts one after the other."""
    for what, word in (("crash", "dies (no answer)"), ("stop", "is stopped (connection refused)")):
        at, when = luck.randrange(3), luck.randrange(8, 15)
        words = f"{NAMES[at]} {word} at second {when} and does not come back"
        yield story(DYING, luck, words, accidents=[(when, what, [NAMES[at]])])
    for step in (8, 9, 9.5):
        order = luck.sample(NAMES, 3)
        accidents = [(4 + i * step, "stop", [name]) for i, name in enumerate(order)]
        accidents += [(4 + i * step + 4, "start", [name]) for i, name in enumerate(order)]
        words = f"{', '.join(order)} are restarted one after the other, each is away for 4 s"
        yield story(DYING, luck, words, accidents=sorted(accidents))


def flapping(luck):
    """Single checks of all fail at the same time; and one backend dies again and again."""
    for times in (1, 2, 3):
        accidents = []
        for i in range(times):
            when = 6 + 7 * i + luck.random()
            accidents += [(when, "hiccup", NAMES), (when + 1, "no hiccup", NAMES)]
        many = "once" if times == 1 else f"{times} times"
        words = f"{many} all health pages answer 500 for a second (a database hiccups); requests are served"
        yield story(FLAPPING, luck, words, accidents=accidents)
    for period in (7, 8):
        at = luck.randrange(3)
        accidents = []
        for i in range(3):
            accidents += [(3 + i * period, "crash", [NAMES[at]]), (3 + i * period + period - 1.8, "start", [NAMES[at]])]
        words = f"{NAMES[at]} dies again and again: away for {period - 1.8:g} s, back for 1.8 s"
        yield story(FLAPPING, luck, words, accidents=accidents)


def long(luck):
    """One request in about fifty takes ten to twenty times as long, on whatever backend it is."""
    for every, times in ((50, 12), (50, 16), (45, 14), (45, 18), (50, 20)):
        words = f"one request in {every} takes {times} times as long"
        yield story(LONG, luck, words, rate=5.0, long_every=every, long=times)
