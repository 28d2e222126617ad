"""What was written in a VIM lies in its database: a VIM that has crashed forgets none of it, and what is not there it
does not know."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vim.replication import Replication
from labkit.world import LabError, Unanswered, World


def made(hosts=3, **more):
    w = World(seed=12)
    vim = datacenter(w, hosts=hosts, **more)
    w.run(until=1)
    return w, vim


def again(w, vim, amid=lambda: None):
    """Crash the VIM's process and start it anew."""
    w.crash("vim")
    amid()
    w.run(until=w.now + 5)
    w.start("vim")
    w.run(until=w.now + 60)


def write_everything(vim):
    policies = vim.policies
    policies.quota("shop", memory_mib=8192, vms=3)
    policies.reserve("bank", memory_mib=4096)
    policies.images("shop", "debian")
    policies.place("shop", hosts=("esx1", "esx2"))
    policies.exclusive("esx3", "bank")
    policies.separate("db")
    policies.group("ops", "ann", "ben")
    policies.role("watcher", "System.Read")
    policies.permit("ops", "watcher", "/vm/shop", propagate=False)


def test_every_policy_is_there_after_a_crash_at_once_after_it_was_written():
    w, vim = made()
    write_everything(vim)
    vim.templates.register("windows", Spec(datastore="san1"))
    table, written = str(vim.policies.table()), vim.policies.written()
    again(w, vim)
    assert str(vim.policies.table()) == table and vim.policies.written() == written
    assert [rule.name for rule in vim.placement.rules.all.values()] == ["policy: db apart"]
    with pytest.raises(LabError, match="image: template 'windows' is not allowed"):
        vim.create("a", template="windows", project="shop")
    with pytest.raises(LabError, match="privilege VirtualMachine.Interact.PowerOff is missing"):
        vim.create("b", spec=Spec(), project="bank").wait()
        vim.stop("b", user="ben")


def test_what_is_not_in_the_database_is_forgotten():
    w, vim = made()
    write_everything(vim)
    again(w, vim, lambda: vim.database.connection.execute("DELETE FROM part WHERE kind = 'policies'"))
    vim.create("a", spec=Spec(), template=None, project="shop", host="esx3").wait()
    assert not vim.policies.quotas and vim.policies_or_none is None


def test_a_vim_that_is_down_knows_no_policy_and_takes_none():
    w, vim = made()
    vim.use(replication=Replication(w))
    vim.policies.quota("shop", vms=1)
    w.crash("vim")
    assert not vim.policies.quotas
    for write in (
        lambda: vim.policies.quota("shop", vms=2),
        lambda: vim.placement.rules.apart("db apart", group="db"),
        lambda: vim.templates.register("debian", Spec(datastore="san1")),
        lambda: vim.monitoring.alarm("hot", "cpu_percent", above=90),
        lambda: vim.replication.keep("web", 1, spec=Spec()),
    ):
        with pytest.raises(Unanswered, match="vim is crashed: nobody takes the order"):
            write()
    w.start("vim")
    assert vim.policies.quotas == {"shop": {"vms": 1}}


def test_rules_of_placement_bind_after_a_crash_and_know_who_is_where():
    w, vim = made(hosts=2)
    vim.placement.rules.apart("db apart", group="db")
    vim.placement.rules.off("no gpu", ("esx2",), vms=("web",), must=False)
    vim.create("db1", spec=Spec(), groups=("db",)).wait()
    again(w, vim)
    assert "apart from db1" in str(vim.explain(vim.request(vim.vms["db1"]).__class__(Spec(), "db2", ("db",))))
    vim.create("db2", spec=Spec(), groups=("db",)).wait()
    assert {vim.vms["db1"].host.name, vim.vms["db2"].host.name} == {"esx1", "esx2"}
    vim.placement.rules.remove("db apart")
    again(w, vim)
    assert list(vim.placement.rules.all) == ["no gpu"]


def test_a_template_in_use_is_in_use_after_a_crash():
    w, vim = made()
    small = Spec(disk_gib=10, datastore="san1")
    vim.templates.register("debian", small, used_gib=4)
    vim.templates.deploy("debian", "fast", linked=True).wait()
    again(w, vim)
    with pytest.raises(LabError, match="the linked clones fast stand on 'debian'") as error:
        vim.templates.delete("debian")
    assert error.value.code == 409
    vim.terminate("fast").wait()
    again(w, vim)
    vim.templates.delete("debian")
    again(w, vim)
    with pytest.raises(LabError, match="there is no template 'debian'"):
        vim.create("late", template="debian")


def test_a_linked_clone_that_was_ordered_before_the_crash_becomes_a_linked_clone():
    w, vim = made()
    vim.templates.register("debian", Spec(disk_gib=10, datastore="san1"))
    vim.templates.deploy("debian", "fast", linked=True)
    w.run(until=w.now + 0.001)  # the pass that saves it
    vim.templates.deploy("debian", "slow")
    w.run(until=w.now + 0.001)
    again(w, vim)
    assert list(vim.templates["debian"].linked) == ["fast"]


def test_alarms_and_instances_are_kept():
    w, vim = made()
    vim.use(replication=Replication(w))
    vim.monitoring.alarm("busy", "cpu_percent", above=20, for_s=30, below=10)
    vim.monitoring.alarm("old", "cpu_mhz", above=20)
    vim.monitoring.remove("old")
    vim.replication.keep("web", 2, spec=Spec(memory_mib=2048))
    w.run(until=60)
    again(w, vim)
    assert list(vim.monitoring.rules) == ["busy"]
    vim.terminate("web-1").wait()
    w.run(until=w.now + 60)
    assert {vm.name for vm in vim.replication.instances("web")} == {"web-2", "web-3"}
    assert vim.vms["web-3"].spec.memory_mib == 2048
    vim.create("hog", spec=Spec(vcpus=4, demand_mhz=9000)).wait()
    w.run(until=w.now + 60)
    assert vim.monitoring.status(vim.vms["hog"].host.name) == "red"


def test_a_world_with_a_crash_in_it_can_be_forked():
    w, vim = made()
    write_everything(vim)
    again(w, vim)
    twin = w.fork().components["vim"]
    assert twin.policies.written() == vim.policies.written()


def test_instances_that_nobody_could_make_are_refused_before_anything_is_written():
    w, vim = made()
    vim.use(replication=Replication(w))
    for wrong in ({"spec": 5}, {"spec": Spec(), "colour": "red"}, {"template": "nope"}, {}, {"spec": None},
                  {"spec": Spec(), "priority": "urgent"}, {"spec": Spec(), "project": 7}):  # fmt: skip
        with pytest.raises(LabError):
            vim.replication.keep("web", 2, **wrong)
    assert not vim.replication.groups and not vim.placement.rules and not vim.vms
    vim.replication.keep("web", 2, spec=Spec())
    with pytest.raises(LabError, match="only its count can change"):
        vim.replication.keep("web", 2, spec=Spec(vcpus=2))
