"""Admission: what vCenter refuses today, so that HA can restart everything tomorrow; and its maxima, by every door."""

import pytest

from labkit.vim import Spec
from labkit.vim.failover import Dedicated, Disabled, Percentage, Slots
from labkit.vsphere import VCenter
from labkit.vsphere.faults import name_of
from labkit.vsphere.limits import Maxima
from labkit.vsphere.outages import runs
from labkit.world import LabError, World

HALF = {"memory_mib": 8192, "memory_reservation_mib": 7000}  # two of them fill a host of 16 GiB


def vcenter(**options):
    options.setdefault("hosts", 3)
    return VCenter(World(seed=7), lean=True, **options)


def refusal(act):
    with pytest.raises(LabError) as refused:
        act()
    return name_of(refused.value), refused.value.code, refused.value.message


def on(vc):
    return sorted(name for name, vm in vc.vim.vms.items() if vm.seen == "running")


@pytest.mark.parametrize("door", ["create, then power on", "create running", "the VIM beneath", "many at once"])
def test_the_rule_holds_at_every_door(door):
    """3 × 16 GiB, one failure tolerated: 32 GiB may be promised, four VMs with 7 GiB and their overhead fit."""
    vc, refused = vcenter(), []
    spec = Spec(datastore="san1", **HALF)
    if door == "many at once":
        vc.vim.create_many([{"name": f"vm{number}", "spec": spec} for number in range(1, 7)])
        vc.world.run(until=60)
    for number in range(1, 7) if door != "many at once" else ():
        try:
            if door == "the VIM beneath":
                vc.vim.create(f"vm{number}", spec=spec).wait()
                continue
            vc.create_vm(f"vm{number}", running=door == "create running", **HALF).wait()
            if door == "create, then power on":
                vc.power_on(f"vm{number}").wait()
        except LabError as error:
            refused.append(name_of(error))
    vc.world.run(until=vc.world.now + 60)
    assert on(vc) == ["vm1", "vm2", "vm3", "vm4"]
    assert set(refused) <= {"InsufficientFailoverResourcesFault"}


def test_a_full_cluster_is_passed_over_and_the_other_one_takes_it():
    vc = vcenter(clusters={"a": 2, "b": 2})  # 16 GiB may be promised in each
    for number in range(1, 5):
        vc.create_vm(f"vm{number}", running=True, **HALF).wait()
    places = [vc.vim.vms[f"vm{number}"].host.cluster for number in range(1, 5)]
    assert sorted(places) == ["a", "a", "b", "b"]
    name, code, words = refusal(lambda: vc.create_vm("vm5", running=True, **HALF).wait())
    assert (name, code) == ("InsufficientFailoverResourcesFault", 507)
    assert "vm5 in a" in words and "50.0 % must be" in words
    assert "vm5" not in vc.vim.vms
    vc.create_vm("off", **HALF).wait()  # what is off promises nothing
    assert refusal(lambda: vc.power_on("off"))[0] == "InsufficientFailoverResourcesFault"


def test_the_reason_is_that_of_the_cluster_that_was_asked_for():
    vc = vcenter(clusters={"a": 2, "b": 2})
    for number in range(1, 3):
        vc.create_vm(f"vm{number}", cluster="b", running=True, **HALF).wait()
    words = refusal(lambda: vc.create_vm("vm3", cluster="b", running=True, **HALF).wait())[2]
    assert "vm3 in b" in words
    vc.create_vm("vm3", cluster="a", running=True, **HALF).wait()
    huge = refusal(lambda: vc.create_vm("huge", memory_mib=1 << 20, running=True).wait())
    assert huge[0] == "NoCompatibleHost"


def test_slots_one_large_vm_makes_every_slot_large():
    vc = vcenter(admission=Slots(failures=1))
    for number in range(1, 5):
        vc.create_vm(f"vm{number}", running=True, memory_mib=1024).wait()
    vc.create_vm("large", memory_mib=9000, memory_reservation_mib=9000).wait()  # one slot per host from now on
    name, _, words = refusal(lambda: vc.power_on("large"))
    assert name == "InsufficientFailoverResourcesFault" and "the hosts have 1 + 1 + 1 slots" in words
    assert vc.vim.vms["large"].desired == "off"


def test_a_dedicated_failover_host_stays_empty_until_one_is_lost():
    vc = vcenter(admission=Dedicated("esx2"))
    for number in range(1, 7):
        vc.create_vm(f"vm{number}", running=True, memory_mib=1024).wait()
    assert {vm.host.name for vm in vc.vim.vms.values()} == {"esx1", "esx3"}
    assert refusal(lambda: vc.create_vm("x", host="esx2", running=True).wait())[1] == 507
    assert refusal(lambda: vc.migrate("vm1", "esx2"))[1] == 507
    vc.world.run(until=90)
    moved = [name for name, vm in vc.vim.vms.items() if vm.host.name == "esx1"]
    vc.world.crash("esx1")
    vc.world.run(until=200)
    assert all(runs(vc, name) == ["esx2"] for name in moved)


