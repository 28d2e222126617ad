"""The right-hand side of the vCenter view: the chosen thing, recent tasks, alarms. Tables and two bars, as HTML."""

from itertools import islice

from labkit.views import card
from labkit.views.vcenter_rows import STATES, believed, so_it_is
from labkit.views.vcenter_tree import split
from labkit.vsphere.rest_inventory import capacity_gib, free_gib
from labkit.world import draw

TASKS, ALARMS = 8, 8
SILENT_S = 60.0  # then a host is not responding; a vpxd that has just started waits as long
SILENT = ("CPU, memory", "unknown: the host is silent")
TONES = {"success": "good", "error": "bad", "running": "info", "queued": "idle"}
COLOURS = {"red": "bad", "yellow": "odd", "gray": "idle", "green": "good"}
KINDS = {"vm": "vm", "host": "host", "cluster": "cluster", "store": "datastore", "datacenter": "datacenter"}


def details(vcenter, key, truth=False):
    """The chosen thing as vCenter knows it; with `truth` also how it is."""
    kind, name = split(key)
    rows, bars = {"vm": vm, "host": host, "cluster": cluster, "store": store}.get(kind, datacenter)(vcenter, name)
    reference = vcenter.references.of_thing.get((KINDS.get(kind), name))
    rows = [("reference", reference or "none yet"), ("vCenter says", said(vcenter, key)), *rows]
    if truth and kind in ("vm", "host"):
        rows.append(("so it is", card.cell(so_it_is(vcenter, key), "info")))
    return card.Html(card.table(f"{name}", ("property", "value"), rows) + bars)


def said(vcenter, key):
    words, tone = believed(vcenter, key)
    return card.cell(words, tone) if tone else words


def vm(vcenter, name):
    """Rows and bars of a VM."""
    record = vcenter.vim.vms[name]
    where = record.host.name if record.host else "none yet"
    rows = [
        ("host", where),
        ("to be", STATES.get(record.desired, (record.desired,))[0]),
        ("disk on", record.spec.datastore or "the host's own disks"),
    ]
    if record.error is not None:
        rows.append(("error", str(record.error)))
    if record.seen != "running":
        return [*rows, SILENT] if record.seen == "unknown" else rows, ""
    most_mhz = record.spec.vcpus * record.host.hardware.mhz if record.host else 0
    cpu = (f"CPU of {record.spec.vcpus} vCPU", record.demand_mhz, most_mhz, "MHz")
    return rows, bars(cpu, ("Memory", record.used_mib, record.spec.memory_mib, "MiB"))


def host(vcenter, name):
    """Rows and bars of a host."""
    record = vcenter.vim.hosts[name]
    heard = "never" if record.heard_at_s is None else f"{vcenter.world.now - record.heard_at_s:.0f} s ago"
    rows = [("cluster", record.cluster or "none"), ("last report", heard), ("VMs", f"{len(record.vms):,}")]
    if record.state != "connected":
        return [*rows, SILENT], ""
    cpu = (f"CPU of {record.hardware.pcpus} cores", record.demand_mhz, record.hardware.capacity_mhz, "MHz")
    return rows, bars(cpu, ("Memory", record.used_mib, record.hardware.memory_mib, "MiB"))


def cluster(vcenter, name):
    """Rows and bars of a cluster: of the hosts that are connected."""
    hosts = [record for record in vcenter.vim.hosts.values() if (record.cluster or "no cluster") == name]
    up = [record for record in hosts if record.state == "connected"]
    rows = [
        ("hosts", f"{len(hosts):,}, of them {len(up):,} connected"),
        ("VMs", f"{sum(len(record.vms) for record in hosts):,}"),
        ("vSphere HA", "on" if name in vcenter.ha.clusters else "off"),
        ("DRS", "on" if vcenter.vim.balancer is not None else "off"),
    ]
    return rows, bars(
        ("CPU", sum(each.demand_mhz for each in up), sum(each.hardware.capacity_mhz for each in up), "MHz"),
        ("Memory", sum(each.used_mib for each in up), sum(each.hardware.memory_mib for each in up), "MiB"),
    )


