"""A fresh cloud for each story."""

import pytest

from tests.openstack.keystone.cloud import Cloud


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def alice(cloud):
    """(user id, project id): alice is a member of the project alpha."""
    project_id = cloud.make("project", name="alpha")
    return cloud.person("alice", project_id), project_id
