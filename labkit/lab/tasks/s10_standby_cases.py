"""S10.T1: what happens to the pair. Times are seconds with one decimal, never on a beat."""

from random import Random

from labkit.lab.task import Scenario

CRASH, CUT, JITTER, RECOVERY = "crash", "cut cable", "lost and late beats", "recovery"
FAMILIES = {CRASH: 1, CUT: 2, JITTER: 1, RECOVERY: 1}


def scenarios(seed):
    """Twenty-four accidents, the simpler ones first in each family."""
    luck = Random(f"S10.T1/{seed}").random
    told = [*crashes(luck), *cuts(luck), *noise(luck), *recoveries(luck)]
    return [Scenario(family, seed * 100 + i, title, data) for i, (family, title, data) in enumerate(told)]


def crashes(luck):
    """The active is gone; the power switch takes 0, 1 or 2 s."""
    for fence_s in (0, 0, 1, 1, 2, 2):
        at_s = moment(luck)
        title = f"node1 crashes at {at_s:g} s; the power switch takes {fence_s} s"
        yield CRASH, title, case([[at_s, "crash"]], at_s, "its crash", fence_s=fence_s, jitter_s=late(luck))


def cuts(luck):
    """Only the heartbeat is cut: node1 serves on. Sometimes the power switch fails at first."""
    for fence_s, fails_s in ((0, 0), (0, 0), (1, 0), (2, 0), (0, 12), (0, 16), (1, 14)):
        at_s = moment(luck)
        deeds, works_s, title = [[at_s, "cut"]], at_s, f"the heartbeat's cable is cut at {at_s:g} s, node1 serves on"
        if fails_s:
            works_s = round(at_s + fails_s, 1)
            deeds = [[1.5, "switch fails"], [at_s, "cut"], [works_s, "switch works"]]
            title += f"; the power switch works from {works_s:g} s on only"
        because = "the power switch worked again" if fails_s else "the cut"
        yield CUT, title, case(deeds, works_s, because, fence_s=fence_s, jitter_s=late(luck))


def noise(luck):
    """At first nothing is wrong but the network: one or two beats in a row get lost, the others are late. Then node1
    crashes, so that who never does anything keeps no promise here, either."""
    for lost, jitter_s in ((1, 0.0), (2, 0.0), (1, 0.4), (2, 0.4), (2, 0.4)):
        at_s = int(moment(luck))
        again_s = at_s + 7 + int(luck() * 5)
        deeds = []
        for first_s in (at_s, again_s):
            deeds += [[round(first_s - 0.5, 1), "cut"], [round(first_s + lost - 0.5, 1), "heal"]]
        beats = "one beat is" if lost == 1 else "two beats in a row are"
        words = f"{beats} lost at {at_s} s and again at {again_s} s"
        words += f", beats are up to {jitter_s:g} s late" if jitter_s else ""
        crash_s = round(again_s + 8 + 0.1 + 0.8 * luck(), 1)
        words += f"; node1 crashes at {crash_s:g} s"
        deeds.append([crash_s, "crash"])
        yield JITTER, words, case(deeds, crash_s, "its crash", lives_until_s=crash_s, jitter_s=jitter_s)


def recoveries(luck):
    """What was away comes back: an old active, or a heartbeat before the power switch had done anything."""
    for fence_s in (0, 0, 1):
        at_s = moment(luck)
        back_s = round(at_s + 20 + int(luck() * 10), 1)
        title = (
            f"node1 crashes at {at_s:g} s and gets its power back at {back_s:g} s; the power switch takes {fence_s} s"
        )
        deeds = [[at_s, "crash"], [back_s, "power on"]]
        yield RECOVERY, title, case(deeds, at_s, "its crash", fence_s=fence_s, back_s=back_s, end_s=back_s + 8)
    for away_s in (6, 9, 12):
        at_s = moment(luck)
        heal_s = round(at_s + away_s, 1)
        deeds = [[1.5, "switch fails"], [at_s, "cut"], [heal_s, "heal"], [round(heal_s + 4, 1), "switch works"]]
        title = f"the cable is cut at {at_s:g} s and mended at {heal_s:g} s; the power switch works again 4 s later"
        end_s = heal_s + 14
        yield RECOVERY, title, case(deeds, None, "", lives_until_s=end_s, end_s=end_s)


def case(deeds, act_from_s, because, *, fence_s=0, jitter_s=0.0, lives_until_s=0, back_s=None, end_s=None):
    """The data of one accident: from when the standby must act (None: never), and until when node1 must live."""
    end_s = act_from_s + 18 if end_s is None else end_s
    return {"deeds": deeds, "act_from_s": act_from_s, "because": because, "fence_s": fence_s, "jitter_s": jitter_s,
            "lives_until_s": lives_until_s, "back_s": back_s, "end_s": end_s}  # fmt: skip


def moment(luck):
    """Some time after the beginning, between two beats."""
    return int(6 + 10 * luck()) + round(0.1 + 0.8 * luck(), 1)


def late(luck):
    """How late beats may be."""
    return 0.4 if luck() < 0.5 else 0.0
