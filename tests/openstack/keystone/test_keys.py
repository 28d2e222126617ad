"""The key repository: staged, primary, secondary; what rotation costs, and two nodes that do not agree."""

import pytest
from cryptography.fernet import Fernet

from labkit.openstack.keystone import KeyRepository, Keystone
from labkit.openstack.keystone.database import Database
from labkit.world import LabError, World
from tests.openstack.keystone.cloud import Cloud


def test_a_new_repository_has_a_staged_and_a_primary_key():
    keys = KeyRepository(World(1))
    assert (keys.numbers, keys.primary) == ([0, 1], 1)


def test_rotation_promotes_the_staged_key_and_drops_the_oldest():
    keys = KeyRepository(World(1), max_active_keys=3)
    staged = keys.keys[0]
    assert keys.rotate() == [] and keys.numbers == [0, 1, 2]
    assert keys.keys[2] == staged
    assert keys.rotate() == [1] and keys.numbers == [0, 2, 3]


def test_a_token_survives_rotations_until_its_key_is_dropped(cloud):
    """max_active_keys = 3: sealed by the primary, opened by it as a secondary, then by nobody."""
    token = cloud.token("admin", "sesame", project="admin")
    cloud.ks.keys.rotate()
    assert cloud.is_good(token)
    cloud.ks.keys.rotate()
    cloud.admin = cloud.token("admin", "sesame", project="admin")
    answer = cloud.validate(token)
    assert (answer.status, answer.json["error"]["message"]) == (404, "Could not recognize Fernet token")
    assert cloud.get("/v3/users", token=token).status == 401


def test_more_keys_keep_tokens_longer():
    cloud = Cloud(seed=2)
    cloud.ks.keys.max_active_keys = 6
    token = cloud.admin
    for _ in range(4):
        cloud.ks.keys.rotate()
    assert cloud.is_good(token)


def two_nodes():
    """Two Keystone nodes over one database; each made its own keys."""
    world = World(5)
    database = Database()
    cloud = Cloud(world=world, database=database)
    return cloud, Keystone(world, "keystone2", database=database)


def asks(node, token, subject):
    return node.request("GET", "/v3/auth/tokens", {"X-Auth-Token": token, "X-Subject-Token": subject}).status


def test_two_nodes_with_one_database_do_not_understand_each_others_tokens():
    """The database is shared, the keys are not: nothing about a token is in the database."""
    cloud, other = two_nodes()
    assert asks(other, cloud.admin, cloud.admin) == 401
    other.keys.copy_from(cloud.ks.keys)
    assert asks(other, cloud.admin, cloud.admin) == 200


def test_the_staged_key_bridges_a_rotation_on_one_node():
    """Distribute first, then rotate: the other node already has, as staged, the key that becomes the primary."""
    cloud, other = two_nodes()
    other.keys.copy_from(cloud.ks.keys)
    cloud.ks.keys.rotate()
    fresh = cloud.token("admin", "sesame", project="admin")
    assert asks(other, fresh, fresh) == 200
    cloud.ks.keys.rotate()
    fresh = cloud.token("admin", "sesame", project="admin")
    assert asks(other, fresh, fresh) == 401


def test_a_revocation_on_one_node_is_seen_by_the_other_at_once():
    cloud, other = two_nodes()
    other.keys.copy_from(cloud.ks.keys)
    cloud.wait(2)
    victim = cloud.token("admin", "sesame", project="admin")
    assert asks(other, cloud.admin, victim) == 200
    assert cloud.send("DELETE", "/v3/auth/tokens", subject=victim).status == 204
    assert asks(other, cloud.admin, victim) == 404


def test_keys_in_a_folder_are_files_that_only_the_owner_reads(tmp_path):
    folder = tmp_path / "fernet-keys"
    keys = KeyRepository(World(1), folder=folder)
    keys.rotate()
    assert sorted(file.name for file in folder.iterdir()) == ["0", "1", "2"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in [folder, *folder.iterdir()])
    Fernet((folder / "2").read_bytes())
    again = KeyRepository(World(99), folder=folder)
    assert again.keys == keys.keys


def test_a_repository_needs_room_for_staged_and_primary():
    with pytest.raises(LabError, match="give at least 2"):
        KeyRepository(World(1), max_active_keys=1)
