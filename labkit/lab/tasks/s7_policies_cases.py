"""The request streams of S7.T2, shortest first: requests, and what becomes of them in between."""

from random import Random

from labkit.lab.task import Scenario

SIZE, PENDING, PLACE = "quota by size", "pending requests", "images and groups"
FAMILIES = {SIZE: 1, PENDING: 1, PLACE: 1}
NAMES = ("web", "cart", "mail", "wiki", "build", "cache", "queue", "stats")
GIB = 1024


def scenarios(seed):
    """Twenty-eight streams; the seed draws names and sizes."""
    luck = Random(f"S7.T2/{seed}").random
    told = [*by_size(luck), *pending(luck), *placed(luck)]
    return [
        Scenario(family, seed * 100 + number, title, {**POLICIES, **policies, "steps": steps})
        for number, (family, title, policies, steps) in enumerate(told)
    ]


POLICIES = {"quotas": {}, "images": {}, "apart": [], "hosts": ["esx1", "esx2", "esx3"]}


def drawn(luck, number):
    """`number` different names."""
    left = list(NAMES)
    return [left.pop(int(luck() * len(left))) for _ in range(number)]


def create(name, gib=2, vcpus=1, project="shop", template="debian", groups=(), host=None):
    return {"op": "create", "name": name, "project": project, "memory_mib": gib * GIB, "vcpus": vcpus,
            "template": template, "groups": list(groups), "host": host}  # fmt: skip


def there(name, host="esx1", **more):
    """Created, and running on `host`."""
    return [create(name, **more), done(name, host)]


def done(name, host=None):
    return {"then": "done", "name": name, "host": host}


def then(what, name):
    return {"then": what, "name": name}


def resize(name, gib, vcpus=1):
    return {"op": "resize", "name": name, "memory_mib": gib * GIB, "vcpus": vcpus}


def start(name):
    return {"op": "start", "name": name}


def migrate(name, host):
    return {"op": "migrate", "name": name, "host": host}


def quota(gib, vcpus=64, project="shop", **others):
    return {"quotas": {project: {"memory_mib": gib * GIB, "vcpus": vcpus}, **others}}


def by_size(luck):
    a, b, c, d = drawn(luck, 4)
    large = 9 + int(luck() * 4)
    yield SIZE, "one VM, larger than the quota", quota(8), [create(a, large)]
    yield SIZE, "four small VMs", quota(8), [step for name in (a, b, c, d) for step in there(name, gib=1)]
    yield SIZE, "a quota that becomes exactly full", quota(8), [*there(a, gib=5), *there(b, gib=3), create(c, 1)]
    yield SIZE, "many vCPUs, little memory", quota(64, 8), [*there(a, gib=1, vcpus=6), create(b, 1, 4)]
    other = {"bank": {"memory_mib": 4 * GIB, "vcpus": 8}}
    steps = [*there(a, gib=6), *there(b, gib=4, project="bank"), create(c, 1, project="bank")]
    yield SIZE, "two projects, a quota each", quota(8, **other), steps
    yield SIZE, "a project without a quota", quota(4), [create(a, 64, 32, project="bank"), create(b, 4)]
    steps = [*there(a, gib=4), resize(a, 8), done(a), resize(a, 9), create(b, 1)]
    yield SIZE, "a VM grows to the edge, and over it", quota(8), steps
    steps = [*there(a, gib=6), then("stopped", a), create(b, 6), done(b, "esx2"), start(a)]
    yield SIZE, "a stopped VM wants its memory back", quota(8), steps


