"""Passwords: hashed, changed, worn out, locked."""

import bcrypt

from tests.openstack.keystone.cloud import Cloud


def change(cloud, user_id, old, new, token=None):
    return cloud.send(
        "POST", f"/v3/users/{user_id}/password", {"user": {"original_password": old, "password": new}}, token=token
    )


def test_only_a_hash_is_stored(cloud, alice):
    everything = "\n".join(cloud.ks.db.connection.iterdump())
    assert "alicepw" not in everything and "sesame" not in everything
    stored = cloud.ks.db.one("SELECT hash FROM password WHERE user_id = ?", (alice[0],))["hash"]
    assert stored.startswith("$2b$04$") and bcrypt.checkpw(b"alicepw", stored.encode())


def test_the_same_password_has_another_hash_each_time(cloud):
    for name in ("x", "y"):
        cloud.make("user", name=name, password="same")
    hashes = {row["hash"] for row in cloud.ks.db.all("SELECT hash FROM password")}
    assert len(hashes) == 3


def test_bcrypt_reads_72_bytes(cloud):
    cloud.make("user", name="long", password="é" * 36 + "the rest does not count")
    assert cloud.login("long", "é" * 36 + "something else").status == 201
    assert cloud.login("long", "é" * 35 + "e").status == 401


def test_whoever_knows_the_old_password_sets_a_new_one_and_all_tokens_die(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    assert change(cloud, alice[0], "wrong", "new", token=token).status == 401
    assert cloud.is_good(token)
    assert change(cloud, alice[0], "alicepw", "new", token="").status == 204
    assert not cloud.is_good(token)
    assert (cloud.login("alice").status, cloud.login("alice", "new").status) == (401, 201)
    assert cloud.send("GET", f"/v3/users/{alice[0]}/password").status == 405


def test_an_admin_resets_a_password_without_the_old_one(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.change("user", alice[0], password="reset")
    assert not cloud.is_good(token)
    assert cloud.login("alice", "reset").status == 201


def test_lockout_counts_failures_and_opens_by_itself():
    cloud = Cloud(lockout_failure_attempts=3, lockout_duration_s=600)
    user_id = cloud.person("eve")
    for _ in range(3):
        assert (
            cloud.login("eve", "guess").json["error"]["message"] == "The request you have made requires authentication."
        )
    locked = cloud.login("eve")
    assert (locked.status, locked.json["error"]["message"]) == (401, f"The account is locked for user: {user_id}.")
    cloud.wait(599)
    assert cloud.login("eve").status == 401
    cloud.wait(1)
    assert cloud.login("eve").status == 201


def test_a_success_forgives_the_failures_before_it():
    cloud = Cloud(lockout_failure_attempts=2)
    cloud.person("eve")
    for _ in range(3):
        cloud.login("eve", "guess")
        assert cloud.login("eve").status == 201


def test_some_users_are_never_locked():
    cloud = Cloud(lockout_failure_attempts=1)
    cloud.person("robot", options={"ignore_lockout_failure_attempts": True})
    cloud.login("robot", "guess")
    assert cloud.login("robot").status == 201


def test_without_a_limit_nobody_is_locked(cloud, alice):
    for _ in range(20):
        cloud.login("alice", "guess")
    assert cloud.login("alice").status == 201


def test_a_worn_out_password_can_still_be_changed():
    cloud = Cloud(password_expires_s=86400, token_s=200000)
    user_id = cloud.person("old")
    cloud.wait(86400)
    assert (
        cloud.login("old").json["error"]["message"]
        == f"The password is expired and needs to be changed for user: {user_id}."
    )
    assert change(cloud, user_id, "oldpw", "fresh").status == 204
    body = cloud.login("old", "fresh").json["token"]
    assert body["user"]["password_expires_at"] == "2026-03-04T08:00:00.000000"


def test_old_passwords_do_not_come_back():
    cloud = Cloud(unique_last_passwords=2)
    user_id = cloud.person("zoe")
    assert change(cloud, user_id, "zoepw", "zoepw").status == 400
    assert change(cloud, user_id, "zoepw", "second").status == 204
    assert change(cloud, user_id, "second", "zoepw").status == 400
    assert change(cloud, user_id, "second", "third").status == 204
    assert change(cloud, user_id, "third", "zoepw").status == 204


def test_a_locked_password_belongs_to_the_admin(cloud):
    user_id = cloud.person("svc", options={"lock_password": True})
    assert change(cloud, user_id, "svcpw", "mine").status == 400
