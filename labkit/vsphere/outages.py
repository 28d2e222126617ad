"""What still works when one piece is dead? Played in a world, cell by cell, never looked up.

    dead piece   VMs serve   power on via vCenter   … via host client   live migration   DRS   HA restart
    vpxd         ✓           ✗                      ✓                   ✗                ✗     ✓

Three hosts; the piece dies on esx1 (or it is vpxd), a minute passes, then the operation is tried: with
a VM of this host, or with one of another host. 'Worked' is the effect (it runs, it has moved, everything was answered),
not the answer.

Document-only: vSphere is closed source.
"""

from typing import NamedTuple

from labkit.vsphere.arguments import texts
from labkit.vsphere.host_client import HostClient
from labkit.vsphere.vcenter import VCenter
from labkit.world import World
from labkit.world.errors import LabError, unknown

THIS, OTHER = "this host", "other hosts"
HOSTS = {THIS: "esx1", OTHER: "esx2"}
BEGIN_S, NOTICED_S, PATIENCE_S = (
    60.0,
    80.0,
    180.0,
)  # the yard is at rest; vCenter has seen it; an effect takes this long


class Outcome(NamedTuple):
    """One try: which operation, which piece was dead, whose VM; the effect, and what was seen."""

    operation: str
    outage: str
    where: str
    worked: bool
    said: str


def yard(operation, seed=6):
    """Three hosts; on each a VM that runs ('web1' …) and one that is off ('erp1' …; for DRS it runs, too)."""
    serves = operation == "VMs serve"
    world = World(seed=seed)
    ha = serves or operation == "HA restart"  # elsewhere a VM that HA has restarted would be no VM of its host any more
    vc = VCenter(world, hosts=3, lean=not serves, ha=ha, drs=drs() if operation == "DRS" else None)
    for number in (1, 2, 3):
        size = {"host": f"esx{number}", "memory_mib": 2048, "boot_s": 5.0}
        vc.create_vm(f"web{number}", serve=(lambda message: "hello") if serves else None, running=True, **size)
        vc.create_vm(f"erp{number}", running=operation == "DRS", **size).wait()
    world.run(until=BEGIN_S)
    return vc


def drs():
    """DRS as a balancer of the VIM."""
    from labkit.vim.balancing import Balancer

    return Balancer()


def strike(vc, outage):
    """The piece dies now."""
    if outage == "ESXi":
        vc.world.crash("esx1")
    elif outage is not None:
        vc.world.stop("vpxd" if outage == "vpxd" else f"esx1-{outage}")


# -- operations: each returns (worked, what was seen) ------------------------------------------------------------------
def serve(vc, host):
    """A visitor asks the VM's service once a second, from the accident on."""
    world, name = vc.world, vc.client
    vm, answered, lost = f"web{host[-1]}", 0, 0
    for _ in range(30):
        try:
            world.ask(name, vm, "rest", "GET /", 0.9)
            answered += 1
        except LabError:
            lost += 1
        world.run(until=world.now + 1)
    return lost == 0, f"{answered} requests answered, {lost} lost"


def power_on_via_vcenter(vc, host):
    return attempt(
        vc, lambda: vc.power_on(f"erp{host[-1]}").wait(PATIENCE_S), lambda: runs(vc, f"erp{host[-1]}") == [host]
    )


def power_on_via_host_client(vc, host):
    client = HostClient(vc.world, host)
    return attempt(vc, lambda: client.power_on(f"erp{host[-1]}"), lambda: runs(vc, f"erp{host[-1]}") == [host])


def live_migration(vc, host):
    target, vm = "esx3", f"web{host[-1]}"
    return attempt(vc, lambda: vc.migrate(vm, target).wait(PATIENCE_S), lambda: runs(vc, vm) == [target])


def move_by_drs(vc, host):
    """The host's VMs begin to work hard; does anybody move one of them?"""
    if vc.vmms[host].node.state != "running":
        return False, f"{host} is dead: there is nothing to balance on it"
    vms = (f"web{host[-1]}", f"erp{host[-1]}")
    for vm in vms:
        vc.vmms[host].load(vm, demand_mhz=6000)
    vc.world.run(until=vc.world.now + 900)
    left = [vm for vm in vms if runs(vc, vm) != [host]]
    return bool(left), f"{' and '.join(left)} moved by DRS" if left else "both stay on the host that is too full"