def pending(luck):
    a, b, c, d = drawn(luck, 4)
    gib = 5 + int(luck() * 3)
    yield PENDING, "two requests at once, each of which fits", quota(8), [create(a, gib), create(b, gib)]
    steps = [*there(a, gib=4), create(b, 3), create(c, 3), create(d, 1)]
    yield PENDING, "one runs, one is on its way, a third comes", quota(8), steps
    steps = [create(a, 6), then("failed", a), create(b, 6), create(c, 6)]
    yield PENDING, "the first one fails: its room is free again", quota(8), steps
    steps = [*there(a, gib=4), resize(a, 7), create(b, 2), then("failed", a), create(c, 4)]
    yield PENDING, "a VM is on its way to a larger size; it fails", quota(8), steps
    steps = [*there(a, gib=6), then("released", a), create(b, 6), create(c, 6)]
    yield PENDING, "one is released, two want its room", quota(8), steps
    steps = [*there(a, gib=5), then("stopped", a), *there(b, gib=2), start(a), create(c, 3), create(d, 1)]
    yield PENDING, "a stopped VM is being started while another is ordered", quota(8), steps
    steps = [create(a, 2, 3), create(b, 2, 3), create(c, 2, 3), done(a, "esx1"), then("failed", b), create(d, 2, 3)]
    yield PENDING, "vCPUs run out while three are on their way", quota(64, 8), steps
    other = {"bank": {"memory_mib": 8 * GIB, "vcpus": 64}}
    steps = [create(a, 7), create(b, 7, project="bank"), create(c, 2), create(d, 1, project="bank")]
    yield PENDING, "two projects, everything on its way", quota(8, **other), steps
    steps = [*there(a, "esx1", gib=5), *there(b, "esx1", gib=3), migrate(a, "esx2"), create(c, 1), done(a, "esx2")]
    yield PENDING, "a project that is full moves a VM", quota(8), steps


def placed(luck):
    a, b, c, d = drawn(luck, 4)
    apart = {"apart": ["db"]}
    images = {"images": {"shop": ["debian", "alpine"]}}
    bad = ("windows", "gentoo")[int(luck() * 2)]
    yield PLACE, "an image that is not allowed", images, [create(a), create(b, template=bad)]
    yield PLACE, "a project without a list of images", images, [create(a, template=bad, project="bank")]
    db = {"groups": ["db"]}
    steps = [
        *there(a, "esx1", **db),
        create(b, host="esx1", **db),
        create(c, host="esx2", **db),
        create(d, host="esx1"),
    ]
    yield PLACE, "two members of a group that keeps apart", apart, steps
    steps = [create(a, host="esx2", **db), create(b, host="esx2", **db)]
    yield PLACE, "the other member is still on its way to that host", apart, steps
    steps = [*there(a, "esx1", **db), *there(b, "esx2", **db), migrate(b, "esx1"), migrate(b, "esx3")]
    yield PLACE, "a migration to where the other member is", apart, steps
    steps = [*there(a, "esx1", **db), migrate(a, "esx2"), create(b, host="esx2", **db), create(c, host="esx1", **db),
             done(a, "esx2"), create(d, host="esx1", **db)]  # fmt: skip
    yield PLACE, "the other member is being migrated", apart, steps
    group = {"groups": ["web", "night"]}
    steps = [*there(a, "esx1", **group), create(b, host="esx1", **group)]
    yield PLACE, "a group that need not keep apart", apart, steps
    steps = [*there(a, "esx1", project="bank", **db), create(b, host="esx1", **db), create(c, host="esx2", **db)]
    yield PLACE, "two projects in a group that keeps apart", apart, steps
    both = {"groups": ["web", "db"]}
    steps = [*there(a, "esx1", **both), create(b, host="esx1", **group), create(c, host="esx1", **both)]
    yield PLACE, "VMs in two groups, of which the second keeps apart", apart, steps
    steps = [*there(a, "esx1", template="debian"), then("stopped", a), {"images": {"shop": ["alpine"]}}, start(a)]
    yield PLACE, "the image was forbidden while the VM was off", images, steps
    steps = [*there(a, "esx1"), {"images": {"shop": ["alpine"]}}, migrate(a, "esx2"), done(a, "esx2"), resize(a, 4),
             create(b)]  # fmt: skip
    yield PLACE, "the image was forbidden while the VM was running", images, steps
