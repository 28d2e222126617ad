"""Who is needed for what? Twelve operations, tried while the VIM is down, a host is dead, or the link between is cut.

    works("start a VM through the VIM", "link to esx1 cut", on="esx1")        # False, and on="esx2" True
    outage_table()                                                            # every cell played

Three hosts with a VIM above them; the outage begins, is noticed, and then the operation is tried. 'Works' is the effect
that somebody who stands beside the machines sees, not the answer that was given.

What the real one does differently: a VIM of several processes can be half down, and a link can be cut one way only.
"""

from typing import NamedTuple

from labkit.vim.assembly import datacenter
from labkit.vim.failover import FailoverSystem
from labkit.vim.spec import Spec
from labkit.vmm import Host
from labkit.world import World
from labkit.world.errors import LabError, unknown

OUTAGES = ("VIM down", "esx1 dead", "link to esx1 cut")
HOSTS = ("esx1", "esx2")
REST_S, NOTICED_S, PATIENCE_S = 60.0, 45.0, 180.0  # until all runs; until the outage is noticed; until an effect shows
SIZE = {"memory_mib": 1024, "disk_gib": 1, "datastore": "san1", "boot_s": 5.0}


class Outcome(NamedTuple):
    """One try: what, while which outage, with a VM of which host; did it work, and what was seen."""

    operation: str
    outage: str
    on: str
    worked: bool
    said: str


def site(restarts, seed=9):
    """Three hosts; on esx1 and esx2 a VM that runs and works ('web1', 'web2') and one that is off ('erp1', 'erp2')."""
    world = World(seed=seed)
    options = {"adopts": "all", **({"failover": FailoverSystem()} if restarts else {})}
    vim = datacenter(world, hosts=3, host=Host(pcpus=2, memory_mib=8192), lean=False, **options)
    world.node("visitor")
    for host in HOSTS:
        number = host[-1]
        vmm = world.component(host)
        vmm.datastore.systems[f"web{number}"] = (lambda message: "hello"), None
        vim.create(f"web{number}", spec=Spec(**SIZE, demand_mhz=800), host=host)
        vim.create(f"erp{number}", spec=Spec(**SIZE), host=host)
    world.run(until=REST_S / 2)
    for host in HOSTS:
        vim.stop(f"erp{host[-1]}")
    world.run(until=REST_S)
    return world, vim


def strike(world, outage):
    """The outage begins."""
    if outage == "VIM down":
        world.crash("vim")
    elif outage == "esx1 dead":
        world.crash("esx1")
    elif outage == "link to esx1 cut":
        world.cut("vim", "esx1-agent")


def truth(world, name):
    """Hosts on which a copy of a VM computes, whatever anybody believes."""
    return [
        host for host in ("esx1", "esx2", "esx3") if getattr(world.component(host).domains.get(name), "computing", 0)
    ]


# -- twelve operations: each a function of (world, vim, host) that returns whether it had its effect ------------------
def answers(world, vim, host):
    return all(world.ask("visitor", f"web{host[-1]}", "rest", "GET /", 1) == "hello" for _ in range(5))


def gets_cpu_time(world, vim, host):
    def cpu_time_s():
        return world.component(host).info(f"web{host[-1]}")["cpu_time_s"]

    before_s = cpu_time_s()
    world.run(until=world.now + 10)
    return cpu_time_s() > before_s


def paused_at_its_host(world, vim, host):
    world.component(host).pause(f"web{host[-1]}")
    return truth(world, f"web{host[-1]}") == []


def snapshot_at_its_host(world, vim, host):
    world.component(host).snapshot(f"web{host[-1]}", "before")
    return True


def started_at_its_host(world, vim, host):
    world.component(host).start(f"erp{host[-1]}")
    return truth(world, f"erp{host[-1]}") == [host]


def started_through_the_vim(world, vim, host):
    vim.start(f"erp{host[-1]}").wait(PATIENCE_S)
    return truth(world, f"erp{host[-1]}") == [host]


def created_somewhere(world, vim, host):
    vim.create("new", spec=Spec(**SIZE)).wait(PATIENCE_S)
    return len(truth(world, "new")) == 1


def created_on(world, vim, host):
    vim.create("new", spec=Spec(**SIZE), host=host).wait(PATIENCE_S)
    return truth(world, "new") == [host]


def migrated_at_its_host(world, vim, host):
    world.component(host).migrate_to(f"web{host[-1]}", "esx3")
    return truth(world, f"web{host[-1]}") == ["esx3"]


def migrated_by_the_vim(world, vim, host):
    vim.migrate(f"web{host[-1]}", "esx3").wait(PATIENCE_S)
    return truth(world, f"web{host[-1]}") == ["esx3"]


def seen_by_the_vim(world, vim, host):
    return vim.vm(f"web{host[-1]}").seen == ("running" if truth(world, f"web{host[-1]}") else "off")


def restarted_elsewhere(world, vim, host):
    world.crash(host)
    world.run(until=world.now + PATIENCE_S)
    where = truth(world, f"web{host[-1]}")
    return len(where) == 1 and where != [host]


OPERATIONS = {
    "a VM answers its clients": answers,
    "a busy VM gets CPU time": gets_cpu_time,
    "pause a VM at its host": paused_at_its_host,
    "snapshot a VM at its host": snapshot_at_its_host,
    "start a VM at its host": started_at_its_host,
    "start a VM through the VIM": started_through_the_vim,
    "create a VM on some host": created_somewhere,
    "create a VM on this host": created_on,
    "migrate a VM, ordered at its host": migrated_at_its_host,
    "migrate a VM through the VIM": migrated_by_the_vim,
    "see in the VIM whether a VM runs": seen_by_the_vim,
    "restart a lost host's VM elsewhere": restarted_elsewhere,
}


def try_out(operation, outage=None, on="esx1", seed=9):
    """Play one cell; returns its Outcome. LabError for an operation, outage or host that there is not."""
    for value, known, what in ((operation, OPERATIONS, "operation"), (outage, (None, *OUTAGES), "outage"),
                               (on, HOSTS, "host")):  # fmt: skip
        if value not in known:
            raise unknown(what, value, [each for each in known if each])
    world, vim = site(operation == "restart a lost host's VM elsewhere", seed)
    strike(world, outage)
    world.run(until=world.now + NOTICED_S)
    try:
        worked, said = OPERATIONS[operation](world, vim, on), "done"
    except LabError as error:
        worked, said = False, error.message
    return Outcome(operation, outage or "nothing", on, bool(worked), said)


def works(operation, outage=None, on="esx1"):
    """Does `operation` work for a VM of the host `on` while `outage` lasts?"""
    return try_out(operation, outage, on).worked