def restart_by_ha(vc, host):
    """The host crashes (if it has not yet). Do its VMs run elsewhere within three minutes?"""
    vm = f"web{host[-1]}"
    vc.world.crash(host)
    vc.world.run(until=vc.world.now + PATIENCE_S)
    where = runs(vc, vm)
    return len(where) == 1 and where != [host], f"{vm} runs on {where[0]}" if where else f"{vm} runs nowhere"


OPERATIONS = {
    "VMs serve": serve,
    "power on via vCenter": power_on_via_vcenter,
    "power on via host client": power_on_via_host_client,
    "live migration": live_migration,
    "DRS": move_by_drs,
    "HA restart": restart_by_ha,
}
OUTAGES = ("vpxd", "vpxa", "hostd", "ESXi")


def runs(vc, vm):
    """Hosts on which a copy of `vm` is active: the world's truth."""
    return [host for host, vmm in vc.vmms.items() if vm in vmm.domains and vmm.domains[vm].active]


def attempt(vc, act, effect):
    """Do it, and look at the effect."""
    try:
        act()
        said = "done"
    except LabError as error:
        said = error.message
    return effect(), said


def try_out(operation, outage=None, where=THIS, seed=6):
    """Play one cell; returns its Outcome. LabError for an operation, outage or place that there is not."""
    for value, known, what in ((operation, OPERATIONS, "operation"), (outage, (None, *OUTAGES), "outage"),
                               (where, HOSTS, "place")):  # fmt: skip
        if not isinstance(value, (str, type(None))) or value not in known:
            raise unknown(what, value, [each for each in known if each])
    vc = yard(operation, seed)
    if operation == "HA restart" and outage != "ESXi" or operation != "HA restart":
        strike(vc, outage)
    if operation not in ("VMs serve", "HA restart"):
        vc.world.run(until=BEGIN_S + NOTICED_S)
    elif operation == "HA restart":
        vc.world.run(until=BEGIN_S + 20)
    worked, said = OPERATIONS[operation](vc, HOSTS[where])
    return Outcome(operation, outage or "nothing", where, worked, said)


def works(operation, outage=None, where=THIS):
    """Does `operation` work while `outage` (None, 'vpxd', 'vpxa', 'hostd', 'ESXi'; the last three on esx1) lasts, for a
    VM of 'this host' (esx1) or of 'other hosts'?"""
    return try_out(operation, outage, where).worked


class Table(tuple):
    """Outcomes as the table of the card: one row per dead piece, one column per operation."""

    def cell(self, outage, operation):
        """'✓', '✗', or '✗ (others ✓)'."""
        here, there = (next(o.worked for o in self if o[:3] == (operation, outage, where)) for where in HOSTS)
        return "✓" if here and there else "✗" if not there else "✗ (others ✓)" if not here else "✓ (others ✗)"

    @property
    def outages(self):
        return list(dict.fromkeys(outcome.outage for outcome in self))

    def __repr__(self):
        rows = [["dead", *OPERATIONS]]
        rows += [[outage, *(self.cell(outage, operation) for operation in OPERATIONS)] for outage in self.outages]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self):
        head = "".join(f"<th scope='col'>{operation}</th>" for operation in OPERATIONS)
        body = "".join(
            f"<tr><th scope='row'>{outage}</th>"
            + "".join(f"<td>{self.cell(outage, operation)}</td>" for operation in OPERATIONS) + "</tr>"
            for outage in self.outages
        )  # fmt: skip
        caption = (
            "<caption>What works while a piece is dead: with a VM of that host (and with one of another)</caption>"
        )
        return f"<table>{caption}<thead><tr><td>dead</td>{head}</tr></thead><tbody>{body}</tbody></table>"


def outage_table(outages=OUTAGES):
    """Play every cell for these outages. LabError (400) for what is no list of them."""
    texts(outages, "outages")
    return Table(try_out(operation, outage, where) for outage in outages for operation in OPERATIONS for where in HOSTS)
