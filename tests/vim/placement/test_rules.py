"""Affinity rules: what must be is a filter, what should be a weigher, and what contradicts itself is never written."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim.placement import Placement, Request
from labkit.vim.placement.colouring import impossible
from labkit.vim.spec import Spec
from labkit.world import LabError
from tests.vim.placement.datacenter import records, vm

DB = Spec(memory_mib=1024, disk_gib=1)


def put(placement, name, spec=DB, groups=(), project=None):
    """Choose and claim for a VM; the host's name."""
    request = Request(spec, vm=name, groups=groups, project=project)
    host = placement.choose(request)
    host.vms[name] = vm(name, spec, groups=groups, project=project)
    placement.claim(host, spec, host.vms[name])
    return host.name


def refused(rule, *args, code=409, **kwargs):
    """The words with which a rule is refused; nothing has been written."""
    before = list(rule.__self__.all)
    with pytest.raises(LabError) as error:
        rule(*args, **kwargs)
    assert error.value.code == code and list(rule.__self__.all) == before
    return str(error.value)


def test_three_databases_apart_on_two_hosts_the_third_waits():
    placement = Placement(records(2))
    placement.rules.apart("db apart", group="db")
    assert [put(placement, f"db{i}", groups=("db",)) for i in (1, 2)] == ["esx1", "esx2"]
    with pytest.raises(LabError) as error:
        put(placement, "db3", groups=("db",))
    assert error.value.message.endswith("of 2 hosts dropped 2 by rule db apart")
    assert put(placement, "web") == "esx1"  # whoever is not in the group does not care


def test_a_should_gives_way_and_even_then_takes_the_least_bad():
    placement = Placement(records(2))
    placement.rules.apart("db apart", group="db", must=False)
    assert [put(placement, f"db{i}", groups=("db",)) for i in range(4)] == ["esx1", "esx2", "esx1", "esx2"]
    for _ in range(4):
        placement.claim(placement.capacity.hosts[1], Spec(memory_mib=2048, disk_gib=1))
    placement.release(placement.capacity.hosts[1], DB, vm("db1", DB, groups=("db",)))
    assert put(placement, "db5", groups=("db",)) == "esx2"  # fewer of the group, although far less memory is free


def test_together_binds_nobody_before_the_first_has_a_place():
    placement = Placement(records(3))
    placement.rules.together("shop", vms=("web", "cache"))
    assert put(placement, "other") == "esx1"
    assert put(placement, "web") == "esx2"
    assert put(placement, "cache") == "esx2"
    placement.release(placement.capacity.hosts[1], DB, vm("web", DB))
    placement.release(placement.capacity.hosts[1], DB, vm("cache", DB))
    assert not placement.rules.others(placement.rules.all["shop"], vm("web", DB))


def test_a_vm_is_no_neighbour_of_itself():
    """A VM that moves is still counted where it runs: apart from itself it need not be."""
    placement = Placement(records(1))
    placement.rules.apart("db apart", group="db")
    put(placement, "db1", groups=("db",))
    assert placement.choose(Request(DB, vm="db1", groups=("db",))).name == "esx1"


def test_licences_and_projects_are_bound_to_hosts():
    placement = Placement(records(3))
    placement.rules.on("licence", hosts=("esx3",), project="bank")
    placement.rules.off("no guests of others", hosts=("esx1",), group="guest", must=False)
    assert put(placement, "till", project="bank") == "esx3"
    assert put(placement, "a", groups=("guest",)) == "esx2"
    assert put(placement, "b") == "esx1"


def test_a_rule_that_is_written_late_sees_who_is_there_and_moves_nobody():
    placement = Placement(records(2))
    assert [put(placement, name) for name in ("db1", "x", "db2")] == ["esx1", "esx2", "esx1"]
    rule = placement.rules.apart("late", vms=("db1", "db2", "db3"), must=False)
    assert placement.rules.broken() == [(rule, "db1 and db2 on esx1")]
    assert put(placement, "db3") == "esx2"
    together = placement.rules.together("pair", vms=("db1", "x"), must=False)
    held = placement.rules.on("held", hosts=("esx1",), vms=("x",), must=False)
    assert placement.rules.broken()[1:] == [(together, "db1 on esx1; x on esx2"), (held, "x on esx2")]
    placement.rules.remove("late")
    assert [rule.name for rule, _ in placement.rules.broken()] == ["pair", "held"]


