"""S10.T2: networks, accidents and loads."""

from random import Random

from labkit.lab.task import Scenario

OUTAGE, DATA, ALARMS = "how long", "what is lost", "false failovers"
LATENT = "latent fault"
FAMILIES = {OUTAGE: 1, DATA: 1, ALARMS: 1}


def scenarios(seed):
    """Twenty-four situations, the simpler ones first in each family."""
    luck = Random(f"S10.T2/{seed}").random
    told = [*outages(luck), *losses(luck), *months(luck)]
    return [Scenario(family, seed * 100 + i, title, data) for i, (family, title, data) in enumerate(told)]


def outages(luck):
    """The active crashes, right after a beat or right before the next; sometimes the standby has been broken before."""
    for loss, phase in ((0.001, 0.5), (0.01, 0.1), (0.02, 0.9), (0.05, 0.05), (0.05, 0.3)):
        at_s = round(20 + int(10 * luck()) + phase, 2)
        title = f"node1 crashes at {at_s:g} s; the network loses {loss:.1%} of the beats"
        yield OUTAGE, title, network(loss, luck, kind="crash", at_s=at_s, writes=0.0, more_s=75)
    for least in (45, 60, 90):
        fault_day = 10 + int(30 * luck())
        crash_day = fault_day + least + int(20 * luck())
        title = f"the standby is broken from day {fault_day}, node1 crashes on day {crash_day}"
        yield OUTAGE, title, {"kind": LATENT, "fault_day": fault_day, "crash_day": crash_day}


def losses(luck):
    """Clients write while a machine crashes or a cable is cut."""
    for kind in ("crash", "cut"):
        for loss, writes in ((0.001, 0.1), (0.01, 0.5), (0.02, 1.0), (0.05, 0.3)):
            at_s = round(20 + 10 * luck(), 2)
            what = "node1 crashes" if kind == "crash" else "the heartbeat's cable is cut"
            title = f"{what} at {at_s:g} s; {writes:.0%} of the requests are writes; {loss:.1%} of the beats are lost"
            yield DATA, title, network(loss, luck, kind=kind, at_s=at_s, writes=writes, more_s=40)


def months(luck):
    """Nothing breaks, but the network loses beats and delays them."""
    for loss, jitter_s in ((0.001, 0.0), (0.005, 0.0), (0.01, 0.0), (0.02, 0.0), (0.005, 0.4), (0.01, 0.4), (0.02, 0.4),
                           (0.05, 0.4)):  # fmt: skip
        late = f", the others are up to {jitter_s:g} s late" if jitter_s else ""
        yield ALARMS, f"a month in which {loss:.1%} of the beats are lost{late}", {"loss": loss, "jitter_s": jitter_s}


def network(loss, luck, **more):
    """The data of an accident in a network."""
    return {"loss": loss, "jitter_s": round(0.4 * luck(), 2), **more}
