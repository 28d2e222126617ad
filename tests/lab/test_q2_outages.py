"""Q2.T2: one sentence that sounds right is not an outage matrix."""

import pytest

from labkit.lab.tasks.q2_outages import FAMILIES, SEES, belief, played, scenarios

ONE_LINERS = {
    "as long as the VIM lives": lambda operation, outage, on: outage != "VIM down",
    "everything": lambda operation, outage, on: True,
    "nothing": lambda operation, outage, on: False,
}


@pytest.mark.parametrize("said", ONE_LINERS.values(), ids=ONE_LINERS)
def test_one_sentence_wins_no_family(said):
    wrong = {case.family for case in scenarios(1) if said(**case.data) != played(**case.data).worked}
    assert wrong == set(FAMILIES)


def test_who_lets_a_dead_hosts_vm_migrate_shows_no_belief_about_who_migrates():
    assert belief("migrate a VM through the VIM", "esx1 dead", said=True) is None
    assert belief("migrate a VM through the VIM", "VIM down", said=True) == "Q2.m2"
    assert SEES in {case.data["operation"] for case in scenarios(1)}
