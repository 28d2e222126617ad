"""`labkit serve openstack`: loopback only, ready at once, clean in the end, and nothing that was acknowledged is
lost."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
import requests

LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "pw"}},
        },
        "scope": {"project": {"name": "admin", "domain": {"id": "default"}}},
    }
}


class Served:
    """A served cloud in a process of its own."""

    def __init__(self, *options):
        began_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labkit", "serve", "openstack", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if "Ctrl-C" in line:
                break
        self.took_s = time.monotonic() - began_s
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(self.said))
        self.url = found[0] if found else None
        self.http = requests.Session()

    @property
    def text(self):
        return "".join(self.said)

    def login(self):
        answer = self.http.post(f"{self.url}/v3/auth/tokens", json=LOGIN)
        assert answer.status_code == 201, answer.text
        self.http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        return answer.headers["X-Subject-Token"]

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(10)


@pytest.fixture
def serve():
    running = []

    def start(*options):
        running.append(Served(*options))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()
        each.http.close()


def test_it_answers_on_loopback_and_ends_cleanly(serve):
    cloud = serve("--admin-password", "pw")
    assert "OS_AUTH_URL" in cloud.text and "clouds:" in cloud.text
    cloud.login()
    assert [user["name"] for user in cloud.http.get(f"{cloud.url}/v3/users").json()["users"]] == ["admin"]
    assert cloud.end(signal.SIGTERM) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for other processes")
def test_ctrl_c_ends_it_cleanly(serve):
    assert serve().end(signal.SIGINT) == 0


def test_a_busy_port_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "labkit", "serve", "openstack", "--port", str(number)],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 1
    assert f"port {number} on 127.0.0.1 cannot be used" in done.stderr and "Traceback" not in done.stderr


def test_a_random_password_and_unguessable_tokens(serve):
    one, other = serve(), serve()
    passwords = [re.search(r"OS_PASSWORD='(\w+)'", cloud.text)[1] for cloud in (one, other)]
    assert passwords[0] != passwords[1] and min(map(len, passwords)) >= 20


def test_a_file_that_is_no_state_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Keystone, " * 100)
    done = subprocess.run(
        [sys.executable, "-m", "labkit", "serve", "openstack", "--port", "0", "--state", str(tmp_path / "letter.txt")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1 and "cannot be used" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "letter.txt").read_text().startswith("Dear Keystone")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_was_acknowledged_survives_kill_9(serve, tmp_path):
    state = tmp_path / "cloud.db"
    cloud = serve("--admin-password", "pw", "--state", str(state))
    token = cloud.login()
    names = []
    for n in range(40):
        assert cloud.http.post(f"{cloud.url}/v3/users", json={"user": {"name": f"user{n}"}}).status_code == 201
        names.append(f"user{n}")
    cloud.end(signal.SIGKILL)
    again = serve("--state", str(state))
    again.http.headers["X-Auth-Token"] = token  # sealed before the crash: the keys survived, too
    found = {user["name"] for user in again.http.get(f"{again.url}/v3/users").json()["users"]}
    assert found == {"admin", *names}
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in (tmp_path / "cloud.db.keys").iterdir())
    assert again.url in again.http.get(f"{again.url}/v3/auth/catalog").text  # the catalog follows the port


def test_the_clock_runs_and_tokens_grow_old(serve):
    cloud = serve("--admin-password", "pw", "--speed", "7200")
    cloud.login()
    time.sleep(0.7)  # more than an hour over there
    assert cloud.http.get(f"{cloud.url}/v3/users").status_code == 401


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_it_is_small(serve):
    cloud = serve("--admin-password", "pw")
    cloud.login()
    with open(f"/proc/{cloud.process.pid}/status") as status:
        rss_kib = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
    assert rss_kib < 80 * 1024


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell reads the openrc")
def test_a_password_with_quotes_stays_one_word_for_shell_and_yaml(serve, tmp_path):
    import yaml

    password = "it's $(touch owned) \"fine\""
    cloud = serve("--admin-password", password)
    script = "\n".join([line for line in cloud.said if line.startswith("export ")] + ['printf %s "$OS_PASSWORD"'])
    told = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert told.stdout == password and not list(tmp_path.iterdir())
    clouds = cloud.text[cloud.text.index("clouds:") :].partition("\nlabkit serve:")[0]
    assert yaml.safe_load(clouds)["clouds"]["labkit"]["auth"]["password"] == password
