"""Time and revocation: what kills a token, what revives it, and how exactly the list counts seconds."""

import pytest

from tests.openstack.keystone.cloud import Cloud


def test_a_token_lives_one_hour_by_the_worlds_clock(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.wait(3599)
    cloud.admin = cloud.token("admin", "sesame", project="admin")
    assert cloud.is_good(token)
    cloud.wait(1)
    answer = cloud.validate(token)
    assert (answer.status, answer.json["error"]["message"]) == (404, "Failed to validate token")
    assert cloud.get("/v3/auth/projects", token=token).status == 401
    assert cloud.exchange(token, unscoped=True).status == 404


def test_a_service_may_read_an_expired_token_for_two_days(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    for after, status in ((3601, 200), (172798, 200), (2, 404)):
        cloud.wait(after)
        cloud.admin = cloud.token("admin", "sesame", project="admin")
        assert cloud.validate(token, query="?allow_expired=1").status == status


def test_a_revoked_token_is_404_to_ask_about_and_401_to_use(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.wait(1)
    cloud.admin = cloud.token("admin", "sesame", project="admin")
    assert cloud.send("DELETE", "/v3/auth/tokens", subject=token).status == 204
    assert cloud.validate(token).status == 404
    answer = cloud.get("/v3/auth/projects", token=token)
    assert answer.status == 401 and answer.header("WWW-Authenticate") == 'Keystone uri="http://keystone:5000/v3"'


def test_revoking_the_parent_kills_the_children_not_the_reverse(cloud, alice):
    parent = cloud.token("alice", unscoped=True)
    children = [cloud.exchange(parent, project_id=alice[1]).header("X-Subject-Token") for _ in range(2)]
    cloud.send("DELETE", "/v3/auth/tokens", subject=children[0])
    assert [cloud.is_good(token) for token in (parent, *children)] == [True, False, True]
    cloud.send("DELETE", "/v3/auth/tokens", subject=parent)
    assert [cloud.is_good(token) for token in (parent, *children)] == [False, False, False]


def test_a_chain_is_named_after_its_first_token(cloud, alice):
    first = cloud.login("alice", unscoped=True)
    second = cloud.exchange(first.header("X-Subject-Token"), project_id=alice[1])
    third = cloud.exchange(second.header("X-Subject-Token"), unscoped=True)
    origin = first.json["token"]["audit_ids"]
    assert len(origin) == 1
    assert second.json["token"]["audit_ids"][1:] == third.json["token"]["audit_ids"][1:] == origin
    assert second.json["token"]["methods"] == ["password", "token"]


def test_a_token_from_a_token_keeps_the_old_end(cloud, alice):
    parent = cloud.login("alice", unscoped=True)
    cloud.wait(1800)
    child = cloud.exchange(parent.header("X-Subject-Token"), project_id=alice[1]).json["token"]
    assert child["expires_at"] == parent.json["token"]["expires_at"] == "2026-03-02T09:00:00.000000Z"
    assert child["issued_at"] == "2026-03-02T08:30:00.000000Z"


@pytest.mark.parametrize("wait_s, survives", [(0, False), (0.9, False), (1, True)])
def test_revocation_counts_whole_seconds(wait_s, survives):
    """A token that was issued in the second of the event dies with the older ones, though it is newer."""
    cloud = Cloud()
    user_id = cloud.person("bob", cloud.make("project", name="beta"))
    cloud.change("user", user_id, enabled=False)
    cloud.change("user", user_id, enabled=True)
    cloud.wait(wait_s)
    assert cloud.is_good(cloud.token("bob", unscoped=True)) is survives


def test_disabling_a_user_kills_for_ever(cloud, alice):
    user_id, project_id = alice
    token = cloud.token("alice", project_id=project_id)
    cloud.change("user", user_id, enabled=False)
    assert not cloud.is_good(token)
    cloud.change("user", user_id, enabled=True)
    assert not cloud.is_good(token)


def test_a_disabled_project_only_sleeps(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.change("project", alice[1], enabled=False)
    assert not cloud.is_good(token)
    cloud.change("project", alice[1], enabled=True)
    assert cloud.is_good(token)


def test_roles_are_looked_up_at_every_validation(cloud, alice):
    """The token stays the same bytes; what it is worth changes."""
    user_id, project_id = alice
    token = cloud.token("alice", project_id=project_id)

    def seen():
        return sorted(role["name"] for role in cloud.validate(token).json["token"]["roles"])

    assert seen() == ["member", "reader"]
    cloud.grant("admin", user_id, project_id)
    assert seen() == ["admin", "manager", "member", "reader"]
    cloud.take_away("admin", user_id, project_id)
    cloud.take_away("member", user_id, project_id)
    assert cloud.validate(token).json["error"]["message"] == f"Could not find token: {token}."
    cloud.grant("reader", user_id, project_id)
    assert seen() == ["reader"]


def test_the_list_of_revocations(cloud, alice):
    user_id, project_id = alice
    token = cloud.login("alice", project_id=project_id)
    audit_id = token.json["token"]["audit_ids"][0]
    cloud.wait(10)
    cloud.send("DELETE", "/v3/auth/tokens", subject=token.header("X-Subject-Token"))
    cloud.wait(10.5)
    cloud.change("user", user_id, enabled=False)
    events = cloud.get("/v3/OS-REVOKE/events").json["events"]
    early = {"issued_before": "2026-03-02T08:00:10.000000Z", "revoked_at": "2026-03-02T08:00:10.000000Z"}
    late = {"issued_before": "2026-03-02T08:00:20.000000Z", "revoked_at": "2026-03-02T08:00:20.000000Z"}
    assert events == [
        {"audit_id": audit_id, **early},
        {"audit_chain_id": audit_id, **early},
        {"user_id": user_id, **late},
    ]
    assert cloud.get("/v3/OS-REVOKE/events?since=2026-03-02T08:00:15Z").json["events"] == [{"user_id": user_id, **late}]
    assert cloud.get("/v3/OS-REVOKE/events?since=yesterday").status == 400


def test_rewinding_the_world_brings_the_token_back(cloud, alice):
    """A rewound world does again what was done; what came later has not happened there."""
    token = cloud.token("alice", project_id=alice[1])
    cloud.wait(10)
    cloud.change("user", alice[0], enabled=False)
    before = cloud.world.rewind(5).component("keystone")
    ask = {"X-Auth-Token": cloud.admin, "X-Subject-Token": token}
    assert before.request("GET", "/v3/auth/tokens", ask).status == 200
    assert cloud.ks.request("GET", "/v3/auth/tokens", ask).status == 404
