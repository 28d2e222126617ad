"""Our Keystone beside the real one, in one run: logins, validations, users; over loopback and in-process.

    $ python tests/benchmarks/keystone.py                       # makes an environment with Keystone 30.0.0 in the
    cache folder $ LABKIT_KEYSTONE=/path/to/venv python tests/benchmarks/keystone.py --seconds 3

The real one runs on waitress, too, with SQLite, Fernet and its cache on; both take the same bcrypt cost. Printed:
requests per second and the ratio.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.openstack.test_serve import Served  # noqa: E402
from tests.tempest.environment import environment  # noqa: E402

SERVE_REAL = """
import os, sys
sys.path.insert(0, {recorder!r})
import record
from pathlib import Path
folder, port, more = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
record.ORIGIN = f"http://127.0.0.1:{{port}}"
application = record.new_keystone(folder, 3600, "")
import waitress
waitress.serve(application, host="127.0.0.1", port=port, threads=1)
"""
PROJECT = {"project": {"name": "admin", "domain": {"id": "default"}}}


def password(word):
    user = {"name": "admin", "domain": {"id": "default"}, "password": word}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": PROJECT}}


class Client:
    """One client on a connection that stays open."""

    def __init__(self, port, word):
        self.wire, self.word = HTTPConnection("127.0.0.1", port), word
        self.token = None
        self.token = self.ask("POST", "/v3/auth/tokens", password(word), want="X-Subject-Token")

    def ask(self, method, path, body=None, want=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named["X-Auth-Token"] = self.token
        if body is not None:
            named["Content-Type"] = "application/json"
        self.wire.request(method, path, json.dumps(body) if body is not None else None, named)
        answer = self.wire.getresponse()
        text = answer.read()
        assert answer.status < 300, (method, path, answer.status, text)
        return answer.getheader(want) if want else json.loads(text) if text else None


class InProcess(Client):
    """The same requests without a wire."""

    def __init__(self, keystone, word):
        self.keystone, self.word, self.token = keystone, word, None
        self.token = self.ask("POST", "/v3/auth/tokens", password(word), want="X-Subject-Token")

    def ask(self, method, path, body=None, want=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named["X-Auth-Token"] = self.token
        answer = self.keystone.request(method, path, named, body)
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.header(want) if want else answer.json


def crud(client):
    made = client.ask("POST", "/v3/users", {"user": {"name": f"u{time.monotonic_ns()}"}})["user"]["id"]
    client.ask("GET", f"/v3/users/{made}")
    client.ask("PATCH", f"/v3/users/{made}", {"user": {"description": "x"}})
    client.ask("DELETE", f"/v3/users/{made}")


WORK = {
    "discovery": lambda client: client.ask("GET", "/v3"),
    "issue by password": lambda client: client.ask(
        "POST", "/v3/auth/tokens", password(client.word), want="X-Subject-Token"
    ),
    "issue by token": lambda client: client.ask(
        "POST",
        "/v3/auth/tokens",
        {"auth": {"identity": {"methods": ["token"], "token": {"id": client.token}}, "scope": PROJECT}},
        want="X-Subject-Token",
    ),
    "validate": lambda client: client.ask("GET", "/v3/auth/tokens", X_Subject_Token=client.token),
    "user CRUD (4 requests)": crud,
}


def rate(work, client, seconds):
    """Times per second: the median of three runs."""
    rates = []
    for _ in range(3):
        count, began_s = 0, time.perf_counter()
        while time.perf_counter() - began_s < seconds / 3:
            work(client)
            count += 1
        rates.append(count / (time.perf_counter() - began_s))
    return statistics.median(rates)


def real(programs, folder, port):
    """Start the real Keystone; returns (process, seconds until it answered)."""
    script = SERVE_REAL.format(recorder=str(Path(__file__).parents[1] / "recorded"))
    process = subprocess.Popen(
        [str(programs / "python"), "-c", script, str(folder), str(port), ""],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    began_s = time.monotonic()
    while time.monotonic() - began_s < 90:
        try:
            HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/v3")
            return process, time.monotonic() - began_s
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise SystemExit("the real Keystone does not start")


def rss_mib(pid):
    try:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024
    except (OSError, TypeError):
        return float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="per measurement")
    seconds = parser.parse_args().seconds
    programs = environment("keystone-30", ("keystone==30.0.0", "waitress"), "LABKIT_KEYSTONE")
    from labkit.openstack.keystone import Keystone
    from labkit.world import World

    inside = InProcess(Keystone(World(1, journal=False), admin_password="labadmin"), "labadmin")
    ours = Served("--admin-password", "labadmin")
    with tempfile.TemporaryDirectory() as folder:
        process, real_ready_s = real(programs, Path(folder), 5099)
        try:
            clients = [Client(5099, "labadmin"), Client(int(ours.url.rpartition(":")[2]), "labadmin"), inside]
            print(f"{'':24}{'real/s':>10}{'ours/s':>10}{'ratio':>8}{'in-process/s':>14}{'ratio':>8}")
            for name, work in WORK.items():
                theirs, wire, direct = (rate(work, client, seconds) for client in clients)
                print(
                    f"{name:24}{theirs:10.0f}{wire:10.0f}{wire / theirs:8.1f}{direct:14.0f}{direct / theirs:8.1f}",
                    flush=True,
                )
            print(
                f"ready: real {real_ready_s:.1f} s (with db_sync and bootstrap), ours {ours.took_s:.2f} s;  "
                f"memory: real {rss_mib(process.pid):.0f} MiB, ours {rss_mib(ours.process.pid):.0f} MiB"
            )
        finally:
            process.kill()
            ours.process.terminate()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
