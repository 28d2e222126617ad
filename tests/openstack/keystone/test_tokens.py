"""What a token is: sealed bytes that name a user, a place and an end, and nothing else."""

import base64
from datetime import UTC, datetime

import msgpack
import pytest
from cryptography.fernet import Fernet, MultiFernet

from labkit.openstack.keystone import tokens
from labkit.openstack.keystone.fernet import KeyRepository
from labkit.world import World
from tests.openstack.keystone.cloud import Cloud

TOKEN = {
    "user_id": "0" * 31 + "1",
    "methods": ("password",),
    "audit_ids": ("BhdB8xHOTACNCmu6aFJQvg",),
    "expires_at": 1772442000.0,
    "issued_at": 1772438400,
}
KINDS = [
    (162, {}), (162, {"system": "all"}), (183, {"project_id": "a" * 32}), (183, {"domain_id": "b" * 32}),
    (204, {"project_id": "a" * 32, "trust_id": "c" * 32}), (204, {"project_id": "a" * 32, "app_cred_id": "d" * 32}),
]


def padded(token):
    return token + "=" * (-len(token) % 4)


def test_a_token_opened_by_hand(cloud, alice):
    """Cryptography's own MultiFernet and msgpack are all it takes: who, how, where, until when, which token."""
    user_id, project_id = alice
    answer = cloud.login("alice", project_id=project_id)
    keys = MultiFernet([Fernet(key) for key in cloud.ks.keys.keys.values()])
    kind, user, methods, project, end, audit_ids = msgpack.unpackb(
        keys.decrypt(padded(answer.header("X-Subject-Token")))
    )
    assert (kind, user, methods) == (2, [True, bytes.fromhex(user_id)], 1 << 1)
    assert project == [True, bytes.fromhex(project_id)]
    assert datetime.fromtimestamp(end, UTC).isoformat() == "2026-03-02T09:00:00+00:00"
    shown = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in audit_ids]
    assert shown == answer.json["token"]["audit_ids"]


def test_nothing_readable_stands_outside_the_seal(cloud, alice):
    """Without a key only the time of sealing can be read."""
    raw = base64.urlsafe_b64decode(padded(cloud.token("alice", project_id=alice[1])))
    assert raw[0] == 0x80 and int.from_bytes(raw[1:9], "big") == 1772438400
    assert bytes.fromhex(alice[0]) not in raw and b"alice" not in raw


@pytest.mark.parametrize("length, scope", KINDS, ids=["-".join(scope) or "unscoped" for _, scope in KINDS])
def test_each_kind_of_payload_comes_back_and_has_the_recorded_length(length, scope):
    token = tokens.Token(**TOKEN, **scope)
    keys = KeyRepository(World(1))
    text = keys.seal(tokens.pack(token), token.issued_at, bytes(16))
    assert len(text) == length and "=" not in text
    assert tokens.unpack(*keys.open(text)) == token


@pytest.mark.parametrize(
    "length, scope", [(183, {}), (204, {"project_id": "a" * 32}), (226, {"project_id": "a" * 32, "trust_id": "c" * 32})]
)
def test_a_second_audit_id_makes_it_longer(length, scope):
    token = tokens.Token(**{**TOKEN, "audit_ids": ("BhdB8xHOTACNCmu6aFJQvg",) * 2}, **scope)
    assert len(KeyRepository(World(1)).seal(tokens.pack(token), 1, bytes(16))) == length


def test_the_default_domain_is_no_uuid_and_stands_as_text():
    packed = tokens.pack(tokens.Token(**TOKEN, domain_id="default"))
    assert msgpack.unpackb(packed)[3] == "default" and tokens.unpack(packed).domain_id == "default"


def test_an_unknown_payload_version_is_refused():
    with pytest.raises(ValueError, match="not a recognized Fernet payload version: 42"):
        tokens.unpack(msgpack.packb([42, [False, "x"], 2, 1.0, []]))


def test_one_changed_letter_breaks_the_seal(cloud):
    broken = cloud.admin[:80] + ("A" if cloud.admin[80] != "A" else "B") + cloud.admin[81:]
    answer = cloud.validate(broken)
    assert (answer.status, answer.json["error"]["message"]) == (404, "Could not recognize Fernet token")


def test_the_same_seed_makes_the_same_tokens():
    assert Cloud(seed=3).admin == Cloud(seed=3).admin != Cloud(seed=4).admin


def test_an_unscoped_token_carries_no_roles_no_catalog_no_project(cloud, alice):
    body = cloud.login("alice", unscoped=True).json["token"]
    assert set(body) == {"methods", "user", "audit_ids", "expires_at", "issued_at"}


def test_each_scope_has_its_own_body(cloud, alice):
    common = {"methods", "user", "audit_ids", "expires_at", "issued_at", "roles", "catalog"}
    assert set(cloud.login("alice", project_id=alice[1]).json["token"]) == common | {"project", "is_domain"}
    assert set(cloud.login("admin", "sesame", system=True).json["token"]) == common | {"system"}
    admin_id = cloud.validate(cloud.admin).json["token"]["user"]["id"]
    cloud.send("PUT", f"/v3/domains/default/users/{admin_id}/roles/{cloud.roles['reader']}")
    assert set(cloud.login("admin", "sesame", domain_id="default").json["token"]) == common | {"domain"}


def test_implied_roles_are_expanded(cloud):
    names = {role["name"] for role in cloud.validate(cloud.admin).json["token"]["roles"]}
    assert names == {"admin", "manager", "member", "reader"}


def test_the_trace_names_tokens_by_audit_id_only(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.validate(token)
    told = cloud.world.trace.dumps()
    told = told if isinstance(told, str) else told.decode()
    assert token not in told and "alicepw" not in told and "sesame" not in told
    audit_id = cloud.validate(token).json["token"]["audit_ids"][0]
    assert [event.what for event in cloud.world.trace.where(kind="token", audit_id=audit_id)] == [
        "issue",
        "validate",
        "validate",
    ]
