"""The picture in README.md, drawn by labkit, tested: python tests/docs/picture.py > tests/docs/picture.svg."""

from labkit.openstack.cloud import OpenStack
from labkit.world import World


def picture() -> str:
    """Anna logs in and starts a server: who talks to whom, and who asks Keystone whose token that is."""
    world = World(seed=7)
    cloud = OpenStack(world)
    start = world.now
    session = cloud.login("anna")
    cloud.boot(session, "web")
    world.run(until=world.now + 2)
    requests = world.trace.where(since=start, kind="rest")
    return requests.sequence(title="Anna logs in and starts a server").svg() + "\n"


if __name__ == "__main__":
    print(picture(), end="")
