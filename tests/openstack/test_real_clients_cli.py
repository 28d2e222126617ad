"""The `openstack` command against `labkit serve openstack`: what an operator types on the first day."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openstack.test_serve import Served

COMMAND = shutil.which("openstack") or shutil.which("openstack", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(
    COMMAND is None, reason="python-openstackclient is not installed (pip install labkit[clients])"
)


@pytest.fixture(scope="module")
def cloud():
    served = Served("--admin-password", "pw")
    yield served
    served.process.terminate()
    served.process.communicate()


def openstack(cloud, *words, form="json"):
    """Run one command as admin; its JSON, or its text."""
    variables = {
        "OS_AUTH_URL": f"{cloud.url}/v3",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": "pw",
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    done = subprocess.run(
        [COMMAND, *words, *(["-f", form] if form else [])],
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, **variables},
    )
    assert done.returncode == 0, f"openstack {' '.join(words)}: {done.stderr}"
    return json.loads(done.stdout) if form == "json" else done.stdout


def test_a_token_is_issued(cloud):
    token = openstack(cloud, "token", "issue")
    assert token["id"].startswith("gAAAA") and token["project_id"]


def test_the_catalog_and_the_endpoints(cloud):
    assert [entry["Type"] for entry in openstack(cloud, "catalog", "list")] == ["identity"]
    assert {entry["Interface"] for entry in openstack(cloud, "endpoint", "list")} == {"public", "internal", "admin"}


def test_a_project_with_a_member_from_beginning_to_end(cloud):
    openstack(cloud, "domain", "create", "lab", form=None)
    project = openstack(cloud, "project", "create", "--domain", "lab", "alpha")
    user = openstack(cloud, "user", "create", "--domain", "lab", "--password", "alicepw", "alice")
    openstack(cloud, "group", "create", "--domain", "lab", "students")
    openstack(
        cloud, "group", "add", "user", "--group-domain", "lab", "--user-domain", "lab", "students", "alice", form=None
    )
    openstack(cloud, "role", "add", "--user", user["id"], "--project", project["id"], "member", form=None)
    found = openstack(cloud, "role", "assignment", "list", "--user", user["id"], "--names")
    assert [(one["Role"], one["Project"]) for one in found] == [("member", "alpha@lab")]
    openstack(cloud, "user", "delete", user["id"], form=None)
    assert openstack(cloud, "user", "list", "--domain", "lab") == []


def test_an_application_credential_and_a_trust(cloud):
    made = openstack(cloud, "application", "credential", "create", "ci", "--role", "reader")
    assert len(made["Secret" if "Secret" in made else "secret"]) > 40
    robot = openstack(cloud, "user", "create", "robot")
    trust = openstack(cloud, "trust", "create", "--project", "admin", "--role", "reader", "admin", robot["id"])
    assert trust["trustee_user_id"] == robot["id"]
