"""Random schedules of faults over the protocol: whatever breaks when, at no event two copies run; when all is mended,
one runs, or none where memory was lost with a host, and that one can be started from its disk."""

from hypothesis import given, settings
from hypothesis import strategies as st
from two_hosts import SOURCE, TARGET, begin, never_two, pair, running

NODES = (*SOURCE, *TARGET)
BREAKS = [("crash", "vmm1"), ("crash", "vmm2"), ("stop", "vmm1-libvirtd"), ("stop", "vmm2-libvirtd"), ("cut", None),
          ("cut back", None), ("cut there", None), ("lossy", None), ("doubling", None),
          ("slow", 12), ("slow", 40)]  # fmt: skip
POLICIES = ["textbook", "qemu post-copy"]
MOMENTS = ("domainMigratePrepare3", "round 1", "device state", "domainMigrateFinish3", "web: running (", "confirm")
FAULT = st.tuples(st.sampled_from(MOMENTS), st.floats(-0.5, 1.5), st.sampled_from(BREAKS), st.floats(0.1, 60))


def small(seed=7, disk_gib=10):
    """A small VM and slow messages: every phase is long enough to be hit."""
    return pair(seed=seed, delay_s=0.4, memory_mib=512, dirty_mib_s=60, disk_gib=disk_gib)


def moments(policy):
    """When each of MOMENTS comes in an undisturbed migration, seconds after the order."""
    w, *_ = small()
    began = w.now
    begin(w, policy=policy, bandwidth_mib_s=256)
    w.run(until=began + 60)
    rows = [(event.what, event.t - began) for event in w.trace.where(since=began)]
    return {moment: next(t for what, t in rows if moment in what) for moment in MOMENTS}


AT = {policy: moments(policy) for policy in POLICIES}


def do(w, fault):
    word, node = fault
    if word in ("crash", "stop"):
        getattr(w, word)(node)
    elif word == "cut":
        w.cut(SOURCE, TARGET)
    elif word == "cut back":
        w.cut(TARGET, SOURCE, both_ways=False)
    elif word == "cut there":
        w.cut(SOURCE, TARGET, both_ways=False)
    elif word == "slow":
        w.slow(SOURCE, TARGET, node)
    else:
        link(w, **({"loss": 0.3} if word == "lossy" else {"duplicate": 0.5, "jitter_s": 0.4}))


def link(w, **values):
    for a in SOURCE:
        for b in TARGET:
            w.link(a, b, **values)


def mend(w, fault):
    word, node = fault
    if word == "stop":
        w.start(node) if w.nodes[node.split("-")[0]].state == "running" else None
    elif word == "crash":
        w.start(node)
    elif word.startswith("cut") or word == "slow":
        w.heal()
    else:
        link(w, loss=0.0, duplicate=0.0, jitter_s=0.0)


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(
    faults=st.lists(FAULT, min_size=1, max_size=4),
    policy=st.sampled_from(POLICIES),
    cancel_at_s=st.one_of(st.none(), st.none(), st.floats(0, 12)),
    seed=st.integers(0, 10**6),
    disk_gib=st.sampled_from([10, 0]),
)
def test_whatever_breaks_when_there_are_never_two(faults, policy, cancel_at_s, seed, disk_gib):
    w, one, two, san = small(seed, disk_gib)
    never_two(w, one, two)
    began = w.now
    begin(w, policy=policy, bandwidth_mib_s=256)
    for moment, late_s, fault, lasts_s in faults:
        at_s = max(0.0, AT[policy][moment] + late_s)
        w.at(began + at_s, lambda w, fault=fault: do(w, fault))
        w.at(began + at_s + lasts_s, lambda w, fault=fault: mend(w, fault))
    if cancel_at_s is not None:
        w.at(began + cancel_at_s, lambda w: w.call("admin", "vmm1-libvirtd", "libvirt", "domainAbortJob", name="web"))
    w.run(until=began + 80)
    w.heal(), link(w, loss=0.0, duplicate=0.0, jitter_s=0.0)
    for node in NODES:
        w.start(node)
    w.run(until=w.now + 200)
    runs, story = running(one, two), (one.domains, two.domains, w.trace[-20:].short())
    stories = w.trace.short()
    went = next((n for n, line in enumerate(stories) if "vmm2 libvirt: web: running (" in line), None)
    back = [n for n, line in enumerate(stories) if "vmm1 libvirt: web: running (migration canceled)" in line]
    assert went is None or not disk_gib or all(n < went for n in back), "old memory over a disk that was written since"
    crashed = any(word == "crash" for _, _, (word, _), _ in faults)
    assert len(runs) == 1 or crashed and not runs, story
    assert not any(domain.job for vmm in (one, two) for domain in vmm.domains.values()), story
    if not runs:
        left = next(vmm for vmm in (one, two) if "web" in vmm.domains)
        left.start("web")
        runs = running(one, two)
    assert len(runs) == 1 and (not disk_gib or runs == [san.disks["web"].lease.owner]), story
