"""What comes late: an old order, an order for an earlier start of the host, an old report. No disk is locked here."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.truth import running
from labkit.vmm.disks.lease import Lease
from labkit.world import World
from tests.vim.chaos import Restarter
from tests.vim.test_faults import trust

SHARED = Spec(memory_mib=2048, datastore="san1")


@pytest.fixture
def center(monkeypatch):
    monkeypatch.setattr(Lease, "acquire", trust)
    world = World(seed=7)
    vim = datacenter(world, hosts=3, failover=Restarter())
    vim.create("web", spec=SHARED).wait()
    return world, vim


def late(world, *orders, host="esx1", boot=1):
    """Orders that were on the wire until now."""
    lines = [list(order) for order in orders]
    world.cast("vim", f"{host}-agent", "vim", "orders", boot=boot, specs=[SHARED.as_json()], orders=lines)
    world.run(until=world.now + 5)


def test_an_order_to_start_that_comes_after_the_move_starts_nothing(center):
    world, vim = center
    first = vim.vms["web"].n
    vim.migrate("web", "esx2").wait()
    late(world, ["run", "web", first, 0])
    assert running(world) == {"web": ["esx2"]}


def test_an_order_to_start_that_comes_after_the_release_starts_nothing(center):
    world, vim = center
    first = vim.vms["web"].n
    vim.terminate("web").wait()
    late(world, ["run", "web", first, 0])
    assert running(world) == {}


def test_an_order_for_an_earlier_start_of_the_host_starts_nothing(center):
    world, vim = center
    world.crash("esx1")
    world.run(until=world.now + 100)
    assert running(world) == {"web": ["esx2"]}
    world.start("esx1")
    late(world, ["take", "web", 999, 0], boot=1)
    assert running(world) == {"web": ["esx2"]}


def test_the_same_order_twice_does_no_harm(center):
    world, vim = center
    booted = world.component("esx1").domains["web"].life
    late(world, ["run", "web", vim.vms["web"].n, 0], ["run", "web", vim.vms["web"].n, 0])
    assert running(world) == {"web": ["esx1"]} and world.component("esx1").domains["web"].life == booted


def reports(world):
    """Payloads of the reports that the agent of esx1 sends from now on, as they are on the wire."""
    kept, serve = [], world.nodes["vim"].serve

    def listen(message):
        if message.what == "report" and message.detail["host"] == "esx1":
            kept.append(message.detail)
        return serve(message)

    world.nodes["vim"].serve = listen
    return kept


def test_a_report_that_is_older_than_what_was_heard_changes_nothing(center):
    world, vim = center
    kept = reports(world)
    world.cast("vim", "esx1-agent", "vim", "describe")
    world.run(until=world.now + 1)
    vim.stop("web").wait()
    before = vim.outbox.sent
    world.cast("esx1-agent", "vim", "vim", "report", **kept[0])  # it says that web runs
    world.run(until=world.now + 1)
    assert vim.vms["web"].seen == "off" and vim.outbox.sent == before


def test_a_report_that_was_sent_before_the_fence_does_not_wake_the_dead(center):
    world, vim = center
    kept = reports(world)
    world.cast("vim", "esx1-agent", "vim", "describe")
    world.run(until=world.now + 1)
    world.crash("esx1")
    world.run(until=world.now + 100)
    assert vim.hosts["esx1"].state == "fenced"
    old = {**kept[0], "seq": 10_000}
    vim._serve(type("Late", (), {"kind": "vim", "what": "report", "detail": old, "answer": None}))
    world.run(until=world.now + 20)
    assert vim.hosts["esx1"].state == "fenced" and running(world) == {"web": ["esx2"]}


def test_a_lost_report_is_noticed_at_the_next_heartbeat(center):
    world, vim = center
    world.cut("esx1-agent", "vim", both_ways=False)
    world.ask("vim", "esx1-libvirtd", "libvirt", "domainSuspend", name="web")
    world.run(until=world.now + 1)
    world.heal()
    assert vim.vms["web"].seen == "running"
    world.run(until=world.now + 11)
    assert vim.vms["web"].seen == "paused"
    assert world.trace.where(src="vim", dst="esx1-agent", what="describe")


def test_a_guess_is_not_remembered_as_a_fence(center):
    world, vim = center
    vim.fenced("esx1", guessed=True)
    world.run(until=world.now + 0.001)
    world.crash("vim")
    world.start("vim")
    assert vim.hosts["esx1"].state == "unknown"
    world.run(until=world.now + 30)
    assert vim.hosts["esx1"].state == "connected" and running(world) == {"web": ["esx1"]}
