"""Quota and reservation: measured by size, counted from admission on, given back when it fails or ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vim.inventory import HostRecord, VmRecord
from labkit.vim.policies import Act, Policies
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import LabError, World


def act(what, name, project="shop", memory_mib=4096):
    return Act(what, name, project, Spec(memory_mib=memory_mib))


def done(p, act):
    """Admitted and carried out."""
    p.admit(act)
    p.released(act.vm) if act.what == "terminate" else p.settle(act.vm)


def policies(hosts=2, memory_mib=16384):
    there = {f"esx{n}": HostRecord(f"esx{n}", n, Host(memory_mib=memory_mib)) for n in range(1, hosts + 1)}
    return Policies(World(seed=1), hosts=there, vms={})


def test_two_requests_that_fit_alone_do_not_both_pass():
    p = policies()
    p.quota("shop", memory_mib=16384)
    for name in ("a", "b", "c"):
        done(p, act("create", name))
    p.admit(act("create", "d", memory_mib=2048))  # admitted, not there yet
    with pytest.raises(LabError) as error:
        p.admit(act("create", "e"))
    assert error.value.code == 403 and error.value.definite
    assert "memory: 12,288 of 16,384 MiB used, 2,048 pending, asked 4,096" in error.value.message
    assert p.claims.sums("shop")[1] == (1, 2048, 10, 1)  # the refusal has taken nothing


def test_a_claim_comes_back_when_the_request_fails_and_when_the_vm_is_released():
    p = policies()
    p.quota("shop", memory_mib=4096)
    first, second = act("create", "a"), act("create", "b")
    p.admit(first)
    p.give_back("a")
    done(p, second)
    with pytest.raises(LabError):
        p.admit(first)
    p.admit(act("terminate", "b"))
    with pytest.raises(LabError):
        p.admit(first)  # on its way out is not out
    p.released("b")
    p.admit(first)


def test_a_quota_counts_size_not_heads():
    p = policies()
    p.quota("shop", memory_mib=8192)
    with pytest.raises(LabError, match="asked 12,288"):
        p.admit(act("create", "one", memory_mib=12288))
    for n in range(8):
        p.admit(act("create", f"small{n}", memory_mib=1024))


def test_a_stopped_vm_keeps_its_disk_and_gives_back_its_memory_and_must_ask_again():
    p = policies()
    p.quota("shop", memory_mib=4096, disk_gib=20)
    for step in (act("create", "web"), act("stop", "web"), act("create", "db")):
        done(p, step)
    assert p.claims.sums("shop")[0] == (1, 4096, 20, 2)
    with pytest.raises(LabError, match="memory: 4,096 of 4,096 MiB used"):
        p.admit(act("start", "web"))
    with pytest.raises(LabError, match="disk: 20 of 20 GiB used"):
        p.admit(act("create", "third", memory_mib=4))


def test_a_larger_vm_asks_for_the_difference_only():
    p = policies()
    p.quota("shop", memory_mib=8192)
    done(p, act("create", "web"))
    p.admit(act("resize", "web", memory_mib=8192))
    assert p.claims.sums("shop")[1] == (0, 4096, 0, 0)
    p.settle("web")
    with pytest.raises(LabError, match="asked 1"):
        p.admit(act("resize", "web", memory_mib=8193))


def test_what_is_reserved_is_kept_free_from_others_and_for_its_owner():
    p = policies(hosts=2)  # 32,768 MiB
    p.reserve("bank", memory_mib=16384)
    for n in range(4):
        p.admit(act("create", f"shop{n}"))
    with pytest.raises(LabError) as error:
        p.admit(act("create", "shop4"))
    assert error.value.code == 507
    assert "32,768 MiB there, 16,384 taken, 16,384 kept free for others, asked 4,096" in error.value.message
    for n in range(4):
        p.admit(act("create", f"bank{n}", "bank"))


def test_a_quota_written_later_counts_what_is_there_and_a_restart_counts_again():
    p = policies()
    web, waiting = (VmRecord(name, 0, Spec(memory_mib=4096), project="shop") for name in ("web", "waiting"))
    web.host, web.reported = p.hosts["esx1"], "running"
    p.hosts["esx1"].state = "connected"
    waiting.job = "create waiting"
    p.vms.update(web=web, waiting=waiting)
    p.admit(act("create", "waiting"))  # nobody counts yet
    p.quota("shop", memory_mib=8192)
    assert p.claims.sums("shop") == ((1, 4096, 10, 1), (1, 4096, 10, 1))
    before = p.claims.sums("shop")
    p.recount()
    assert p.claims.sums("shop") == before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(["create", "stop", "start", "terminate"]), st.integers(0, 4),
                          st.integers(1, 6), st.booleans())))  # fmt: skip
def test_used_and_pending_never_pass_the_quota_and_are_the_sum_of_the_claims(story):
    p = policies()
    p.quota("shop", memory_mib=10240, vms=4)
    for what, number, gib, succeeds in story:
        name = f"vm{number}"
        try:
            p.admit(act(what, name, memory_mib=1024 * gib))
        except LabError as error:
            assert error.code == 403
            continue
        if not succeeds:
            p.give_back(name)
        else:
            p.released(name) if what == "terminate" else p.settle(name)
        used, pending = p.claims.sums("shop")
        assert used[1] + pending[1] <= 10240 and used[3] + pending[3] <= 4
        held = [held for _, held, _ in p.claims.of.values()]
        assert used == (tuple(map(sum, zip(*held, strict=True))) or (0, 0, 0, 0))
