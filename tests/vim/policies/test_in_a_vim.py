"""Policies in a VIM: asked before the act, followed by placement, and counted through crashes."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.world import LabError, World


def made(hosts=3, **more):
    w = World(seed=5)
    return w, datacenter(w, hosts=hosts, shared=("san1",), **more)


def test_the_second_of_two_orders_in_one_moment_is_refused_and_nothing_is_created():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=6144)
    vim.create("a", spec=Spec(memory_mib=4096), project="shop")
    with pytest.raises(LabError, match="memory: 0 of 6,144 MiB used, 4,096 pending, asked 4,096") as error:
        vim.create("b", spec=Spec(memory_mib=4096), project="shop")
    assert error.value.code == 403 and "b" not in vim.vms
    w.run(until=60)
    assert vim.policies.claims.sums("shop") == ((1, 4096, 10, 1), (0, 0, 0, 0))


def test_a_claim_comes_back_when_no_host_has_room_and_when_a_vm_is_released():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=40_000)
    job = vim.create("giant", spec=Spec(memory_mib=30_000), project="shop")
    w.run(until=30)
    assert job.state == "error"
    assert vim.policies.claims.sums("shop") == ((0, 0, 0, 0), (0, 0, 0, 0))
    vim.create("web", spec=Spec(), project="shop").wait()
    vim.terminate("web").wait()
    assert vim.policies.claims.sums("shop") == ((0, 0, 0, 0), (0, 0, 0, 0))


def test_a_refused_quota_has_counted_nothing_that_a_later_one_would_believe():
    w, vim = made()
    vim.create("a", spec=Spec(memory_mib=4096), project="shop").wait()
    with pytest.raises(LabError, match="quota of 1,024 MiB of memory for 'shop', and the 4,096"):
        vim.policies.quota("shop", memory_mib=1024)
    vim.create("b", spec=Spec(memory_mib=4096), project="shop").wait()
    vim.policies.quota("shop", memory_mib=10_240)
    with pytest.raises(LabError, match="8,192 of 10,240 MiB used"):
        vim.create("c", spec=Spec(memory_mib=4096), project="shop")


def test_all_or_none_holds_for_the_claims_too():
    w, vim = made()
    vim.policies.quota("shop", vms=2)
    with pytest.raises(LabError):
        vim.create_many([{"name": f"vm{n}", "spec": Spec(), "project": "shop"} for n in range(3)])
    assert not vim.vms and vim.policies.claims.sums("shop")[1] == (0, 0, 0, 0)
    vim.create_many([{"name": f"vm{n}", "spec": Spec(), "project": "shop"} for n in range(2)])


def test_placement_keeps_off_forbidden_and_exclusive_hosts():
    w, vim = made(hosts=4)
    vim.policies.exclusive("esx1", "bank")
    vim.policies.place("shop", hosts=("esx2", "esx3"))
    for n in range(4):
        vim.create(f"shop{n}", spec=Spec(), project="shop")
        vim.create(f"other{n}", spec=Spec(), project="other")
    vim.create("safe", spec=Spec(), project="bank", host="esx1")
    w.run(until=60)
    where = {vm.name: vm.host.name for vm in vim.vms.values()}
    assert {where[f"shop{n}"] for n in range(4)} == {"esx2", "esx3"}
    assert "esx1" not in {where[f"other{n}"] for n in range(4)} and where["safe"] == "esx1"


def test_a_group_that_must_keep_apart_does():
    w, vim = made()
    vim.policies.separate("db")
    jobs = [vim.create(f"db{n}", spec=Spec(), groups=("db",)) for n in range(4)]
    w.run(until=60)
    assert [job.state for job in jobs] == ["success"] * 3 + ["error"]
    assert len({vm.host.name for vm in vim.vms.values() if vm.host}) == 3


def test_a_restarted_vim_counts_again_and_asks_the_same_policies():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=4096)
    vim.create("a", spec=Spec(memory_mib=2048), project="shop").wait()
    w.crash("vim")
    w.run(until=w.now + 5)
    w.start("vim")
    with pytest.raises(LabError, match="asked 4,096"):
        vim.create("b", spec=Spec(memory_mib=4096), project="shop")
    w.run(until=w.now + 60)
    assert vim.policies.claims.sums("shop")[0][1] == 2048


def test_a_user_without_the_privilege_is_refused_by_name():
    w, vim = made()
    vim.policies.permit("ann", "VM user", "/vm/shop")
    vim.create("web", spec=Spec(), project="shop").wait()
    vim.stop("web", user="ann").wait()
    with pytest.raises(LabError, match="VirtualMachine.Inventory.Delete is missing on /vm/shop/web"):
        vim.terminate("web", user="ann")
    assert vim.vms["web"].desired == "off"


def test_a_world_with_policies_can_be_forked():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=4096)
    vim.create("a", spec=Spec(memory_mib=2048), project="shop")
    w.run(until=40)
    twin = w.fork().components["vim"]
    assert twin.policies.claims.sums("shop") == vim.policies.claims.sums("shop") == ((1, 2048, 10, 1), (0, 0, 0, 0))


def test_a_reservation_keeps_room_in_all_hosts_and_on_shared_disks():
    w, vim = made()  # 3 hosts of 16 GiB
    vim.policies.reserve("bank", memory_mib=32768, disk_gib=1000)
    for n in range(4):
        vim.create(f"shop{n}", spec=Spec(memory_mib=4096, datastore="san1"), project="shop")
    with pytest.raises(LabError, match="16,384 taken, 32,768 kept free for others") as error:
        vim.create("shop4", spec=Spec(memory_mib=4096, datastore="san1"), project="shop")
    assert error.value.code == 507
    vim.create("safe", spec=Spec(memory_mib=4096, datastore="san1"), project="bank").wait()
    with pytest.raises(LabError, match="contradict each other: reservations of"):
        vim.policies.reserve("club", disk_gib=10**9)


def test_a_stopped_vm_must_ask_again_when_it_is_started():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=4096)
    vim.create("a", spec=Spec(memory_mib=4096), project="shop").wait()
    vim.stop("a").wait()
    vim.create("b", spec=Spec(memory_mib=4096), project="shop").wait()
    with pytest.raises(LabError, match="start a for project 'shop' is not allowed: quota . memory: 4,096 of 4,096"):
        vim.start("a")
    assert vim.vms["a"].desired == "off"
    vim.terminate("b").wait()
    vim.start("a").wait()
    assert vim.policies.claims.sums("shop")[0][1] == 4096


def test_maintenance_takes_a_privilege_on_the_host():
    w, vim = made()
    vim.policies.permit("ann", "VM administrator", "/vm")
    with pytest.raises(LabError, match="Host.Config.Maintenance is missing on /host/esx1; ann has no role at all"):
        vim.maintenance("esx1", user="ann")
    assert vim.hosts["esx1"].maintenance is None
    vim.policies.permit("ann", "administrator", "/host")
    vim.maintenance("esx1", user="ann").wait()
    with pytest.raises(LabError, match="Host.Config.Maintenance is missing on /host/esx1; ben has no role at all"):
        vim.leave_maintenance("esx1", user="ben")
    assert vim.hosts["esx1"].maintenance == "in"
    vim.leave_maintenance("esx1", user="ann")
    assert vim.hosts["esx1"].maintenance is None


def test_a_user_of_whom_no_permission_speaks_may_do_nothing_even_where_no_policy_was_written():
    w, vim = made()
    with pytest.raises(LabError, match="ann may not create web: .* ann has no role at all") as error:
        vim.create("web", spec=Spec(), project="shop", user="ann")
    assert error.value.code == 403 and not vim.vms and vim.policies_or_none is None
    with pytest.raises(LabError, match="ann may not maintenance"):
        vim.maintenance("esx1", user="ann")
    for nobody in ("", 5, ["ann"]):
        with pytest.raises(LabError, match="a user's name must be a text"):
            vim.create("web", spec=Spec(), user=nobody)
    vim.create("web", spec=Spec()).wait()


def resized(vim, name="web", **sizes):
    return vim.resize(name, Spec(**{"datastore": "san1", **sizes}))


def test_a_vm_that_is_off_gets_another_size_which_its_host_and_its_quota_must_have_room_for():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=12_288)
    vim.create("web", spec=Spec(memory_mib=2048, datastore="san1"), project="shop").wait()
    with pytest.raises(LabError, match="web is running and is to be running: its size is fixed"):
        resized(vim, memory_mib=4096)
    vim.stop("web").wait()
    with pytest.raises(LabError, match="no valid host .* dropped 1 by memory") as error:
        vim.create("fill", spec=Spec(memory_mib=14_000), host=vim.vms["web"].host.name).wait()
        resized(vim, memory_mib=4096)
    assert error.value.code == 507 and vim.vms["web"].spec.memory_mib == 2048
    assert vim.placement.free(vim.vms["web"].host)["memory_mib"] == 16_384 - 14_000 - 2048  # still claimed
    assert vim.policies.claims.sums("shop") == ((0, 0, 10, 1), (0, 0, 0, 0))
    vim.terminate("fill").wait()
    free = vim.placement.free(vim.vms["web"].host)
    assert resized(vim, memory_mib=8192, vcpus=2).state == "success"
    assert vim.placement.free(vim.vms["web"].host)["memory_mib"] == free["memory_mib"] - 6144
    vim.start("web").wait()
    host = vim.vms["web"].host.name
    assert w.components[host].domains["web"].definition.memory_mib == 8192
    assert vim.policies.claims.sums("shop") == ((2, 8192, 10, 1), (0, 0, 0, 0))


def test_a_new_size_is_kept_through_a_crash_and_nonsense_is_refused():
    w, vim = made()
    vim.create("web", spec=Spec(datastore="san1"), running=False).wait()
    resized(vim, memory_mib=4096)
    w.run(until=w.now + 1)
    w.crash("vim")
    w.start("vim")
    w.run(until=w.now + 30)
    assert vim.vms["web"].spec.memory_mib == 4096
    for wrong in ({"disk_gib": 50}, {"datastore": None}):
        with pytest.raises(LabError, match="the disk of web stays as it is"):
            resized(vim, **wrong)
    with pytest.raises(LabError, match="a VM needs a Spec"):
        vim.resize("web", 4096)
    vim.policies.permit("ann", "VM user", "/vm")
    with pytest.raises(LabError, match="VirtualMachine.Config.CPUCount is missing"):
        vim.resize("web", Spec(datastore="san1"), user="ann")


def test_a_policy_is_not_lifted_by_removing_the_rule_that_it_has_written():
    w, vim = made()
    vim.policies.separate("db")
    with pytest.raises(LabError, match="'policy: db apart' is a policy: a rule's author cannot lift it") as error:
        vim.placement.rules.remove("policy: db apart")
    assert error.value.code == 409 and "policy: db apart" in vim.placement.rules.all
    vim.policies.loosen("db")
    assert not vim.placement.rules


def test_a_rule_of_placement_and_a_policy_that_leave_a_project_no_host_are_refused_whichever_comes_second():
    w, vim = made()
    vim.policies.place("shop", hosts=("esx1", "esx2"))
    with pytest.raises(
        LabError, match="'shop' may run on esx1, esx2 only, and the rule 'licence' keeps it off"
    ) as error:
        vim.placement.rules.on("licence", ("esx3",), project="shop")
    assert error.value.code == 409 and not vim.placement.rules
    vim.placement.rules.on("licence", ("esx2", "esx3"), project="shop")
    with pytest.raises(LabError, match="'shop' may run on esx1 only, and the rule 'licence' keeps it off there"):
        vim.policies.place("shop", hosts=("esx1",))
    with pytest.raises(LabError, match="the rule 'licence' keeps it off there"):
        vim.policies.exclusive("esx2", "bank")
    assert vim.policies.allowed.hosts == {"shop": ("esx1", "esx2")} and not vim.policies.allowed.owners
    vim.placement.rules.on("wish", ("esx3",), project="shop", must=False)  # a wish gives way
    vim.create("web", spec=Spec(), project="shop").wait()
    assert vim.vms["web"].host.name == "esx2"


def test_two_that_must_keep_apart_do_not_meet_through_a_migration_that_is_under_way():
    w, vim = made()
    for number in (1, 2):
        vim.create(
            f"db{number}", spec=Spec(memory_mib=8192, datastore="san1"), groups=("db",), host=f"esx{number}"
        ).wait()
    vim.migrate("db2", "esx1")
    w.run(until=w.now + 0.5)
    assert vim.vms["db2"].target is not None
    with pytest.raises(LabError, match="group 'db' must keep apart, and db1 and db2 are both on esx1"):
        vim.policies.separate("db")


def test_a_vm_that_is_terminated_before_it_is_there_holds_its_room_until_it_is_gone():
    w, vim = made()
    vim.policies.quota("shop", memory_mib=4096)
    vim.create("a", spec=Spec(memory_mib=4096), project="shop")
    w.run(until=w.now + 0.001)  # ordered from its host, which may have begun
    vim.terminate("a")
    with pytest.raises(LabError, match="asked 4,096"):
        vim.create("b", spec=Spec(memory_mib=4096), project="shop")
    w.run(until=w.now + 30)
    vim.create("b", spec=Spec(memory_mib=4096), project="shop").wait()
