"""OpenStack's own tests against `labkit serve openstack`: opt-in (`pytest -m tempest`), in an environment of their own.

LABKIT_TEMPEST names a virtual environment that has tempest and keystone-tempest-plugin already; else one is made in
the cache folder.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.openstack.test_serve import Served
from tests.tempest.environment import environment

PACKAGES = ("tempest==47.0.0", "keystone-tempest-plugin==0.22.0")
SHOWN = Path(__file__).with_name("shown.txt")
CONF = """
[oslo_concurrency]
lock_path = {folder}/lock
[auth]
use_dynamic_credentials = true
admin_username = admin
admin_password = pw
admin_project_name = admin
admin_domain_name = Default
admin_system = all
[identity]
uri_v3 = {url}/v3
auth_version = v3
region = RegionOne
v3_endpoint_type = public
[identity-feature-enabled]
api_v3 = true
trust = true
application_credentials = true
access_rules = true
project_tags = true
system_scope = true
[enforce_scope]
keystone = true
[service_available]
cinder = false
glance = false
neutron = false
nova = false
swift = false
horizon = false
"""


@pytest.mark.tempest
def test_the_official_identity_tests_pass(tmp_path, capsys):
    programs = environment("tempest", PACKAGES, "LABKIT_TEMPEST")
    variables = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    ids = [line for line in SHOWN.read_text().splitlines() if line and not line.startswith("#")]
    registry = ["--workspace-path", tmp_path / "workspace.yaml"]  # in the user's own a name counts once for ever
    init = [programs / "tempest", "init", *registry, tmp_path / "work"]
    subprocess.run(init, check=True, capture_output=True, env=variables)
    (tmp_path / "ids").write_text("\n".join(f"^{re.escape(one)}(\\[|$)" for one in ids))
    cloud = Served("--admin-password", "pw")
    try:
        (tmp_path / "work/etc/tempest.conf").write_text(CONF.format(url=cloud.url, folder=tmp_path))
        done = subprocess.run(
            [programs / "tempest", "run", "--include-list", tmp_path / "ids", "--concurrency", "1"],
            cwd=tmp_path / "work",
            env=variables,
            capture_output=True,
            text=True,
        )
    finally:
        cloud.process.terminate()
        cloud.process.communicate()
    count = {
        word: int(found[1])
        for word in ("Passed", "Failed", "Skipped")
        if (found := re.search(rf"- {word}: (\d+)", done.stdout))
    }
    with capsys.disabled():
        counted = ", ".join(f"{word.lower()} {count.get(word, 0)}" for word in ("Passed", "Failed", "Skipped"))
        print(f"\ntempest: {counted} of {len(ids)}")
    failed = re.findall(r"^\{\d+\} (\S+) .*\.\.\. FAILED", done.stdout, re.MULTILINE)
    assert count.get("Passed") == len(ids) and not failed, "\n".join(failed) or done.stdout[-2000:]
