"""`labkit serve vsphere`: vCenter on loopback for plain HTTP clients; its clock follows the wall's."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

ADMIN = ("administrator@vsphere.local", "VMware1!")


def labkit(*words):
    """A run of the command to its end."""
    return subprocess.run([sys.executable, "-m", "labkit", *words], capture_output=True, text=True, timeout=60)


@pytest.fixture
def serve():
    running = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", "serve", "vsphere", "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        running.append(process)
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        return process, re.search(r"http://127\.0\.0\.1:\d+", said)[0], said

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_vm_is_made_and_switched_on_over_http_and_the_server_ends_cleanly(serve):
    process, url, said = serve("--hosts", "2")
    assert "administrator@vsphere.local" in said and f"{url}/api/session" in said
    with requests.Session() as http:
        assert http.get(f"{url}/api/vcenter/vm").status_code == 401
        http.headers["vmware-api-session-id"] = http.post(f"{url}/api/session", auth=ADMIN).json()
        assert [host["name"] for host in http.get(f"{url}/api/vcenter/host").json()] == ["esx1", "esx2"]
        made = http.post(f"{url}/api/vcenter/vm", json={"name": "erp", "guest_OS": "OTHER_LINUX_64"})
        assert made.status_code == 201, made.text
        vm = f"{url}/api/vcenter/vm/{made.json()}"
        assert http.post(f"{vm}/power?action=start").status_code == 204
        assert http.get(f"{vm}/power").json() == {"state": "POWERED_ON"}
        assert http.post(f"{vm}/power?action=start").json()["error_type"] == "ALREADY_IN_DESIRED_STATE"
        assert http.delete(vm).status_code == 400
        assert http.post(f"{url}/api/vcenter/vm", data="{").json()["error_type"] == "INVALID_REQUEST"
        assert http.get(f"{url}/").status_code == 404
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_its_clock_runs_as_fast_as_asked(serve):
    _, url, _ = serve("--speed", "600")
    with requests.Session() as http:
        http.headers["vmware-api-session-id"] = http.post(f"{url}/api/session", auth=ADMIN).json()
        body = {"name": "erp", "guest_OS": "OTHER_LINUX_64"}
        vm = f"{url}/api/vcenter/vm/" + http.post(f"{url}/api/vcenter/vm", json=body).json()
        http.post(f"{vm}/power?action=start")
        assert http.post(f"{vm}/guest/power?action=shutdown").status_code == 204
        until = time.monotonic() + 30
        while http.get(f"{vm}/power").json()["state"] != "POWERED_OFF":
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_busy_port_and_numbers_that_cannot_be_meant_are_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = labkit("serve", "vsphere", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1 and "cannot be used" in done.stderr and "Traceback" not in done.stderr
    for option, value in (("--hosts", "0"), ("--hosts", "-1"), ("--hosts", "9999"), ("--speed", "0"), ("--port", "x")):
        done = labkit("serve", "vsphere", option, value)
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr


def test_a_platform_is_asked_for_by_name():
    assert labkit("serve", "--help").stdout.count("vsphere") == 1
    done = labkit("serve", "nothing")
    assert done.returncode == 2 and "openstack" in done.stderr and "vsphere" in done.stderr
