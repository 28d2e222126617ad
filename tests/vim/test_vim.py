"""Stories of a VIM: orders become jobs, jobs become VMs, the model lags, and the process may die."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.truth import running, twice
from labkit.vmm import Host
from labkit.world import LabError, World
from tests.vim.chaos import Restarter

SHARED = Spec(memory_mib=2048, datastore="san1")


def center(**options):
    world = World(seed=7)
    return world, datacenter(world, hosts=3, host=Host(memory_mib=8192, disk_gib=100), **options)


def settled(job, state="success"):
    job.vim.wait(job)
    assert job.state == state, job
    return job


def refused(code, words, call, *args, **kwargs):
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    assert error.value.code == code
    assert words in str(error.value)


def test_an_order_is_answered_with_a_job_and_the_vm_comes_later():
    world, vim = center()
    job = vim.create("web", spec=SHARED)
    assert job.state == "queued" and running(world) == {}
    world.run(until=30)
    assert job.state == "success" and running(world) == {"web": ["esx1"]}
    assert [event.what for event in vim.events.where(kind="vm")] == ["scheduling", "building on esx1", "running"]


def test_the_life_of_a_vm():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    for act, seen in ((vim.pause, "paused"), (vim.resume, "running"), (vim.stop, "off"), (vim.start, "running")):
        settled(act("web"))
        assert vim.vms["web"].seen == vim.vms["web"].desired == seen
    settled(vim.migrate("web"))
    assert running(world) == {"web": [vim.vms["web"].host.name]} == {"web": ["esx2"]}
    settled(vim.stop("web", graceful=True))
    settled(vim.migrate("web", "esx3"))
    settled(vim.start("web"))
    assert running(world) == {"web": ["esx3"]}
    settled(vim.terminate("web"))
    assert "web" not in vim.vms and running(world) == {}
    assert world.component("san1").disks == {}
    settled(vim.create("web", spec=SHARED))  # the name is free again


def test_what_the_vim_shows_is_what_it_was_told():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    world.cut("vim", "esx1-agent")
    cut_at = world.now
    world.ask("vim", "esx1-libvirtd", "libvirt", "domainDestroy", name="web")
    assert running(world) == {} and vim.vms["web"].seen == "running"
    world.run(until=cut_at + 45)
    rows = {row[0]: row[1] for row in vim.inventory()}
    heard_at_s = vim.hosts["esx1"].heard_at_s
    assert rows["web"] == f"unknown since {world.now - heard_at_s:.0f} s"
    assert vim.vms["web"].desired == "running"
    world.heal()
    world.run(until=world.now + 20)
    assert vim.vms["web"].seen == vim.vms["web"].desired == "off"  # adopted: somebody has decided so at the host


def test_a_vm_that_nobody_ordered_is_shown_and_left_alone():
    world, vim = center()
    world.run(until=1)
    world.ask("vim", "esx2-libvirtd", "libvirt", "domainDefineXML", name="byhand", memory_mib=512)
    world.ask("vim", "esx2-libvirtd", "libvirt", "domainCreate", name="byhand")
    world.run(until=60)
    assert ("byhand", "running, unmanaged", "–", "esx2", "") in list(vim.inventory())
    assert running(world) == {"byhand": ["esx2"]}


def test_a_vim_that_adopts_all_takes_it_over_and_orders_nothing():
    world, vim = center(adopts="all")
    world.run(until=1)
    world.ask("vim", "esx2-libvirtd", "libvirt", "domainDefineXML", name="byhand", memory_mib=512)
    world.ask("vim", "esx2-libvirtd", "libvirt", "domainCreate", name="byhand")
    world.run(until=60)
    assert vim.vms["byhand"].seen == vim.vms["byhand"].desired == "running"
    assert running(world) == {"byhand": ["esx2"]} and vim.outbox.sent == 0
    settled(vim.stop("byhand"))
    assert running(world) == {}


def test_without_the_vim_vms_run_on_and_orders_are_refused():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    world.stop("vim")
    world.run(until=world.now + 3600)
    assert running(world) == {"web": ["esx1"]}
    refused(503, "nobody takes the order", vim.create, "db", spec=SHARED)
    refused(503, "w.start('vim')", vim.inventory)


def test_after_a_crash_everything_is_unknown_and_nothing_is_started_twice():
    world, vim = center()
    world.run(until=1)
    job = vim.create("vm7", spec=SHARED)
    world.run(until=world.now + 0.0015)  # the order is on its way
    world.crash("vim")
    assert job.state == "error"
    world.run(until=10)
    world.start("vim")
    assert vim.vms["vm7"].seen == "unknown"
    before = vim.outbox.sent
    world.run(until=30)
    assert vim.vms["vm7"].seen == "running" and running(world) == {"vm7": ["esx1"]}
    assert vim.outbox.sent == before  # it asked, and nothing was missing


def test_what_was_saved_is_there_in_a_file(tmp_path):
    world, vim = center(database=tmp_path / "vim.db")
    settled(vim.create("web", spec=SHARED, project="shop", groups=("a", "b"), priority="high"))
    world.crash("vim")
    world.start("vim")
    vm = vim.vms["web"]
    assert (vm.spec, vm.project, vm.groups, vm.priority, vm.host.name) == (SHARED, "shop", ("a", "b"), "high", "esx1")
    assert vim.placement.free(vim.hosts["esx1"])["memory_mib"] < vim.placement.free(vim.hosts["esx2"])["memory_mib"]


def test_a_host_that_was_switched_off_and_on_gets_its_vms_back():
    world, vim = center()
    settled(vim.create("web", spec=Spec()))
    world.crash("esx1")
    world.run(until=world.now + 15)
    world.start("esx1")
    world.run(until=world.now + 15)
    assert running(world) == {"web": ["esx1"]} and vim.vms["web"].desired == "running"


def test_a_silent_host_is_unknown_and_its_vms_stay_where_they_are():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    world.crash("esx1")
    world.run(until=world.now + 3600)
    assert vim.vms["web"].seen == "unknown" and running(world) == {}
    refused(409, "is unknown, not fenced", vim.restart, "web")
    refused(409, "cannot hand web over", vim.migrate, "web")


def test_a_fenced_host_gives_its_vms_away_and_its_old_copy_is_dropped():
    world, vim = center(failover=Restarter())
    settled(vim.create("web", spec=SHARED))
    settled(vim.create("local", spec=Spec(), host="esx1"))
    world.cut("vim", "esx1-agent")
    world.run(until=world.now + 100)
    assert running(world) == {"web": ["esx2"]}
    assert vim.hosts["esx1"].state == "fenced" and vim.vms["local"].seen == "off"
    world.heal()
    world.start("esx1")
    world.run(until=world.now + 60)
    assert running(world) == {"local": ["esx1"], "web": ["esx2"]}
    assert "web" not in world.component("esx1").domains


def test_a_fence_that_fails_restarts_nothing():
    world, vim = center(failover=Restarter())
    settled(vim.create("web", spec=SHARED))
    world.component("esx1-bmc").break_down()
    world.cut("vim", "esx1-agent")
    world.run(until=world.now + 300)
    assert running(world) == {"web": ["esx1"]} and vim.hosts["esx1"].state == "unknown"


def test_a_guess_instead_of_a_fence_makes_two_and_the_second_is_found():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    world.cut("vim", "esx1-agent")
    world.run(until=world.now + 70)
    vim.fenced("esx1", guessed=True)
    vim.restart("web")
    world.run(until=world.now + 5)
    assert twice(world) == {"web": ["esx1", "esx2"]}
    world.heal()
    world.run(until=world.now + 30)
    assert running(world) == {"web": ["esx2"]}


def test_maintenance_empties_a_host_alive():
    world, vim = center()
    for name in ("a", "b", "c", "d"):
        settled(vim.create(name, spec=SHARED))
    job = settled(vim.maintenance("esx1"))
    assert job.end_s and vim.hosts["esx1"].maintenance == "in"
    assert "esx1" not in {host for hosts in running(world).values() for host in hosts} and len(running(world)) == 4
    settled(vim.create("e", spec=SHARED))
    assert vim.vms["e"].host.name != "esx1"
    vim.leave_maintenance("esx1")
    assert settled(vim.create("f", spec=SHARED)).vm.host.name == "esx1"


def test_what_cannot_be_meant_is_refused_and_nothing_is_half_done():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    refused(409, "already a VM 'web'", vim.create, "web", spec=SHARED)
    refused(404, "did you mean 'esx1'", vim.create, "db", spec=SHARED, host="esx11")
    refused(404, "no cluster", vim.create, "db", spec=SHARED, cluster="west")
    refused(400, "Spec", vim.create, "db", spec={"memory_mib": 1024})
    refused(400, "priority", vim.create, "db", spec=SHARED, priority="urgent")
    refused(404, "did you mean 'web'", vim.stop, "wep")
    refused(400, "memory_mib", Spec, memory_mib=-1)
    refused(409, "is on esx1 already", vim.migrate, "web", "esx1")
    refused(400, "a VIM has no", vim.use, failovers=None)
    refused(409, "two VMs", vim.create_many, [{"name": "x", "spec": SHARED}, {"name": "x", "spec": SHARED}])
    assert list(vim.vms) == ["web"] and len(vim.jobs) == 1


def test_a_vm_larger_than_any_host_is_refused_by_its_job_with_the_reason():
    world, vim = center()
    job = settled(vim.create("huge", spec=Spec(memory_mib=65536)), "error")
    assert job.error.code == 507 and "memory" in job.error.message
    assert "huge" not in vim.vms and running(world) == {}
    with pytest.raises(LabError, match="memory"):
        job.wait()


def test_a_guest_that_is_asked_and_one_whose_plug_is_pulled():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    begin = world.now
    settled(vim.stop("web", graceful=True))
    assert world.now - begin > 2  # the guest takes its time
    settled(vim.start("web"))
    begin = world.now
    settled(vim.stop("web"))
    assert world.now - begin < 0.1


def test_an_order_that_overtakes_another_wins():
    world, vim = center()
    first = vim.create("web", spec=SHARED)
    last = vim.stop("web")
    settled(last)
    assert first.state == "error" and "overtaken by stop" in first.error.message
    world.run(until=60)
    assert running(world) == {}


def test_full_vmms_are_managed_the_same_way():
    world, vim = center(lean=False)
    settled(vim.create("web", spec=SHARED))
    settled(vim.migrate("web", "esx3"))
    assert running(world) == {"web": ["esx3"]}
    settled(vim.terminate("web"))
    assert running(world) == {}


def test_a_fork_goes_its_own_way():
    world, vim = center()
    settled(vim.create("web", spec=SHARED))
    vim.placement.free(vim.hosts["esx1"])
    other = world.fork()
    other.component("vim").stop("web")
    other.run(until=other.now + 5)
    assert running(other) == {} and running(world) == {"web": ["esx1"]}


def test_the_same_seed_gives_the_same_bytes():
    def story():
        world, vim = center()
        for host in ("esx1", "esx2", "esx3"):
            world.link("vim", f"{host}-agent", loss=0.2, jitter_s=2)
        for name in ("a", "b", "c"):
            vim.create(name, spec=SHARED)
        world.run(until=120)
        return world.trace.digest()

    assert story() == story()
