"""What a guest does by itself, and what follows: it shuts down when its power button is pressed (or does not), puts
itself to sleep, panics, works more or less.

None of this is a command, so it happens without a management process, too. But a QEMU process whose guest has ended
waits for libvirtd to end it (libvirt starts it with -no-shutdown): with libvirtd stopped, it waits until that is back.
"""

from dataclasses import replace

from labkit.vmm import events, power, ram, usage
from labkit.vmm.domain import meant
from labkit.world.errors import LabError

PROCESS_ENDS_S = 0.5  # from the guest's power-off until its process is gone: chosen


def run_program(vmm, domain):
    """The guest's machine code runs on a vCPU with hardware assistance; each exit is an event of kind 'vmexit'. Code
    that the processor cannot run stops the vCPU, and a triple fault is a panic; hlt waits, and the VM runs on."""
    from labkit.vmm.monitor import monitor

    run = monitor(domain.guest.program, "hardware", world=vmm.world, vcpu=domain.name, vmm=vmm.name).run()
    domain.guest.console = run.bus.serial.output.decode("latin-1")
    if run.state == "internal_error":
        power.halt(vmm, domain, "unknown")
    elif run.state == "shutdown":
        panic(vmm, domain)


def press(vmm, domain, button):
    """The guest is asked to shut down (ACPI). One that does not run feels it when it runs again; one that ignores the
    button stays as it is; one that is going down already goes once, and the last button says whether it comes back."""
    guest = domain.guest
    if not domain.computing:
        guest.button = button
    elif guest.going:
        guest.going = button
    elif domain.live.powers_off_s is not None:
        guest.going = button
        vmm.node.process(_shutting_down(vmm, domain))


def _shutting_down(vmm, domain):
    life, guest = domain.life, domain.guest
    yield vmm.world.timeout(domain.live.powers_off_s)
    if domain.life != life or not domain.active or not guest.going:
        return
    button, guest.going = guest.going, None
    if not domain.computing:
        guest.button = button  # paused meanwhile: its time stood still
    elif button == "reboot":
        power.boot(vmm, domain)
    else:
        yield from power_off(vmm, domain)


def power_off(vmm, domain):
    """The guest has shut itself down. Its process waits for the management process to end it."""
    life = domain.life
    power.freeze(vmm, domain)
    power.change(vmm, domain, "shutdown", "user")
    yield vmm.world.timeout(PROCESS_ENDS_S)
    if domain.life == life and domain.state == "shutdown" and vmm.manager.state == "running":
        power.release(vmm, domain, "shutdown")


def panic(vmm, domain):
    """The guest's operating system has crashed. What follows is written in its definition, and done by the management
    process: as long as that is down, nobody does it."""
    power.change(vmm, domain, "crashed", "panicked")
    power.freeze(vmm, domain)
    if vmm.manager.state == "running":
        after_panic(vmm, domain)


def after_panic(vmm, domain):
    """destroy, restart or preserve."""
    if domain.live.on_crash == "restart":
        power.boot(vmm, domain)
    elif domain.live.on_crash == "destroy":
        power.release(vmm, domain, "crashed")


def from_inside(vmm, domain, what):
    """What the guest, or somebody in it, does by itself: 'poweroff', 'sleep', 'panic'. LabError if it does not run."""
    if what not in ("poweroff", "sleep", "panic"):
        raise LabError(f"a guest cannot {what!r}", 400, True, "poweroff, sleep or panic")
    if not domain.computing:
        raise LabError(f"the guest of {domain.name!r} does nothing (state: {domain.state}, {domain.reason})", 409, True)
    if what == "poweroff":
        vmm.node.process(power_off(vmm, domain))
    elif what == "sleep":
        power.freeze(vmm, domain)
        power.change(vmm, domain, "pmsuspended", "unknown")
    else:
        panic(vmm, domain)


WORK = ("demand_mhz", "used_mib", "active_mib", "dirty_mib_s", "writable_working_set_mib")


def work(vmm, domain, given):
    """The guest works more or less than before. LabError (409) while it has no process, (400) for what cannot be."""
    if not domain.active:
        raise LabError(f"the guest of {domain.name!r} does nothing (state: {domain.state}, {domain.reason})", 409, True)
    other = [name for name in given if name not in WORK]
    if other:
        raise LabError(f"a guest's work has no {other[0]!r}", 400, True, f"it has {', '.join(WORK)}")
    if "used_mib" in given:
        given = {"active_mib": None, **given}
    live = meant(replace, domain.live, **given)
    usage.settle(vmm)
    domain.live = live
    if domain.computing:
        ram.work(vmm, domain)
    events.note(vmm, domain.name)
