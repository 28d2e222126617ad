"""/api/vcenter/vm: list, details, create, clone, relocate, delete, and the power of a VM and of its guest.

An act answers 204 when it is done; its vpxd task runs meanwhile. An act on a VM that is in the wished state already is
refused as that (ALREADY_IN_DESIRED_STATE), one that does not fit its state as NOT_ALLOWED_IN_CURRENT_STATE.
"""

from labkit.vsphere.rest_errors import Refused, refused
from labkit.vsphere.rest_inventory import GIB, filtered, shown
from labkit.vsphere.vpxd import POWER

MOST_VMS = 4000
STATES = {"poweredOn": "POWERED_ON", "poweredOff": "POWERED_OFF", "suspended": "SUSPENDED"}
GOALS = {"start": ("PowerOnVM_Task", "POWERED_ON"), "stop": ("PowerOffVM_Task", "POWERED_OFF"),
         "suspend": ("SuspendVM_Task", "SUSPENDED")}  # fmt: skip
ALLOWED = {"start": ("POWERED_OFF", "SUSPENDED"), "stop": ("POWERED_ON", "SUSPENDED"), "suspend": ("POWERED_ON",)}


def state(record):
    """The power state that vpxd believes in. (While the host is silent: what was reported last.)"""
    return STATES[POWER.get(record.reported, "poweredOff")]


def record_of(vcenter, vm):
    """The record of a VM by its MoRef. Refused (404); a name is not a MoRef."""
    found = vcenter.references.things.get(vm)
    if found is None or found[0] != "vm" or found[1] not in vcenter.vim.vms:
        raise Refused("NOT_FOUND", f"Virtual machine with identifier '{vm}' was not found.")
    return vcenter.vim.vms[found[1]]


def listed(vcenter, query, body):
    """List Vm: at most 4,000."""
    give, rows = vcenter.references.give, []
    for record in vcenter.vim.vms.values():
        host = record.host
        rows.append({
            "vm": give("vm", record.name),
            "name": record.name,
            "power_state": state(record),
            "cpu_count": record.spec.vcpus,
            "memory_size_MiB": int(record.spec.memory_mib),
            "host": host and give("host", host.name),
            "cluster": host and host.cluster and give("cluster", host.cluster),
            "datacenter": vcenter.datacenter,
        })  # fmt: skip
    found = filtered(query, rows, vms="vm", names="name", power_states="power_state", hosts="host",
                     clusters="cluster", datacenters="datacenter")  # fmt: skip
    if len(found) > MOST_VMS:
        why = f"Too many virtual machines. Add more filter criteria to reduce the number: {len(found)} of {MOST_VMS}."
        raise Refused("UNABLE_TO_ALLOCATE_RESOURCE", why)
    return 200, shown(found, "host", "cluster", "datacenter")


def details(vcenter, vm, query, body):
    """Get Vm."""
    record = record_of(vcenter, vm)
    spec = record.spec
    backing = {"type": "VMDK_FILE", "vmdk_file": f"[{spec.datastore or 'local'}] {record.name}.vmdk"}
    disk = {"label": "Hard disk 1", "type": "SCSI", "capacity": int(spec.disk_gib * GIB), "backing": backing}
    nics = {
        str(4000 + at): {"label": f"Network adapter {at + 1}", "type": "VMXNET3", "state": connected(record),
                         "backing": {"type": "STANDARD_PORTGROUP", "network_name": name}}
        for at, name in enumerate(spec.networks)
    }  # fmt: skip
    return 200, {
        "name": record.name,
        "power_state": state(record),
        "guest_OS": "OTHER_LINUX_64",
        "cpu": {"count": spec.vcpus, "cores_per_socket": 1, "hot_add_enabled": False, "hot_remove_enabled": False},
        "memory": {"size_MiB": int(spec.memory_mib), "hot_add_enabled": False},
        "disks": {"2000": disk} if spec.disk_gib else {},
        "nics": nics,
        "identity": {"name": record.name},
        "instant_clone_frozen": False,
    }


def connected(record):
    return "CONNECTED" if state(record) == "POWERED_ON" else "NOT_CONNECTED"


def create(vcenter, query, body):
    """Create Vm: 201 and its MoRef (a generator)."""
    order = {"name": text(body, "name"), **placement(vcenter, body)}
    order["vcpus"] = whole(body.get("cpu", {}), "count", 1)
    order["memory_mib"] = whole(body.get("memory", {}), "size_MiB", 1024)
    for disk in body.get("disks", ())[:1]:
        order["disk_gib"] = whole(disk.get("new_vmdk", {}), "capacity", 16 * GIB) / GIB
    yield from done(vcenter, "CreateVM_Task", **order)
    return 201, vcenter.references.give("vm", order["name"])


def clone(vcenter, query, body):
    """Clone Vm: a new one of the same size (a generator)."""
    source = record_of(vcenter, text(body, "source"))
    spec = {**source.spec.as_json()}
    spec["networks"] = list(spec["networks"])
    order = {**spec, "name": text(body, "name"), **placement(vcenter, body)}
    yield from done(vcenter, "CreateVM_Task", **order)
    reference = vcenter.references.give("vm", order["name"])
    if body.get("power_on"):
        yield from done(vcenter, "PowerOnVM_Task", vm=reference)
    return 201, reference


