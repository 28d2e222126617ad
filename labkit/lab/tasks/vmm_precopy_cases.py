"""VMM.T4: the guests that are moved. A scenario is a guest (memory, writing rates round by round, working set), a link
(bandwidth round by round) and limits; after the end of a list its last value holds."""

from random import Random

from labkit.lab.task import Scenario
from labkit.vmm.migration.load import PAGE_MIB, Load

SETTLES, NEVER, CHANGES = "guests that settle", "guests that never settle", "guests that change"
LONGEST = 60  # rounds that a judge watches


def play(data):
    """The rounds as they happen while the guest runs, for ever: {sent_mib, seconds, dirty_mib}."""
    volume_mib, number = data["memory_mib"], 0
    while True:
        bandwidth, rate = (values[min(number, len(values) - 1)] for values in (data["bandwidth"], data["rates"]))
        seconds = volume_mib / bandwidth
        dirty_mib = Load(data["memory_mib"], rate, data["wws_mib"]).dirtied_mib(seconds)
        dirty_mib = 0.0 if dirty_mib < PAGE_MIB else dirty_mib
        yield {"sent_mib": round(volume_mib, 3), "seconds": round(seconds, 6), "dirty_mib": round(dirty_mib, 3)}
        volume_mib, number = round(dirty_mib, 3), number + 1


def stop_s(last):
    """How long the guest would stand still if it were stopped after this round."""
    return last["dirty_mib"] * last["seconds"] / last["sent_mib"] if last["sent_mib"] else 0.0


def stuck(rounds):
    """Three rounds in a row that left more than 90 % of what they had sent: no burst lasts so long."""
    return len(rounds) >= 3 and all(one["dirty_mib"] > 0.9 * one["sent_mib"] for one in rounds[-3:])


def reachable(data):
    """Does it become small enough while rounds may still begin?"""
    rounds, limits = [], data["limits"]
    for one in play(data):
        rounds.append(one)
        spent_s = sum(each["seconds"] for each in rounds)
        if stop_s(one) <= limits["downtime_s"]:
            return True
        if stuck(rounds) or spent_s + stop_s(one) > limits["copy_s"] or len(rounds) >= LONGEST:
            return False


def scenarios(seed):
    """Thirty guests, the quickest decisions first."""
    draw = Random(f"VMM.T4/{seed}").random
    told = [*settling(draw), *unsettled(draw), *changing(draw)]
    told.sort(key=lambda story: (story[2]["length"], story[0]))
    return [Scenario(family, seed * 100 + number, title, data) for number, (family, title, data) in enumerate(told)]


def settling(draw):
    """Dirty rate well below the bandwidth: each round leaves less."""
    for part in (0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7):
        link, gib = pick(draw, (125, 1000, 1200, 2400)), pick(draw, (2, 4, 8, 16))
        yield story(SETTLES, draw, gib, link, part, copy=8 if part > 0.5 else 4, permitted=draw() < 0.5)


def unsettled(draw):
    """Writes as fast as the link carries, or has a working set that is always dirty, or the time is too short."""
    for number, part in enumerate((1.0, 1.1, 1.5, 2.0, 3.0)):
        link, gib = pick(draw, (125, 1000, 1200)), pick(draw, (2, 4, 8))
        yield story(NEVER, draw, gib, link, part, copy=30, permitted=number % 2 == 0, noise=0.02)
    for number, wws in enumerate((0.1, 0.25, 0.4)):
        link, gib = pick(draw, (125, 250, 500)), pick(draw, (8, 16))
        yield story(NEVER, draw, gib, link, 2.5, copy=30, permitted=number == 1, wws=wws)
    for permitted in (True, False):
        yield story(
            NEVER, draw, pick(draw, (8, 16)), pick(draw, (125, 250)), 0.7, copy=1.3 + draw(), permitted=permitted
        )


def changing(draw):
    """Bursts of one or two rounds, then quiet; a link that others begin to use; a guest that wakes up."""
    for bursts in ((1,), (2,), (1, 2), (2, 1)):
        rates = [0.5] + [0.3] * int(draw() * 2)
        for length in bursts:
            rates += [1.2] * length + [0.5]
        link, gib = pick(draw, (250, 500)), pick(draw, (4, 8, 16))
        yield story(CHANGES, draw, gib, link, [*rates, 0.3], copy=25, permitted=draw() < 0.5)
    for late in (1, 1, 2):
        faster = pick(draw, (1000, 1200))
        bandwidth = [faster] * late + [faster / 3]
        yield story(CHANGES, draw, pick(draw, (4, 8)), bandwidth, 0.25, copy=30, permitted=draw() < 0.5)
    for permitted in (True, False, False):
        rates = [0.5, 0.5, *(1.3 for _ in range(4)), 1.3]
        yield story(CHANGES, draw, pick(draw, (8, 16)), pick(draw, (125, 250)), rates, copy=30, permitted=permitted)


def story(family, draw, gib, link, parts, copy, permitted, wws=None, noise=0.08):
    """One guest: `parts` of the first bandwidth are its writing rates, `copy` times memory / bandwidth its time."""
    bandwidth = link if isinstance(link, list) else [link]
    parts = parts if isinstance(parts, list) else [parts]
    rates = [
        part * bandwidth[0] * (1 + noise * (2 * draw() - 1)) for part in parts + parts[-1:] * (LONGEST - len(parts))
    ]
    data = {
        "memory_mib": gib * 1024,
        "bandwidth": [value * (1 + 0.03 * (2 * draw() - 1)) for value in bandwidth + bandwidth[-1:] * 40],
        "rates": rates,
        "wws_mib": None if wws is None else wws * gib * 1024,
        "limits": {"downtime_s": pick(draw, (0.3, 0.3, 0.5)), "copy_s": round(copy * gib * 1024 / bandwidth[0], 1),
                   "post_copy": permitted, "memory_mib": gib * 1024},
    }  # fmt: skip
    data["length"] = length(data)
    return family, title(data, parts, bandwidth), data


def length(data):
    """Rounds after which it is decided."""
    rounds = []
    for one in play(data):
        rounds.append(one)
        if stop_s(one) <= data["limits"]["downtime_s"] or stuck(rounds) or len(rounds) == LONGEST:
            return len(rounds)


def title(data, parts, bandwidth):
    """The guest in words."""
    words = [f"{data['memory_mib'] // 1024} GiB", f"link {bandwidth[0]:g} MiB/s"]
    if len(bandwidth) > 1:
        words.append(f"from round {len(bandwidth)} on {bandwidth[-1]:.0f}")
    if len(set(parts)) > 1:
        bursts = [number for number, part in enumerate(parts, 1) if part > 1]
        when = f"from round {bursts[0]} on" if parts[-1] > 1 else f"in round {' and '.join(map(str, bursts))}"
        words.append(f"writes {parts[0] * bandwidth[0]:.0f} MiB/s, faster than the link {when}")
    else:
        words.append(f"writes {parts[0] * bandwidth[0]:.0f} MiB/s")
    if data["wws_mib"] is not None:
        words.append(f"in {data['wws_mib']:.0f} MiB")
    limits = data["limits"]
    words.append(f"stop at most {1000 * limits['downtime_s']:.0f} ms, copy at most {limits['copy_s']:g} s")
    return ", ".join(words) + f", post-copy {'permitted' if limits['post_copy'] else 'not permitted'}"


def pick(draw, some):
    """One of some."""
    return some[int(draw() * len(some))]
