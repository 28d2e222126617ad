"""Every operation in every state: it does what libvirt does, or is refused with the state named and changes nothing."""

import pytest

from labkit.vmm import Host, Vmm
from labkit.vmm.domain import REASONS, STATES
from labkit.vmm.lifecycle import ACCEPTED
from labkit.world import LabError, World

REACHED = ("shutoff", "running", "paused", "shutdown", "crashed", "pmsuspended")  # the others are Xen's
AFTER = {  # operation → state before → (state, reason) after; a state that is missing: refused
    "start": {"shutoff": ("running", "booted")},
    "pause": {"running": ("paused", "user"), "paused": ("paused", "user")},
    "resume": {"paused": ("running", "unpaused")},
    "suspend": {"running": ("shutoff", "saved"), "paused": ("shutoff", "saved")},
    "shutdown": {
        "running": ("running", "booted"),  # asked, not done
        "paused": ("paused", "user"),
        "shutdown": ("shutdown", "user"),
        "pmsuspended": ("pmsuspended", "unknown"),
        "crashed": ("crashed", "panicked"),
    },
    "reboot": {
        "running": ("running", "booted"),
        "paused": ("paused", "user"),
        "shutdown": ("shutdown", "user"),
        "pmsuspended": ("pmsuspended", "unknown"),
        "crashed": ("crashed", "panicked"),
    },
    "kill": dict.fromkeys(("running", "paused", "shutdown", "crashed", "pmsuspended"), ("shutoff", "destroyed")),
    "wakeup": {"pmsuspended": ("running", "wakeup")},
}
SAID = {  # what a refusal says, by operation and state (None: by state alone)
    ("start", None): "is already running",
    ("wakeup", None): "is not pmsuspended",
    (None, "shutoff"): "is not running",
    (None, "running"): "is already running",
    (None, "shutdown"): "is being shut down",
    (None, "crashed"): "has crashed",
    (None, "pmsuspended"): "is pmsuspended",
}


def vm_in(state):
    """A VMM whose VM 'web' is in this state."""
    w = World(seed=7)
    vmm = Vmm(w, "vmm1", Host(memory_mib=8192, disk_gib=50))
    vmm.define("web", memory_mib=512, on_crash="preserve", boot_s=0)
    if state == "shutoff":
        return vmm
    vmm.start("web")
    if state == "paused":
        vmm.pause("web")
    elif state != "running":
        vmm.in_guest("web", {"shutdown": "poweroff", "crashed": "panic", "pmsuspended": "sleep"}[state])
        w.run(until=w.now + 0.1)
    assert vmm.domains["web"].state == state
    return vmm


def picture(vmm):
    """All that an operation could change."""
    domain = vmm.domains["web"]
    seen = [getattr(domain, name) for name in domain.__slots__ if name not in ("guest", "disk", "cpu_time_s")]
    return repr((seen, vmm.datastore.files, domain.disk.lease, domain.guest.awake, domain.guest.memory))


@pytest.mark.parametrize("operation", AFTER)
@pytest.mark.parametrize("state", REACHED)
def test_every_state_and_operation(state, operation):
    vmm = vm_in(state)
    before = picture(vmm)
    if state in AFTER[operation]:
        said = getattr(vmm, operation)("web")
        assert (said["state"], said["reason"]) == AFTER[operation][state]
        return
    with pytest.raises(LabError) as refused:
        getattr(vmm, operation)("web")
    assert (refused.value.code, refused.value.definite) == (409, True)
    assert f"(state: {state}, " in str(refused.value)
    assert SAID.get((operation, None), SAID.get((None, state))) in str(refused.value)
    assert picture(vmm) == before


def test_the_table_of_this_test_is_the_table_of_the_room():
    for operation, rows in AFTER.items():
        assert {state for state in ACCEPTED[operation] if state in REACHED} == set(rows)
    assert set(REACHED) < set(STATES) == set(REASONS)


def test_definitions_come_and_go_in_every_state():
    for state in REACHED:
        vmm = vm_in(state)
        vmm.autostart("web")
        vmm.define("web", memory_mib=256)
        vmm.undefine("web")
        if state == "shutoff":
            assert "web" not in vmm.domains and "web" in vmm.datastore.disks  # the disk's files stay
            continue
        assert not vmm.info("web")["persistent"] and vmm.info("web")["state"] == state  # transient: it runs on
        vmm.kill("web")
        assert "web" not in vmm.domains


def test_a_guest_that_ignores_the_power_button_runs_on():
    w = World(seed=1)
    vmm = Vmm(w, "vmm1")
    vmm.define("deaf", powers_off_s=None)
    vmm.define("polite", powers_off_s=30)
    for name in ("deaf", "polite"):
        vmm.start(name)
        vmm.shutdown(name)
    w.run(until=w.now + 20)
    assert [row["state"] for row in vmm.list()] == ["running", "running"]
    w.run(until=w.now + 20)
    assert [(row["state"], row["reason"]) for row in vmm.list()] == [("running", "booted"), ("shutoff", "shutdown")]


def test_a_paused_guest_feels_the_power_button_when_it_is_resumed():
    w = World(seed=1)
    vmm = Vmm(w, "vmm1")
    vmm.define("web", powers_off_s=3)
    vmm.start("web")
    vmm.pause("web")
    vmm.shutdown("web")
    w.run(until=w.now + 60)
    assert vmm.info("web")["state"] == "paused"
    vmm.resume("web")
    w.run(until=w.now + 10)
    assert vmm.info("web")["reason"] == "shutdown"


def test_a_reboot_empties_the_memory_and_keeps_the_process():
    w = World(seed=1)
    vmm = Vmm(w, "vmm1")
    vmm.define("web", serve=count, boot_s=5, powers_off_s=2)
    vmm.start("web")
    w.run(until=w.now + 6)
    assert w.ask("admin", "web", "rest", "GET /") == 1 and w.ask("admin", "web", "rest", "GET /") == 2
    process = vmm.info("web")["id"]
    vmm.reboot("web")
    w.run(until=w.now + 10)
    assert w.ask("admin", "web", "rest", "GET /") == 1
    assert vmm.info("web")["id"] == process


def count(message, memory):
    memory["n"] = memory.get("n", 0) + 1
    return memory["n"]


@pytest.mark.parametrize(
    ("on_crash", "state", "answer"),
    [
        ("destroy", ("shutoff", "crashed"), None),
        ("restart", ("running", "booted"), 1),
        ("preserve", ("crashed", "panicked"), None),
    ],
)
def test_a_panic_ends_as_the_definition_says(on_crash, state, answer):
    w = World(seed=1)
    vmm = Vmm(w, "vmm1")
    vmm.define("web", serve=count, boot_s=5, on_crash=on_crash)
    vmm.start("web")
    w.run(until=10)
    assert w.ask("admin", "web", "rest", "GET /") == 1
    w.crash("web")  # the guest's node: its operating system is gone
    w.run(until=20)
    info = vmm.info("web")
    assert (info["state"], info["reason"]) == state
    if answer:
        assert w.ask("admin", "web", "rest", "GET /") == answer
