"""What an order means to the management process of a host: which of libvirt's calls, in which state of the VM.

order      the VM is absent          shut off            paused      running
run        define, create            define, create      resume      –            (crashed, not ended: destroy first)
take       define, break the disk's lock, create …       resume      –            (after a fence only)
pause      –                         –                   –           suspend
off        –                         –                   destroy     destroy
shutdown   –                         –                   destroy     shutdown
drop       –                         undefine            destroy, undefine        (the disk stays)
remove     –                         undefine and delete its disk, after destroy
"""

from functools import lru_cache

from labkit.vmm.events import CRASHED
from labkit.world.errors import LabError
from labkit.world.fixed import Fixed

absent = ("absent", 0, 0)  # a VM that the host does not have
# libvirt's state → the word of a report; every other one is 'off'
WIRE = {"running": "running", "blocked": "running", "shutdown": "running", "paused": "paused", "pmsuspended": "paused",
        "migrating": "migrating", "absent": "absent", "crashed": "crashed", CRASHED: "crashed"}  # fmt: skip
VERBS = ("run", "take", "pause", "off", "shutdown", "drop", "remove", "migrate")


def calls_for(verb, name, spec, state, definitions):
    """The calls [[call, name, argument], …] of one order for a VM in `state`. `spec` (of run and take) is the VM's
    spec, a Fixed dict; what a host is told of it is added to `definitions`, a Definitions. LabError (400) for a verb
    that is none."""
    if verb in ("run", "take"):
        return _run(verb, name, spec, state, definitions)
    if verb not in VERBS:
        raise LabError(f"no order is called {verb!r}", 400, True, f"one of {', '.join(VERBS)}")
    if state == "absent":
        return []
    off = state in ("shutoff", "nostate", CRASHED)
    if verb == "pause":
        return [] if off or state == "paused" else [["domainSuspend", name, None]]
    if verb == "shutdown" and state in ("running", "blocked"):
        return [["domainShutdown", name, None]]
    calls = [] if off else [["domainDestroy", name, None]]
    if verb in ("drop", "remove"):
        calls.append(["domainUndefineFlags", name, verb == "remove"])
    return calls


def _run(verb, name, spec, state, definitions):
    if state in ("running", "blocked", "migrating", "shutdown"):
        return []
    if state == "paused":
        return [["domainResume", name, None]]
    if state == "pmsuspended":
        return [["domainPMWakeup", name, None]]
    calls = [["domainDestroy", name, None]] if state == "crashed" else []
    calls.append(["domainDefineXML", name, definitions.index(spec)])
    if verb == "take":
        calls.append(["domainLeaseBreak", name, None])
    calls.append(["domainCreate", name, None])
    return calls


class Definitions:
    """The definitions that travel with the calls of one message: one for all VMs of the same spec."""

    def __init__(self):
        self.values, self._places = [], {}

    def index(self, spec):
        """The place of this spec's definition."""
        place = self._places.get(spec)
        if place is None:
            place = self._places[spec] = len(self.values)
            self.values.append(definition(spec))
        return place


@lru_cache(maxsize=1024)
def definition(spec):
    """What a management process is told of a spec (both are Fixed): its promises come in two parts there."""
    values = {name: value for name, value in spec.items() if name not in IN_PARTS}
    values["cpu"] = {"reservation_mhz": spec["reservation_mhz"]}
    values["memory"] = {"reservation_mib": spec["memory_reservation_mib"]}
    return Fixed(values)


IN_PARTS = ("reservation_mhz", "memory_reservation_mib")
