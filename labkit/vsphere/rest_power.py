"""/api/vcenter/vm/{vm}/power and …/guest/power: the plug, and the operating system's own way to shut down.

An act answers 204 when it is done; its vpxd task runs meanwhile. In this order it is refused:

    503  SERVICE_UNAVAILABLE            the host of the VM does not answer; for the guest: VMware Tools do not run
    400  ALREADY_IN_DESIRED_STATE       it is so already
    400  NOT_ALLOWED_IN_CURRENT_STATE   a VM in this state cannot: one that is off is not suspended
    400  RESOURCE_BUSY                  another act on this VM has not ended yet
"""

from labkit.vsphere.rest_errors import Refused, refused
from labkit.vsphere.vpxd import POWER
from labkit.world import LabError

STATES = {"poweredOn": "POWERED_ON", "poweredOff": "POWERED_OFF", "suspended": "SUSPENDED"}
ACTS = {  # act: its task, the state after it, the states it starts from
    "start": ("PowerOnVM_Task", "POWERED_ON", ("POWERED_OFF", "SUSPENDED")),
    "stop": ("PowerOffVM_Task", "POWERED_OFF", ("POWERED_ON", "SUSPENDED")),
    "suspend": ("SuspendVM_Task", "SUSPENDED", ("POWERED_ON",)),
    "reset": (None, None, ("POWERED_ON",)),
}


def state(record):
    """The power state that vpxd believes in. (While the host is silent: what was reported last.)"""
    return STATES[POWER.get(record.reported, "poweredOff")]


def record_of(vcenter, vm):
    """The record of a VM by its MoRef. Refused (404); a name is not a MoRef."""
    found = vcenter.references.things.get(vm)
    if found is None or found[0] != "vm" or found[1] not in vcenter.vim.vms:
        raise Refused("NOT_FOUND", f"Virtual machine with identifier '{vm}' was not found.")
    return vcenter.vim.vms[found[1]]


def done(vcenter, method, **detail):
    """Do it with a task, and wait for its end (a generator). Refused with the task's fault."""
    vpxd = vcenter.vpxd
    job = vpxd.tasks[vpxd.begin(method, **detail)][1]
    while not job.ended:
        yield vcenter.world.timeout(0.1)
    if job.error is not None:
        raise refused(job.error)


def power(vcenter, vm, query, body):
    """Get Power."""
    record = record_of(vcenter, vm)
    now = state(record)
    return 200, {"state": now, **({"clean_power_off": not record.error} if now == "POWERED_OFF" else {})}


def allowed(vcenter, record, what):
    """Return if this VM may `what` now. Refused (400, 503)."""
    now, (_, goal, states) = state(vcenter.vpxd.reachable(record)), ACTS[what]
    if now == goal:
        raise Refused("ALREADY_IN_DESIRED_STATE", f"The virtual machine is {now} already.")
    if now not in states:
        raise Refused("NOT_ALLOWED_IN_CURRENT_STATE", f"A virtual machine that is {now} cannot {what}.")
    if record.task is not None:
        raise Refused("RESOURCE_BUSY", f"The virtual machine is busy with another operation: {record.task}.")


def act(what):
    """The handler of POST …/power?action=`what`."""

    def handler(vcenter, vm, query, body):
        record = record_of(vcenter, vm)
        allowed(vcenter, record, what)
        yield from done(vcenter, ACTS[what][0], vm=record.name)
        return 204, None

    return handler


def reset(vcenter, vm, query, body):
    """Reset: the plug is pulled and put in again (a generator)."""
    record = record_of(vcenter, vm)
    allowed(vcenter, record, "reset")
    yield from done(vcenter, "PowerOffVM_Task", vm=record.name)
    yield from done(vcenter, "PowerOnVM_Task", vm=record.name)
    return 204, None


def guest_power(vcenter, vm, query, body):
    """Get guest power: does an operating system run?"""
    runs = state(record_of(vcenter, vm)) == "POWERED_ON"
    return 200, {"state": "RUNNING" if runs else "NOT_RUNNING", "operations_ready": runs}


def tools(vcenter, vm):
    """The record of a VM whose guest can be asked. Refused (503) if none runs."""
    record = vcenter.vpxd.reachable(record_of(vcenter, vm))
    if state(record) != "POWERED_ON":
        raise Refused("SERVICE_UNAVAILABLE", "VMware Tools is not running.")
    if record.task is not None:
        raise Refused("RESOURCE_BUSY", f"The virtual machine is busy with another operation: {record.task}.")
    return record


def guest_shutdown(vcenter, vm, query, body):
    """Shut the guest down: 204 at once, for it takes its own time."""
    vcenter.vpxd.begin("ShutdownGuest", vm=tools(vcenter, vm).name)
    return 204, None


def guest_reboot(vcenter, vm, query, body):
    """Have the guest shut down and boot anew: 204 at once."""
    record = tools(vcenter, vm)
    vcenter.vim.node.process(_reboot(vcenter, record.name))
    return 204, None


def _reboot(vcenter, name):
    try:
        yield from done(vcenter, "ShutdownGuest", vm=name)
        yield from done(vcenter, "PowerOnVM_Task", vm=name)
    except (Refused, LabError) as problem:
        vcenter.vim.emit("guest reboot failed", name, reason=str(problem))


VM = "/api/vcenter/vm/(?P<vm>[^/]+)"
ROUTES = (
    ("GET", None, f"{VM}/power", power),
    ("POST", "start", f"{VM}/power", act("start")),
    ("POST", "stop", f"{VM}/power", act("stop")),
    ("POST", "suspend", f"{VM}/power", act("suspend")),
    ("POST", "reset", f"{VM}/power", reset),
    ("GET", None, f"{VM}/guest/power", guest_power),
    ("POST", "shutdown", f"{VM}/guest/power", guest_shutdown),
    ("POST", "reboot", f"{VM}/guest/power", guest_reboot),
)
