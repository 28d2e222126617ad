"""The state in a file: what was acknowledged is there after the process was killed."""

import sqlite3
import subprocess
import sys
from itertools import pairwise

import pytest

from labkit.openstack.keystone import KeyRepository, Keystone
from labkit.openstack.keystone.database import Database
from labkit.world import LabError, World
from tests.openstack.keystone.cloud import Cloud

WRITER = """
import sys
sys.path[:0] = [{here!r}]
from tests.openstack.keystone.cloud import Cloud
cloud = Cloud(database={file!r})
for i in range(10**6):
    cloud.make("project", name=f"p{{i}}")
    print(i, flush=True)
"""


def test_acknowledged_projects_survive_kill_9(tmp_path):
    file = tmp_path / "state.db"
    here = str(__import__("pathlib").Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER.format(here=here, file=str(file))], stdout=subprocess.PIPE, text=True
    )
    try:
        while int(process.stdout.readline()) < 20:
            pass
    finally:
        process.kill()
    acknowledged = 20 + len(process.stdout.read().splitlines())
    process.wait()
    database = Database(file)
    names = {row["name"] for row in database.all("SELECT name FROM project WHERE name LIKE 'p%'")}
    assert names >= {f"p{i}" for i in range(acknowledged + 1)}
    assert database.one("PRAGMA integrity_check")[0] == "ok"
    database.close()


def test_tokens_survive_a_restart_with_the_same_keys(tmp_path):
    world = World(1)
    first = Cloud(world=world, database=str(tmp_path / "s.db"), keys=KeyRepository(world, folder=tmp_path / "keys"))
    world = World(2)
    again = Keystone(world, database=str(tmp_path / "s.db"), keys=KeyRepository(world, folder=tmp_path / "keys"))
    assert (
        again.request("GET", "/v3/auth/tokens", {"X-Auth-Token": first.admin, "X-Subject-Token": first.admin}).status
        == 200
    )
    assert again.admin_password is None, "an old state keeps its password"


def test_bootstrap_changes_nothing_that_is_there(tmp_path):
    file = str(tmp_path / "s.db")
    Keystone(World(1), database=file, admin_password="sesame")
    before = "\n".join(Database(file).connection.iterdump())
    Keystone(World(2), database=file, admin_password="sesame")
    assert "\n".join(Database(file).connection.iterdump()) == before


def test_bootstrap_makes_what_keystone_manage_makes(cloud):
    roles = {role["name"]: role for role in cloud.get("/v3/roles").json["roles"]}
    assert set(roles) == {"admin", "manager", "member", "reader", "service"}
    assert all(role["options"] == {"immutable": True} for role in roles.values())
    chain = {roles[a]["id"]: roles[b]["id"] for a, b in pairwise(("admin", "manager", "member", "reader"))}
    told = cloud.get("/v3/role_inferences").json["role_inferences"]
    assert {one["prior_role"]["id"]: implied["id"] for one in told for implied in one["implies"]} == chain
    assert [region["id"] for region in cloud.get("/v3/regions").json["regions"]] == ["RegionOne"]
    endpoints = cloud.get("/v3/endpoints").json["endpoints"]
    assert {end["interface"] for end in endpoints} == {"public", "internal", "admin"}
    assert {end["url"] for end in endpoints} == {"http://keystone:5000/v3"}


def test_a_password_is_made_up_if_none_is_given():
    first, second = Keystone(World(1)), Keystone(World(2))
    assert len(first.admin_password) == 24 and first.admin_password != second.admin_password


def test_a_world_whose_state_lies_in_a_file_cannot_be_forked(tmp_path):
    world = World(1)
    Keystone(world, database=Database(tmp_path / "s.db"))
    with pytest.raises(LabError, match="keep the database in memory"):
        world.fork()


@pytest.mark.skipif(sys.platform == "win32", reason="the size of a file is limited with POSIX's setrlimit")
def test_a_full_disk_is_an_honest_500_and_leaves_nothing_half_done(tmp_path):
    """A user and his password are written together or not at all; when there is room again, Keystone goes on."""
    import resource
    import signal
    cloud = Cloud(database=str(tmp_path / "s.db"))
    before, at_signal = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        full = (tmp_path / "s.db-wal").stat().st_size + 50_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, before[1]))
        made = [(name, create(cloud, name)) for name in map("u{}".format, range(12))]
        assert {status for _, status in made} == {201, 500}
        assert cloud.get("/v3/users").status == 200, "reading needs no room"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, at_signal)
    assert create(cloud, "later") == 201
    names = {user["name"] for user in cloud.get("/v3/users").json["users"]}
    assert names == {"admin", "later", *(name for name, status in made if status == 201)}
    assert cloud.ks.db.one("SELECT COUNT(*) FROM password")[0] == len(names)


def create(cloud, name):
    """The status of an attempt to store a user with a long description."""
    return cloud.send("POST", "/v3/users", {"user": {"name": name, "password": "pw", "description": "x" * 9000}}).status


def test_what_a_failed_commit_would_have_written_is_not_remembered():
    """The memory of answers is as old as the database, also when the database refuses at the very end."""
    database = Database()
    database.create("CREATE TABLE parent (id INTEGER PRIMARY KEY);"
                    "CREATE TABLE child (of INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);")
    database.connection.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(sqlite3.IntegrityError), database.transaction():
        database.run("INSERT INTO child VALUES (1)")
        assert database.memo("children", lambda: database.one("SELECT COUNT(*) FROM child")[0]) == 1
    assert database.memo("children", lambda: database.one("SELECT COUNT(*) FROM child")[0]) == 0
    with database.transaction():
        database.run("INSERT INTO parent VALUES (1)")
    assert database.one("SELECT COUNT(*) FROM parent")[0] == 1