def store(vcenter, name):
    """Rows and the bar of a shared datastore."""
    found = next(each for each in vcenter.stores if each.name == name)
    capacity = capacity_gib(found)
    mounted = sum(name in record.datastores for record in vcenter.vim.hosts.values())
    return [("type", "VMFS"), ("mounted by", f"{mounted:,} hosts")], bars(
        ("Used", capacity - free_gib(found), capacity, "GiB")
    )


def datacenter(vcenter, name):
    """Rows of the whole inventory, beside what this version is documented to carry."""
    hosts, vms, most = vcenter.vim.hosts.values(), vcenter.vim.vms.values(), vcenter.limits
    silent = sum(record.state != "connected" for record in hosts)
    on = sum(record.reported == "running" for record in vms)
    return [
        ("hosts", f"{len(hosts):,} of at most {most.hosts:,}"),
        ("not responding", f"{silent:,}"),
        ("VMs", f"{len(vms):,}, of them {on:,} powered on (at most {most.powered_on_vms:,})"),
    ], ""


def bars(*lines):
    """Used of available, as a bar each: (word, used, available, unit)."""
    height, parts, spoken = 26 * len(lines) + 4, [], []
    for at, (word, used, most, unit) in enumerate(lines):
        share = used / most if most else 0.0
        words, y = f"{used:,.0f} of {most:,.0f} {unit} ({share:.0%})", 26 * at + 4
        fill = "orange" if share > 0.9 else "blue"
        parts += [
            draw.text(0, y + 15, word, anchor="start"),
            draw.rect(112, y + 3, 110, 15),
            draw.rect(112, y + 3, 110 * min(share, 1.0), 15, fill=fill, stroke="none"),
            draw.text(230, y + 15, words, anchor="start"),
        ]
        spoken.append(f"{word}: {words}")
    return card.drawing(430, height, "".join(parts), title="Use", desc="; ".join(spoken))


def tasks(vcenter):
    """Recent tasks, the newest first (TaskInfo)."""
    newest = islice(reversed(vcenter.vpxd.tasks), TASKS)
    infos = [vcenter.vpxd.task_info(reference) for reference in newest]
    rows = [
        (info["key"], info["descriptionId"], info["entityName"] or "–",
         card.cell(info["state"], TONES[info["state"]], info["error"]["message"] if info["error"] else ""))
        for info in infos
    ]  # fmt: skip
    if not rows:
        return card.Html("<p>No task since vpxd has started.</p>")
    return card.table(f"Recent tasks ({len(vcenter.vpxd.tasks):,})", ("task", "what", "of", "state"), rows)


def alarms(vcenter):
    """[(alarm, on, colour, since_s)]: vCenter's own 'Host connection and power state', and the written ones."""
    silent = [(record.name, record.heard_at_s or record.since_s)
              for record in vcenter.vim.hosts.values() if record.state != "connected"]  # fmt: skip
    found = [("Host connection and power state", name, "red", since_s) for name, since_s in silent
             if vcenter.world.now - since_s >= SILENT_S]  # fmt: skip
    monitoring = vcenter.vim.monitoring_or_none
    if monitoring is not None:
        dumb = {name for name, _ in silent}
        found += [
            (state.alarm.name, state.target, "gray" if state.target in dumb else state.state, state.since_s)
            for state in monitoring.states.values() if state.state != "green"
        ]  # fmt: skip
    return found


def alarm_table(vcenter, found):
    if not found:
        return card.Html("<p>No alarm is triggered.</p>")
    now_s = vcenter.world.now
    rows = [(name, on, card.cell(colour, COLOURS[colour]), f"{now_s - since_s:,.0f} s")
            for name, on, colour, since_s in found[:ALARMS]]  # fmt: skip
    more = f", {len(found) - ALARMS:,} more" if len(found) > ALARMS else ""
    return card.table(f"Alarms ({len(found):,}{more})", ("alarm", "on", "status", "since"), rows)
