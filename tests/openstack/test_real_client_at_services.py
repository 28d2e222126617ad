"""The real openstacksdk at our services: it logs in once, and every service takes its token."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.openstack.registration import secret
from labkit.world import World

pytest.importorskip("openstack")


@pytest.fixture
def cloud():
    cloud = OpenStack(World(seed=7))
    anna = cloud.login("anna")
    disk = anna.post("volumev3", "/volumes", {"volume": {"name": "data", "size": 1}}).body["volume"]["id"]
    cloud.boot(anna, "web", [disk])
    cloud.world.run(until=30)
    return cloud


@pytest.fixture
def conn(cloud):
    from labkit.openstack.transport import connect

    return connect(cloud.world, "anna", secret("anna"), "shop", client="annas-laptop")


def logins(cloud):
    return len(cloud.world.trace.where(kind="rest", src="annas-laptop", dst="keystone", what="POST /v3/auth/tokens"))


def test_one_login_opens_four_services(cloud, conn):
    assert [server.status for server in conn.compute.servers()] == ["ACTIVE"]
    assert conn.image.get_image(cloud.image_id).name == "cirros"
    assert [port.status for port in conn.network.ports()] == ["ACTIVE"]
    assert [volume.name for volume in conn.block_storage.volumes(details=False)] == ["data"]
    assert logins(cloud) == 1


def test_it_logs_in_again_when_its_token_ends_by_the_worlds_clock(cloud, conn):
    for minute, so_far in ((1, 1), (50, 1), (70, 2), (100, 2)):
        cloud.world.run(until=60 * minute)
        list(conn.compute.servers(details=False))
        assert logins(cloud) == so_far


def test_it_sees_403_404_and_503_as_such(cloud, conn):
    from openstack import exceptions

    from labkit.openstack.transport import connect

    server = next(conn.compute.servers())
    ben = connect(cloud.world, "ben", secret("ben"), "shop")
    with pytest.raises(exceptions.ForbiddenException, match="Policy doesn't allow"):
        ben.compute.delete_server(server.id, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        connect(cloud.world, "carla", secret("carla"), "lab").compute.get_server(server.id)
    cloud.world.run(until=cloud.world.now + 301)
    cloud.world.stop("keystone")
    with pytest.raises(exceptions.HttpException) as refused:
        conn.compute.get_server(server.id)
    assert refused.value.status_code == 503
