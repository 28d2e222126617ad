"""Control plane and data plane fail separately (curriculum 0.2; belief S3.m1 and Q5.m2)."""

from labkit.openstack.cloud import OpenStack
from labkit.world import World


def test_visitors_do_not_notice_that_every_api_is_stopped():
    cloud = OpenStack(World(seed=5))
    cloud.boot(cloud.login("anna"), "shop")
    cloud.world.run(until=30)
    for node in ("keystone", "horizon", *cloud.services):
        cloud.world.stop(node)
    began = len(cloud.world.trace)
    for hour in range(1, 25):
        cloud.world.run(until=3600 * hour)
        assert cloud.visit("shop").status == 200
    assert not cloud.world.trace[began:].where(kind="rest")


def test_post_servers_is_asynchronous():
    """Content trap 23, Keystone's part: 202 means accepted; what a later check of the token says shows in the status
    only."""
    cloud = OpenStack(World(seed=5))
    anna = cloud.login("anna")
    anna.get("compute", "/servers")
    cloud.world.stop("keystone")
    said = cloud.boot(anna, "late")
    assert said.status == 202
    cloud.world.run(until=30)
    server = anna.get("compute", f"/servers/{said.body['server']['id']}").body["server"]
    assert (server["status"], server["fault"]["message"].split(" to ")[0]) == ("ERROR", "glance-api answered 503")