def relocate(vcenter, vm, query, body):
    """Relocate Vm: vMotion to the host of its placement (a generator)."""
    record_of(vcenter, vm)
    host = body.get("placement", {}).get("host")
    if host is None:
        raise Refused("INVALID_ARGUMENT", "placement.host is missing: where shall it go?")
    yield from done(vcenter, "MigrateVM_Task", vm=vm, host=host)
    return 204, None


def delete(vcenter, vm, query, body):
    """Delete Vm (a generator): it must be off."""
    if state(record_of(vcenter, vm)) != "POWERED_OFF":
        raise Refused("NOT_ALLOWED_IN_CURRENT_STATE", "The virtual machine is running or suspended. Power it off.")
    yield from done(vcenter, "Destroy_Task", vm=vm)
    return 204, None


def power(vcenter, vm, query, body):
    """Get Power."""
    record = record_of(vcenter, vm)
    now = state(record)
    return 200, {"state": now, **({"clean_power_off": True} if now == "POWERED_OFF" else {})}


def act(what):
    """The handler of POST …/power?action=`what`."""

    def handler(vcenter, vm, query, body):
        record = record_of(vcenter, vm)
        method, goal = GOALS[what]
        allowed(state(record), what, goal)
        yield from done(vcenter, method, vm=vm)
        return 204, None

    return handler


def allowed(now, what, goal):
    """Return if a VM in the state `now` may `what`. Refused (400)."""
    if now == goal:
        raise Refused("ALREADY_IN_DESIRED_STATE", f"The virtual machine is already {now.lower().replace('_', ' ')}.")
    if now not in ALLOWED[what]:
        raise Refused("NOT_ALLOWED_IN_CURRENT_STATE", f"A virtual machine that is {now} cannot {what}.")


def reset(vcenter, vm, query, body):
    """Reset: the plug is pulled and put in again (a generator)."""
    if state(record_of(vcenter, vm)) != "POWERED_ON":
        raise Refused("NOT_ALLOWED_IN_CURRENT_STATE", "Only a virtual machine that is POWERED_ON can be reset.")
    yield from done(vcenter, "PowerOffVM_Task", vm=vm)
    yield from done(vcenter, "PowerOnVM_Task", vm=vm)
    return 204, None


def guest_power(vcenter, vm, query, body):
    """Get guest power: does an operating system run?"""
    runs = state(record_of(vcenter, vm)) == "POWERED_ON"
    return 200, {"state": "RUNNING" if runs else "NOT_RUNNING", "operations_ready": runs}


def guest_shutdown(vcenter, vm, query, body):
    """Shut the guest down: 204 at once, for it takes its own time. Refused (503) if no guest runs."""
    if state(record_of(vcenter, vm)) != "POWERED_ON":
        raise Refused("SERVICE_UNAVAILABLE", "VMware Tools is not running.")
    vcenter.vpxd.begin("ShutdownGuest", vm=vm)
    return 204, None


def done(vcenter, method, **detail):
    """Do it with a task, and wait for its end (a generator). Refused with the task's fault."""
    vpxd = vcenter.vpxd
    job = vpxd.tasks[vpxd.begin(method, **detail)][1]
    while not job.ended:
        yield vcenter.world.timeout(0.1)
    if job.error is not None:
        raise refused(job.error)


def placement(vcenter, body):
    """host, cluster and datastore of a placement, by name. Refused (400, 404)."""
    place, found = body.get("placement", {}), {}
    if not isinstance(place, dict):
        raise Refused("INVALID_ARGUMENT", f"placement must be an object, not {place!r}")
    for kind in ("host", "cluster", "datastore"):
        if kind in place:
            found[kind] = vcenter.references.name(kind, place[kind])
    return found


def text(body, key):
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise Refused("INVALID_ARGUMENT", f"{key} must be a text, not {value!r}")
    return value


def whole(part, key, default):
    value = part.get(key, default) if isinstance(part, dict) else part
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Refused("INVALID_ARGUMENT", f"{key} must be a whole number from 1, not {value!r}")
    return value


VM = "/api/vcenter/vm/(?P<vm>[^/]+)"
ROUTES = (
    ("GET", None, "/api/vcenter/vm", listed),
    ("POST", None, "/api/vcenter/vm", create),
    ("POST", "clone", "/api/vcenter/vm", clone),
    ("GET", None, VM, details),
    ("DELETE", None, VM, delete),
    ("POST", "relocate", VM, relocate),
    ("GET", None, f"{VM}/power", power),
    ("POST", "start", f"{VM}/power", act("start")),
    ("POST", "stop", f"{VM}/power", act("stop")),
    ("POST", "suspend", f"{VM}/power", act("suspend")),
    ("POST", "reset", f"{VM}/power", reset),
    ("GET", None, f"{VM}/guest/power", guest_power),
    ("POST", "shutdown", f"{VM}/guest/power", guest_shutdown),
)