def test_a_vm_that_lies_on_a_failover_host_is_not_powered_on_there():
    vc = vcenter(admission=Dedicated("esx2"))
    vc.host_client("esx2").create("stray", memory_mib=512, datastore="san1")
    vc.world.run(until=30)
    assert "kept free" in refusal(lambda: vc.power_on("stray"))[2]


def test_without_ha_or_with_one_host_nothing_is_kept_free():
    for options in ({"ha": False}, {"hosts": 1}, {"tolerates": 0}, {"admission": Disabled()}):
        vc = vcenter(**options)
        for number in range(1, 3):
            vc.create_vm(f"vm{number}", running=True, host="esx1", **HALF).wait()
        assert on(vc) == ["vm1", "vm2"], options


@pytest.mark.parametrize(
    ("options", "code"),
    [({"tolerates": 3}, 409), ({"tolerates": 1, "hosts": 1}, 409), ({"admission": Percentage(cpu=100)}, 409),
     ({"admission": Slots(3)}, 409), ({"admission": Dedicated("esx1", "esx2", "esx3")}, 409),
     ({"admission": Dedicated("esx9")}, 404), ({"admission": "slots"}, 400),
     ({"admission": Slots(1), "tolerates": 1}, 400),
     ({"clusters": {"a": 1, "b": 2}, "admission": Dedicated("esx1")}, 409)],
)  # fmt: skip
def test_a_rule_that_nothing_satisfies_is_refused_and_nothing_is_built(options, code):
    w = World(seed=7)
    with pytest.raises(LabError) as refused:
        VCenter(w, **{"hosts": 3, "lean": True, **options})
    assert refused.value.code == code and refused.value.next_step
    assert not w.nodes and not w.components


TINY = Maxima(
    "tiny", hosts=9, powered_on_vms=5, registered_vms=6, hosts_per_cluster=9, vms_per_cluster=4, vms_per_host=2
)


def tiny(**options):
    vc = vcenter(ha=False, **options)
    vc.ha.admission.limits = TINY
    return vc


def test_maxima_of_a_host_and_of_a_cluster():
    vc = tiny(clusters={"a": 3, "b": 2})
    for number in (1, 2):
        vc.create_vm(f"vm{number}", host="esx1").wait()
    name, code, words = refusal(lambda: vc.create_vm("vm3", host="esx1").wait())
    assert (name, code) == ("InsufficientResourcesFault", 507) and "3 VMs in esx1" in words
    for number in (3, 4):
        vc.create_vm(f"vm{number}", cluster="a").wait()
    assert {vc.vim.vms[vm].host.name for vm in ("vm3", "vm4")} <= {"esx2", "esx3"}
    assert "5 VMs in a: vSphere tiny is documented for 4" in refusal(lambda: vc.create_vm("vm5", cluster="a").wait())[2]
    vc.create_vm("vm5").wait()  # anywhere: the other cluster
    assert vc.vim.vms["vm5"].host.cluster == "b"


def test_nobody_migrates_to_a_host_that_has_its_maximum():
    vc = tiny(hosts=2)
    for number, host in ((1, "esx1"), (2, "esx2"), (3, "esx2")):
        vc.create_vm(f"vm{number}", host=host, running=True).wait()
    vc.world.run(until=60)
    assert "3 VMs in esx2" in refusal(lambda: vc.migrate("vm1", "esx2"))[2]


def test_an_order_of_many_is_refused_as_a_whole():
    vc = tiny(clusters={"a": 3, "b": 3})
    spec = Spec(datastore="san1")
    with pytest.raises(LabError, match="6 powered on VMs in vCenter: vSphere tiny is documented for 5"):
        vc.vim.create_many([{"name": f"vm{number}", "spec": spec} for number in range(6)])
    with pytest.raises(LabError, match="7 registered VMs in vCenter"):
        vc.vim.create_many([{"name": f"vm{number}", "spec": spec, "running": False} for number in range(7)])
    assert not vc.vim.vms and not vc.vim.jobs
    vc.vim.create_many([{"name": f"vm{number}", "spec": spec} for number in range(5)])
    vc.world.run(until=60)
    assert len(on(vc)) == 5


def test_what_is_suspended_asks_again():
    vc = tiny(hosts=3)
    for number in range(1, 5):
        vc.create_vm(f"vm{number}", running=True).wait()
    vc.suspend("vm1").wait()
    vc.ha.admission.limits = Maxima("tiny", 9, 3, 9, 9, 9)
    assert "4 powered on VMs" in refusal(lambda: vc.power_on("vm1"))[2]
    vc.power_off("vm2").wait()
    vc.power_on("vm1").wait()
    assert on(vc) == ["vm1", "vm3", "vm4"]
