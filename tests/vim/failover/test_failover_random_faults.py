"""Whatever breaks, in whatever order: with fencing no VM ever runs twice, and no order that was confirmed is lost."""

from random import Random

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem, Ledger, Locks, Watchdog, copies
from labkit.world import World

HOSTS = ("esx1", "esx2", "esx3")
END_S = 900


def accidents(luck, extra=()):
    """(second, method of the world, arguments) of some faults and their ends."""
    for _ in range(luck.randint(2, 6)):
        at, host = luck.uniform(40, 600), luck.choice(HOSTS)
        for_s = luck.choice((5, 20, 45, 80, 200))
        fault = luck.choice(("crash", "cut", "agent", "manager", "bmc", "vim", "loss"))
        nodes = [f"{host}-agent", *[name for name in extra if name.startswith(host)]]
        if fault == "cut":
            yield at, "cut", (["vim", *(["locks"] if extra else [])], nodes)
            yield at + for_s, "heal", ()
        elif fault == "loss":
            yield at, "link", ("vim", f"{host}-agent", None, None, 0.3, 0.2)
        else:
            node = {"crash": host, "agent": f"{host}-agent", "manager": f"{host}-libvirtd", "bmc": f"{host}-bmc"}
            node = node.get(fault, "vim")
            yield at, "crash" if fault in ("crash", "vim") else "stop", (node,)
            yield at + for_s, "start", (node,)


def play(seed, fencing):
    """A world after its accidents."""
    w, luck = World(seed=seed), Random(f"failover/{seed}")
    locks = Locks(w) if fencing == "lock" else None
    system = FailoverSystem(detect_s=30, fencing=fencing, locks=locks, isolation=luck.choice(("leave", "fence")))
    vim = datacenter(w, hosts=3, lean=False, failover=system)
    vmms = [w.components[name] for name in HOSTS]
    dogs = [Watchdog(w, vmm, locks, boots_s=60).name for vmm in vmms] if locks else []
    books = [Ledger(w, vm, vmms) for vm in ("shop", "bank")]
    for book, host in zip(books, HOSTS, strict=False):
        vim.create(book.vm, spec=Spec(datastore="san1", boot_s=5), host=host)
    for at, what, args in accidents(luck, dogs):
        w.at(at, lambda w, what=what, args=args: act(w, what, args))
    w.run(until=END_S)
    return w, books


def act(w, what, args):
    """A process does not start on a machine that is off: then nothing happens."""
    process = what == "start" and "-" in args[0] and not args[0].endswith("bmc")
    if not process or w.nodes[args[0].split("-")[0]].state == "running":
        getattr(w, what)(*args)


@pytest.mark.parametrize("fencing", ["bmc", "lock"])
@pytest.mark.parametrize("seed", range(12))
def test_never_two_copies_and_nothing_confirmed_is_lost(fencing, seed):
    w, books = play(seed, fencing)
    for book in books:
        runs = copies(w.trace, book.vm)
        assert runs, "it ran at all"
        for before, after in zip(runs, runs[1:], strict=False):
            assert before.end_s is not None and before.end_s <= after.start_s, (before, after)
        damage = book.damage()
        assert damage.fits and damage.lost == 0, str(damage)
