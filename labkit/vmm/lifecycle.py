"""Which operation a domain accepts in which state. Everything else is refused, the state named, and changes nothing.

                     define
                       │
                       ▼        start
                    shutoff ───────────────▶ running ◀──────────────┐ resume
                     ▲ ▲ ▲                    │ │ │ └───── pause ──▶ paused    memory stays in the host's RAM
                     │ │ └── kill ────────────┘ │ │
                     │ └──── shutdown: asked ───┘ │                   the guest may ignore it
                     └────── suspend: saved ──────┘                   memory goes to the disk

Behaviour: libvirt, src/qemu/qemu_driver.c (qemuDomainSuspend, …Resume, …ShutdownFlags, …Reboot, …DestroyFlags,
…DefineXMLFlags, …UndefineFlags): most calls want a domain that is *active*, that is, has a process; paused is active,
too, and so are crashed and pmsuspended.

What the real one does differently: a call that finds the domain locked by a job waits up to 30 s for the lock before it
is refused; ours is refused at once. There a guest that has panicked or is being shut down can be paused, resumed and
saved, too, which is seldom of use; ours refuses.
"""

from labkit.world.errors import LabError, unknown

ACTIVE = ("running", "blocked", "paused", "shutdown", "crashed", "pmsuspended")
RUNS = ("running", "blocked")
ACCEPTED = {
    "start": ("shutoff",),
    "pause": (*RUNS, "paused"),  # pausing what is paused is no error and does nothing
    "resume": ("paused",),
    "suspend": (*RUNS, "paused"),
    "shutdown": ACTIVE,  # a button is pressed; who sleeps, rests or has crashed does not feel it
    "reboot": ACTIVE,
    "kill": ACTIVE,
    "wakeup": ("pmsuspended",),
    "snapshot": (*RUNS, "paused", "shutoff"),
    "revert": (*RUNS, "paused", "shutoff", "crashed"),
    "delete_snapshot": (*RUNS, "paused", "shutoff"),
    "migrate_to": (*RUNS, "paused"),
    "undefine": ("nostate", *ACTIVE, "shutoff"),
    "define": ("nostate", *ACTIVE, "shutoff"),
    "autostart": ("nostate", *ACTIVE, "shutoff"),
}
SENTENCES = {
    "nostate": "has no known state",
    "running": "is already running",
    "blocked": "is already running",
    "shutdown": "is being shut down",
    "shutoff": "is not running",
    "crashed": "has crashed",
    "pmsuspended": "is pmsuspended",
}
NEXT = {
    "paused": "resume it: a paused domain has a process and keeps its memory",
    "shutoff": "start it first",
    "crashed": "kill it, then start it",
    "pmsuspended": "its guest sleeps: wake it first",
    "shutdown": "wait for its end, or kill it",
}
DURING_JOB = ("kill", "define")  # what goes through while a long job holds the domain: a definition is only a file
MIGRATION_OUT = (*DURING_JOB, "pause")  # libvirt, qemuMigrationJobStart: JOB_MASK(VIR_JOB_SUSPEND)


def accepting(vmm, operation, name):
    """The domain `name` of this host, if it accepts `operation` now; else LabError (404, 409), nothing changed."""
    domain = vmm.domains.get(name)
    if domain is None or domain.job or domain.state not in ACCEPTED[operation]:
        allow(operation, find(vmm, name))
    return domain


def find(vmm, name):
    """The domain called `name` on this host, or LabError (404)."""
    if name in vmm.domains:
        return vmm.domains[name]
    error = unknown(f"domain on {vmm.name} called", name, vmm.domains)
    more = f"{vmm.name} knows its own host only; where a VM is, a VIM knows"
    raise LabError(error.message, 404, True, f"{error.next_step} ({more})")


def allow(operation, domain):
    """Return if `domain` accepts `operation` now, else raise LabError (409) that names the state."""
    if domain.job and operation not in (MIGRATION_OUT if domain.job == "migration out" else DURING_JOB):
        busy = f"domain {domain.name!r} is busy: a {domain.job} holds its state change lock"
        raise LabError(busy, 409, True, "wait for it, or kill the domain")
    if domain.state not in ACCEPTED[operation]:
        raise LabError(refusal(operation, domain), 409, True, NEXT.get(domain.state))


def refusal(operation, domain):
    """The sentence of a refusal, in libvirt's sense: domain 'web' is not running (state: shutoff, destroyed)."""
    said = SENTENCES.get(domain.state, "is not running")
    if operation == "start" and domain.active:
        said = "is already running"
    elif operation == "wakeup":
        said = "is not pmsuspended"
    return f"domain {domain.name!r} {said} (state: {domain.state}, {domain.reason})"
