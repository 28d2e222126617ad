"""A cloud in which anna has listed her servers once, shared by the tests that only look."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.world import World


@pytest.fixture()
def cloud():
    return OpenStack(World(seed=7))


@pytest.fixture()
def session(cloud):
    session = cloud.login("anna")
    session.get("compute", "/servers")
    return session
