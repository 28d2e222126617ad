"""Content trap 1: HA, fault tolerance, replication, backup and disaster recovery are five things. One accident each
shows which of them helps against what; none helps against all."""

import pytest

from labkit.vim.replication import survive


@pytest.fixture(scope="module")
def after():
    return {accident: survive(accident).figures for accident in ("crash", "delete", "fire")}


def test_a_crash_ha_restarts_and_forgets_the_twin_goes_on_the_others_wait_for_a_person(after):
    crash = after["crash"]
    assert 60 < crash["HA restart"]["outage_s"] < 180 and crash["HA restart"]["forgot"]
    assert crash["fault tolerance"]["outage_s"] < 3 and not crash["fault tolerance"]["forgot"]
    assert crash["replication"]["outage_s"] > 1500 and crash["backup"]["outage_s"] > 1500
    assert all(figures["lost"] == 0 for figures in crash.values())


def test_a_bad_delete_is_done_everywhere_and_only_the_backup_brings_it_back(after):
    delete = after["delete"]
    for protection in ("HA restart", "fault tolerance", "replication"):
        assert delete[protection]["lost"] == delete[protection]["of"] > 50
    assert 0 < delete["backup"]["lost"] < 25  # what came since the last one
    assert all(figures["outage_s"] < 1 for figures in delete.values())  # nobody noticed anything


def test_a_fire_takes_the_room_and_only_what_lies_in_another_one_comes_back_by_a_plan(after):
    fire = after["fire"]
    for protection in ("HA restart", "fault tolerance"):
        assert fire[protection]["outage_s"] is None and fire[protection]["lost"] == fire[protection]["of"]
    assert 0 < fire["replication"]["lost"] < fire["backup"]["lost"] < fire["backup"]["of"]
    assert fire["replication"]["outage_s"] > 1500  # a copy starts nothing: the plan is the recovery


def test_no_protection_is_good_against_everything(after):
    for protection in after["crash"]:
        assert any(figures[protection]["outage_s"] is None or figures[protection]["outage_s"] > 1500
                   or figures[protection]["lost"] for figures in after.values())  # fmt: skip
