"""Templates: three VMs from one image, what each of them still needs of it, and what a template is not (S7.m4)."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vmm.disks import Broken
from labkit.world import LabError, World

SMALL = Spec(memory_mib=1024, disk_gib=10, datastore="san1")


def house(lean=True, seed=7, used_gib=4, hosts=3, **options):
    """A VIM with a template 'debian' (4 GiB of image) on san1."""
    vim = datacenter(World(seed=seed), hosts=hosts, lean=lean, **options)
    vim.templates.register("debian", SMALL, used_gib=used_gib)
    return vim


def refusal(call, *args, **kwargs):
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    return error.value


def run(vim, until):
    vim.world.run(until=until)


@pytest.mark.parametrize("lean", [True, False])
def test_full_copies_queue_for_their_datastore_and_a_linked_clone_is_there_at_once(lean):
    vim = house(lean)
    jobs = [vim.templates.deploy("debian", name) for name in ("web1", "web2")]
    fast = vim.templates.deploy("debian", "fast", linked=True)
    run(vim, 10)
    assert vim.vms["web1"].task == "cloning" and vim.vms["fast"].seen == "running"
    run(vim, 60)
    assert [round(job.end_s) for job in jobs] == [20, 41] and fast.end_s < 1  # 4 GiB at 200 MiB/s: 20.5 s each
    assert {vm.seen for vm in vim.vms.values()} == {"running"}


@pytest.mark.parametrize("lean", [True, False])
def test_a_template_in_use_is_not_deleted_and_the_reason_names_who_uses_it(lean):
    vim = house(lean)
    vim.templates.deploy("debian", "copy")
    vim.templates.deploy("debian", "linked", linked=True)
    run(vim, 5)
    assert "the linked clones linked stand on 'debian'" in str(refusal(vim.templates.delete, "debian"))
    vim.terminate("linked")
    run(vim, 15)
    assert "is being copied for copy" in str(refusal(vim.templates.delete, "debian"))
    run(vim, 60)
    assert vim.vms["copy"].seen == "running"
    vim.templates.delete("debian")
    assert "debian" not in vim.world.component("san1").disks and not vim.templates.all
    assert refusal(vim.create, "late", template="debian").code == 404


def test_a_full_copy_lives_on_without_its_template_and_neither_survives_the_storage():
    """S7.m4: a template is no backup. Delete it, and the copy reads on; lose the datastore, and all is lost."""
    vim = house(lean=False)
    san1 = vim.world.component("san1")
    vim.templates.deploy("debian", "copy")
    vim.templates.deploy("debian", "linked", linked=True)
    run(vim, 60)
    disk = san1.disk("copy")
    disk.write(0, b"today's orders", by="esx1")
    vim.terminate("linked")
    run(vim, 90)
    vim.templates.delete("debian")
    assert disk.read(0, 5) == b"today" and disk.read(64 * 1024, 3) == b"III"
    san1.lose()
    with pytest.raises(Broken):
        disk.read(0, 5)


def test_linked_clones_read_their_template_and_are_lost_with_it():
    vim = house(lean=False)
    san1 = vim.world.component("san1")
    for name in ("a", "b"):
        vim.templates.deploy("debian", name, linked=True)
    run(vim, 40)
    assert san1.disk("a").chain == ["a.img", "debian.img"] and san1.disk("a").used_mib < 1
    san1.lose("debian.img")
    with pytest.raises(Broken):
        san1.disk("a").read(64 * 1024, 3)


@pytest.mark.parametrize("lean", [True, False])
def test_a_vm_becomes_a_template_and_a_vm_again(lean):
    vim = house(lean)
    vim.create("golden", spec=SMALL)
    run(vim, 30)
    assert "is running" in str(refusal(vim.templates.mark_as_template, "golden"))
    vim.stop("golden")
    run(vim, 60)
    vim.templates.mark_as_template("golden")
    vim.templates.deploy("golden", "child", linked=True)
    run(vim, 90)
    assert vim.vms["child"].seen == "running"
    assert "does not start" in str(refusal(vim.start, "golden"))
    assert refusal(vim.terminate, "golden").code == 409
    assert "child" in str(refusal(vim.templates.back_to_vm, "golden"))
    assert refusal(vim.templates.delete, "golden").code == 409
    vim.terminate("child")
    run(vim, 120)
    vim.templates.back_to_vm("golden")
    vim.start("golden")
    run(vim, 150)
    assert vim.vms["golden"].seen == "running"


def test_onto_a_hosts_own_disk_only_a_full_copy_can_go():
    vim = house()
    local = Spec(memory_mib=1024, disk_gib=10)
    error = refusal(vim.templates.deploy, "debian", "x", linked=True, spec=local)
    assert error.code == 409 and 'datastore="san1"' in str(error) and "x" not in vim.vms
    vim.templates.deploy("debian", "x", spec=local)
    run(vim, 60)
    host = vim.vms["x"].host.name
    assert vim.vms["x"].seen == "running" and "x" in vim.world.component(f"{host}-local").disks


@pytest.mark.parametrize("lean", [True, False])
def test_no_room_for_a_copy_is_the_jobs_error_and_leaves_nothing(lean):
    vim = house(lean, used_gib=10, shared_gib=15)
    vim.placement.datastore("san1", 100)  # what the VIM believes
    job = vim.templates.deploy("debian", "x")
    run(vim, 100)
    assert job.state == "error" and job.error.code == 507 and "x" not in vim.vms
    assert "x" not in vim.world.component("san1").disks and not vim.templates["debian"].copying
    vim.templates.deploy("debian", "thin", linked=True)
    run(vim, 130)
    assert vim.vms["thin"].seen == "running"


def test_a_copy_is_as_large_as_its_template():
    vim = house()
    job = vim.templates.deploy("debian", "x", spec=Spec(memory_mib=512, disk_gib=20, datastore="san1"))
    run(vim, 60)
    assert job.error.code == 400 and "has 10 GiB, not 20" in job.error.message


def test_a_vim_that_crashes_in_the_middle_of_a_copy_begins_it_again():
    vim = house()
    vim.templates.deploy("debian", "web")
    run(vim, 10)
    vim.world.crash("vim")
    run(vim, 12)
    vim.world.start("vim")
    run(vim, 38)
    assert vim.vms["web"].seen == "running"  # 20.5 s after the restart: the first half was for nothing, no more
    vim.templates.delete("debian")


def test_what_cannot_be_meant_is_refused():
    vim = house()
    assert refusal(vim.templates.register, "debian", SMALL).code == 409
    assert refusal(vim.templates.register, "x", Spec()).code == 400
    assert "did you mean 'san1'" in str(refusal(vim.templates.register, "x", Spec(datastore="san2")))
    assert "did you mean 'debian'" in str(refusal(vim.templates.deploy, "debain", "x"))
    assert refusal(vim.templates.mark_as_template, "nobody").code == 404
    vim.create("web", spec=SMALL)
    assert "mark_as_template" in str(refusal(vim.templates.register, "web", SMALL))
    assert list(vim.templates.all) == ["debian"]


def test_a_fork_has_the_templates_and_the_rules():
    vim = house()
    vim.placement.rules.apart("apart", group="web")
    vim.templates.deploy("debian", "web1", linked=True, groups=("web",))
    run(vim, 30)
    twin = vim.world.fork().component("vim")
    assert repr(twin.templates) == repr(vim.templates) and "web1" in repr(twin.templates)
    assert list(twin.placement.rules.all) == ["apart"]


def test_a_template_that_was_just_ordered_from_is_in_use_though_no_copy_has_begun():
    w = World(seed=3)
    vim = datacenter(w, hosts=2)
    vim.templates.register("debian", Spec(datastore="san1"))
    vim.templates.deploy("debian", "web")
    with pytest.raises(LabError, match="a copy of 'debian' was ordered for web") as error:
        vim.templates.delete("debian")
    assert error.value.code == 409 and "debian" in vim.templates.all
    w.run(until=200)
    assert vim.vms["web"].seen == "running"


def test_a_vm_outlives_its_template_and_is_stopped_and_started_as_any_other():
    w = World(seed=3)
    vim = datacenter(w, hosts=2)
    vim.templates.register("debian", Spec(datastore="san1"))
    vim.templates.deploy("debian", "web").wait()
    vim.templates.delete("debian")
    vim.stop("web").wait()
    vim.start("web").wait()
    w.crash("vim")
    w.start("vim")
    w.run(until=w.now + 60)
    assert vim.vms["web"].seen == "running"


def test_a_second_order_of_the_same_name_does_not_spoil_the_first():
    w = World(seed=3)
    vim = datacenter(w, hosts=2)
    vim.templates.register("debian", Spec(datastore="san1"))
    vim.templates.deploy("debian", "fast", linked=True)
    with pytest.raises(LabError, match="there is already a VM 'fast'"):
        vim.templates.deploy("debian", "fast")
    w.run(until=60)
    assert list(vim.templates["debian"].linked) == ["fast"]


def test_a_linked_clone_lies_where_its_template_lies():
    w = World(seed=3)
    vim = datacenter(w, hosts=2, shared=("san1", "san2"))
    vim.templates.register("debian", Spec(datastore="san1"))
    for spec in (Spec(datastore="san2"), Spec()):
        with pytest.raises(LabError, match="lies beside it, on san1"):
            vim.templates.deploy("debian", "far", linked=True, spec=spec)
    with pytest.raises(LabError, match="a VM needs a Spec"):
        vim.templates.deploy("debian", "odd", spec=7)
    assert not vim.vms and not vim.templates.wishes
