"""Images, hosts, groups and roles: what is forbidden is refused before the act, with the policy named."""

import pytest

from labkit.vim.inventory import HostRecord, VmRecord
from labkit.vim.policies import Act, Policies
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import LabError, World


@pytest.fixture
def p():
    hosts = {}
    for n, cluster in enumerate(("c1", "c1", "c2"), 1):
        hosts[f"esx{n}"] = HostRecord(f"esx{n}", n, Host(), cluster)
    return Policies(World(seed=2), hosts=hosts, vms={})


def vm(p, name, project="shop", template=None, groups=(), host=None):
    made = VmRecord(name, 0, Spec(), groups=groups, project=project, template=template)
    if host:
        made.host = p.hosts[host]
        p.vms[name] = made
    return made


def act(what, vm, host=None, user=None, template=None):
    where = host or (vm.host.name if vm.host else None)
    return Act(what, vm.name, vm.project, vm.spec, template or vm.template, vm.groups, where, user)


def refused(p, code, words, act):
    with pytest.raises(LabError, match=words) as error:
        p.admit(act)
    assert error.value.code == code and error.value.next_step


def test_only_allowed_images_at_creation_and_at_start(p):
    p.images("shop", "debian", "alpine")
    p.admit(act("create", vm(p, "a", template="debian")))
    refused(p, 403, "template 'windows' is not allowed", act("create", vm(p, "b", template="windows")))
    refused(p, 403, "a VM without a template", act("create", vm(p, "c")))
    p.images("shop", "alpine")  # the policy has changed meanwhile
    refused(p, 403, "debian", act("start", vm(p, "a", template="debian")))
    p.admit(act("create", vm(p, "x", project="bank", template="windows")))


def test_a_project_stays_in_its_cluster_also_when_it_migrates(p):
    p.place("shop", clusters="c1")
    p.admit(act("migrate", vm(p, "web", host="esx1"), "esx2"))
    refused(p, 403, "may use c1 only", act("migrate", vm(p, "web", host="esx1"), "esx3"))
    assert p.places("shop") == {"within": "c1"}
    assert p.places("bank") == {}


def test_an_exclusive_host_takes_one_project(p):
    p.exclusive("esx3", "bank")
    refused(p, 403, "esx3 is exclusive to project 'bank'", act("create", vm(p, "web"), "esx3"))
    p.admit(act("create", vm(p, "safe", "bank"), "esx3"))
    assert p.places("shop") == {"excluded": ("esx3",)} and p.places("bank") == {}


def test_members_of_a_group_keep_apart_even_on_order_and_on_the_way(p):
    p.separate("db")
    first = vm(p, "db1", groups=("db",), host="esx1")
    refused(p, 403, "'db' must keep apart, and db1 is on esx1", act("create", vm(p, "db2", groups=("db",)), "esx1"))
    first.target = p.hosts["esx2"]  # db1 is being migrated
    refused(p, 403, "db1 is on esx2", act("create", vm(p, "db2", groups=("db",)), "esx2"))
    p.admit(act("create", vm(p, "db2", groups=("db",)), "esx3"))


def test_a_role_is_asked_where_the_object_hangs(p):
    p.permit("ann", "VM user", "/vm/shop")
    web = vm(p, "web", host="esx1")
    p.admit(act("start", web, user="ann"))
    missing = "privilege VirtualMachine.Inventory.Delete is missing on /vm/shop/web; ann has 'VM user' on /vm/shop"
    refused(p, 403, missing, act("terminate", web, user="ann"))
    refused(p, 403, "no role at all", act("start", vm(p, "safe", "bank", host="esx1"), user="ann"))
    refused(p, 403, "Host.Config.Maintenance is missing on /host/c1/esx1", Act("maintenance", host="esx1", user="ann"))
    p.admit(Act("maintenance", host="esx1"))  # the VIM itself


def test_the_nearest_permission_decides_and_not_every_one_is_inherited(p):
    web = vm(p, "web", host="esx1")
    p.permit("ann", "administrator", "/")
    p.permit("ann", "read-only", "/vm/shop/web")
    refused(p, 403, "'read-only' on /vm/shop/web", act("start", web, user="ann"))
    p.permit("bob", "administrator", "/vm", propagate=False)
    refused(p, 403, "bob has no role at all", act("start", web, user="bob"))


def test_groups_add_up_and_a_persons_own_permission_wins(p):
    web = vm(p, "web", host="esx1")
    p.group("night", "ann")
    p.role("stopper", "VirtualMachine.Interact.PowerOff")
    p.group("stoppers", "ann", "bob")
    p.permit("night", "read-only", "/vm")
    p.permit("stoppers", "stopper", "/vm")
    p.admit(act("stop", web, user="ann"))
    p.permit("ann", "no access", "/vm")
    refused(p, 403, "'no access' on /vm", act("stop", web, user="ann"))
    p.revoke("ann", "/vm")
    p.admit(act("stop", web, user="ann"))


@pytest.mark.parametrize(("write", "code"), [
    (lambda p: p.permit("ann", "VM usr", "/vm"), 404),
    (lambda p: p.permit("ann", "VM user", "vm"), 400),
    (lambda p: p.role("mine", "VirtualMachine.Fly"), 404),
    (lambda p: p.role("read-only"), 409),
    (lambda p: p.revoke("ann"), 404),
    (lambda p: p.place("shop", hosts="esx9"), 404),
    (lambda p: p.exclusive("esx9", "bank"), 404),
    (lambda p: p.quota("shop", gold=3), 400),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(p, write, code):
    with pytest.raises(LabError) as error:
        write(p)
    assert error.value.code == code and not p.active


def test_contradictions_are_refused_when_written_with_both_named_and_nothing_changes(p):
    p.quota("shop", memory_mib=8192)
    p.reserve("bank", memory_mib=40000)
    p.place("shop", clusters="c2")
    p.separate("db")
    p.admit(act("create", vm(p, "web")))
    web = vm(p, "web2", "bank", host="esx2")
    before = str(p.table())
    for write, words in (
        (lambda: p.quota("shop", memory_mib=512), "quota of 512 MiB of memory for 'shop'.*1,024 MiB"),
        (lambda: p.reserve("shop", memory_mib=9000), "quota of 8,192 MiB of memory and a reservation of 9,000"),
        (lambda: p.reserve("club", memory_mib=10000), "40,000 for 'bank' . 10,000 for 'club'.*49,152"),
        (lambda: p.exclusive("esx3", "bank"), "'shop' may run on no host: .*c2 only; esx3 is exclusive to"),
        (lambda: p.exclusive("esx2", "shop"), "esx2 exclusive to 'shop', and on it web2 of 'bank'"),
        (lambda: p.place("bank", hosts=("esx1",)), "'bank' may use esx1 only, and web2 is on esx2"),
        (lambda: p.together("db"), "group 'db' must be together, and it must be apart"),
    ):
        with pytest.raises(LabError, match=words) as error:
            write()
        assert error.value.code == 409
    assert str(p.table()) == before and web.host is p.hosts["esx2"]