def test_together_and_apart_at_once_is_refused_with_both_names():
    rules = Placement(records(3)).rules
    rules.together("pair", vms=("a", "b"))
    assert "'pair'" in refused(rules.apart, "never", vms=("b", "a"))
    rules.together("pair 2", vms=("b", "c"))
    assert "the block of VM a, VM b, VM c cannot be together and apart" in refused(rules.apart, "n", vms=("a", "c"))
    rules.together("group", group="g")
    assert "group g cannot be together and apart at once" in refused(rules.apart, "n", group="g")
    assert rules.apart("a wish", vms=("a", "c"), must=False)  # a should gives way


def test_no_host_left_is_refused():
    rules = Placement(records(3)).rules
    rules.on("licence", hosts=("esx1",), vms=("a",))
    assert "no host is left for VM a" in refused(rules.off, "not there", hosts=("esx1",), vms=("a",))
    rules.on("other", hosts=("esx2",), vms=("b",))
    assert "no host is left for the block of VM a, VM b" in refused(rules.together, "pair", vms=("a", "b"))


def test_more_vms_apart_than_hosts_is_refused_also_where_it_is_hidden():
    rules = Placement(records(3)).rules
    assert "4 VMs of 'four' are to be apart" in refused(rules.apart, "four", vms=("a", "b", "c", "d"))
    rules.apart("three", vms=("a", "b", "c"))
    rules.on("a there", hosts=("esx1", "esx2"), vms=("a", "b"))
    assert "too few hosts" in refused(rules.on, "c there", hosts=("esx1", "esx2"), vms=("c",))  # three into two
    rules.on("c here", hosts=("esx3",), vms=("c",))


def test_what_cannot_be_meant_is_refused():
    rules = Placement(records(2)).rules
    assert "did you mean 'esx1'?" in refused(rules.on, "r", hosts=("exs1",), vms=("a",), code=404)
    refused(rules.on, "r", hosts=(), vms=("a",), code=400)
    refused(rules.on, "r", hosts="esx1", vms=("a",), code=400)
    refused(rules.apart, "r", vms=("a",), code=400)
    refused(rules.apart, "r", vms=("a", "b"), group="g", code=400)
    refused(rules.remove, "r", code=404)
    rules.apart("r", vms=("a", "b"))
    refused(rules.apart, "r", vms=("c", "d"))


def test_several_rules_apart_that_cannot_hold_at_once_are_found_together():
    """Four VMs, each apart from each other one by a rule of its own: no rule alone is too much for three hosts."""
    pairs = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]
    rules = Placement(records(3)).rules
    for one, other in pairs:
        rules.apart(f"{one}{other}", vms=(one, other))
    with pytest.raises(LabError, match="no 3 hosts keep VM a, VM b, VM c, VM d apart as all the rules want") as error:
        rules.apart("cd", vms=("c", "d"))
    assert error.value.code == 409 and "cd" not in rules.all
    wide = Placement(records(4)).rules
    for one, other in [*pairs, ("c", "d")]:
        wide.apart(f"{one}{other}", vms=(one, other))
    with pytest.raises(LabError, match="as all the rules want"):
        wide.off("d elsewhere", ("esx4",), vms=("d",))
        wide.off("c elsewhere", ("esx4",), vms=("c",))
        wide.off("b elsewhere", ("esx4",), vms=("b",))
        wide.off("a elsewhere", ("esx4",), vms=("a",))


def test_rules_apart_in_rings_are_judged_exactly():
    """A ring of five needs three hosts, one of six two."""
    for length, hosts, holds in ((5, 2, False), (5, 3, True), (6, 2, True)):
        rules = Placement(records(hosts)).rules
        ring = [(f"vm{at}", f"vm{(at + 1) % length}") for at in range(length)]
        for one, other in ring[:-1]:
            rules.apart(f"{one} {other}", vms=(one, other))
        if holds:
            rules.apart("last", vms=ring[-1])
        else:
            with pytest.raises(LabError, match="rule 'last' cannot be"):
                rules.apart("last", vms=ring[-1])


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.data())
def test_whether_all_can_keep_apart_is_what_trying_everything_says(data):
    vms, hosts = [f"vm{at}" for at in range(5)], ["esx1", "esx2", "esx3"]
    room = {vm: data.draw(st.lists(st.sampled_from(hosts), min_size=1, unique=True)) for vm in vms}
    pairs = data.draw(st.sets(st.sampled_from(list(combinations(vms, 2)))))
    apart = {vm: {other for pair in pairs if vm in pair for other in pair if other != vm} for vm in vms}
    ways = (dict(zip(vms, way, strict=True)) for way in product(*room.values()))
    possible = any(all(way[one] != way[other] for one, other in pairs) for way in ways)
    assert bool(impossible(room, apart)) != possible
