"""Every phase × every fault: never two copies, afterwards exactly one – except where its memory died with a host."""

import pytest
from two_hosts import SOURCE, TARGET, begin, never_two, pair, running

POLICY = {"pre-copy": "textbook", "post-copy": "qemu post-copy"}


def phases(kind):
    """Phase → seconds after the order, taken from an undisturbed migration over slow links."""
    w, one, two, _ = pair(delay_s=0.2)
    began = w.now
    answer = begin(w, policy=POLICY[kind])
    w.run(until=w.now + 60)
    assert answer.ok and running(one, two) == ["vmm2"]

    def at(what, n=0):
        return w.trace.where(since=began, what=lambda text: what in text)[n].t - began

    found = {
        "prepare asked": at("domainMigratePrepare3") + 0.1,
        "prepared": at("domainMigratePrepare3") + 0.3,
        "perform": at("round 1") - 0.5,
        "device state": at("device state") + 0.1,
        "finish asked": at("domainMigrateFinish3") + 0.1,
        "finishing": at("domainMigrateFinish3") + 0.22,
        "activated": at("web: running (") + 0.1,
    }
    if kind == "pre-copy":
        found["stop-and-copy"] = at("web: paused (migration)", 1) + 0.05
        found["confirmed"] = at("web: shutoff (migrated)") + 0.01
    else:
        found["post-copy"] = at("web: paused (post-copy)") + 0.3
    return found


FAULTS = {
    "source crashes": (lambda w: w.crash("vmm1"), lambda w: w.start("vmm1")),
    "target crashes": (lambda w: w.crash("vmm2"), lambda w: w.start("vmm2")),
    "link is cut": (lambda w: w.cut(SOURCE, TARGET), lambda w: w.heal()),
    "answers are lost": (lambda w: w.cut(TARGET, SOURCE, both_ways=False), lambda w: w.heal()),
    "source's libvirtd stops": (lambda w: w.stop("vmm1-libvirtd"), lambda w: w.start("vmm1-libvirtd")),
    "target's libvirtd stops": (lambda w: w.stop("vmm2-libvirtd"), lambda w: w.start("vmm2-libvirtd")),
}
BEFORE = ("prepare asked", "prepared", "perform", "stop-and-copy", "device state", "finish asked", "finishing")
LOST = {  # memory dies with a host: nothing runs, and nothing that runs could be true
    *(("pre-copy", phase, "source crashes") for phase in BEFORE[:5]),
    *(("post-copy", phase, "source crashes") for phase in (*BEFORE[:3], *BEFORE[4:], "activated", "post-copy")),
    *(("pre-copy", phase, "target crashes") for phase in ("activated", "confirmed")),
    *(("post-copy", phase, "target crashes") for phase in ("activated", "post-copy")),
}
CELLS = [(kind, phase, fault, lasts_s) for kind in POLICY for phase in phases(kind) for fault in FAULTS
         for lasts_s in (3.0, 90.0)]  # fmt: skip
AT = {kind: phases(kind) for kind in POLICY}


@pytest.mark.parametrize(("kind", "phase", "fault", "lasts_s"), CELLS, ids=lambda value: str(value))
def test_never_two_copies_and_exactly_one_afterwards(kind, phase, fault, lasts_s):
    w, one, two, san = pair(delay_s=0.2)
    never_two(w, one, two)
    began, (breaks, mends) = w.now, FAULTS[fault]
    begin(w, policy=POLICY[kind])
    w.run(until=began + AT[kind][phase])
    breaks(w)
    w.run(until=w.now + lasts_s)
    mends(w)
    w.run(until=w.now + 200)
    runs = running(one, two)
    if (kind, phase, fault) not in LOST:
        assert len(runs) == 1, (runs, one.domains, two.domains)
        asked = w.ask("admin", "web", "rest", "GET /", 5)
        assert asked == 2, "its memory came along"
    else:
        assert runs == []
        lost = [vmm for vmm in (one, two) if "web" in vmm.domains]
        assert lost and all(vmm.domains["web"].state == "shutoff" for vmm in lost), (one.domains, two.domains)
        lost[0].start("web")
        w.run(until=w.now + 30)
        assert w.ask("admin", "web", "rest", "GET /", 5) == 1, "started from its disk, with empty memory"
    assert san.disks["web"].lease.owner == running(one, two)[0]
    assert not any(domain.job for vmm in (one, two) for domain in vmm.domains.values())
