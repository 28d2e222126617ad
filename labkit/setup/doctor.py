"""`labkit doctor`: what works on this machine, what is missing, and the cure.

Each finding is seen, not guessed: a kernel is started and asked, a file is written, a port is opened. The doctor needs
nothing that is not in Python, so it also speaks where nothing else does.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
GET_LAB = "python3 run.py lab installs what is missing (or: pip install -e .)"
GET_TEST = "python3 run.py test installs what is missing (or: pip install -e '.[test]')"
ASK_KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
answer = client.execute_interactive("import labkit, sys", timeout=60, output_hook=lambda message: None)
client.stop_channels()
manager.shutdown_kernel(now=True)
assert answer["content"]["status"] == "ok", answer["content"]["evalue"]
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. `needed`: the lab cannot run without it."""

    name: str
    works: bool
    detail: str
    cure: str = ""
    needed: bool = True


def python_version() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    cure = "use Python 3.11, 3.12 or 3.13: https://www.python.org/downloads/"
    return Finding("Python", sys.version_info >= (3, 11), f"{here} at {sys.executable}", cure)


def missing_of(extra: str | None) -> list[str]:
    """The packages labkit's own metadata asks for (of one extra, or of none) that are not installed."""
    wanted = []
    for line in metadata.requires("labkit") or []:
        name, _, marker = line.partition(";")
        found = re.search(r"""extra\s*==\s*["']([^"']+)""", marker)
        if (found[1] if found else None) == extra and not name.startswith("labkit"):
            wanted.append(re.split(r"[\s<>=!~\[(]", name.strip())[0])
    return [name for name in wanted if not installed(name)]


def installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def packages() -> Iterator[Finding]:
    """What the lab needs, and what each extra adds."""
    uses = {None: "the lab", "instructor": "grading", "clients": "the real OpenStack clients", "test": "the tests"}
    if not installed("labkit"):
        yield Finding("labkit", False, "is not installed in this Python", GET_LAB)
        return
    for extra, use in uses.items():
        missing = missing_of(extra)
        detail = f"missing: {', '.join(missing)}" if missing else "all there"
        yield Finding(f"packages for {use}", not missing, detail, GET_TEST if extra else GET_LAB, needed=extra is None)


def run_python(*arguments: str, timeout_s: float = 90.0) -> tuple[bool, str]:
    """Run this Python; returns (did it work, its last line or why not)."""
    try:
        ended = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return False, f"no answer within {timeout_s:.0f} s"
    lines = (ended.stdout if ended.returncode == 0 else ended.stderr).strip().splitlines()
    return ended.returncode == 0, lines[-1] if lines else "ended without a word"


def jupyterlab() -> Finding:
    works, said = run_python("-m", "jupyterlab", "--version")
    return Finding("JupyterLab", works, said, GET_LAB)


def kernel() -> Finding:
    works, said = run_python("-c", ASK_KERNEL)
    cure = "delete the folder .venv and start again; a firewall must let a program talk to itself on 127.0.0.1"
    return Finding("kernel", works, "starts, and imports labkit" if works else said, cure)


def free_port() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return Finding("port on 127.0.0.1", True, f"{server.getsockname()[1]} could be opened")
    except OSError as error:
        cure = "a firewall or a sandbox forbids it: ask who runs this machine"
        return Finding("port on 127.0.0.1", False, str(error), cure)


def progress_folder() -> Finding:
    """Where the student's progress is kept, as `labkit.lab` decides it."""
    try:
        from labkit.lab.session import home

        folder = home().resolve()
        there = next(place for place in (folder, *folder.parents) if place.is_dir())
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"progress")
    except (ImportError, OSError) as error:
        return Finding("progress", False, str(error), "set LABKIT_HOME to a folder of yours")
    return Finding("progress", True, f"kept in {folder}")


def disk_space(least_mib: int = 200) -> Finding:
    free_mib = shutil.disk_usage(Path.cwd()).free // 2**20
    return Finding("disk", free_mib >= least_mib, f"{free_mib} MiB free", f"free at least {least_mib} MiB")


def browser() -> Finding:
    """Found, not started: the browser tests start it."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    cure = "sudo apt install chromium (Debian, Ubuntu), or install Google Chrome; without it the browser tests skip"
    return Finding("browser for the tests", found is not None, found or "no Chromium or Chrome", cure, needed=False)


def kvm() -> Finding:
    """Opened and asked, not only found; without it the lab interprets its guests and shows recorded runs."""
    from labkit.vmm.kvm import device

    found = device.state()
    cure = f"{found.cure} (only for the part on KVM; the rest of the lab needs none)"
    return Finding("/dev/kvm", found.usable, found.detail, cure, needed=False)


def openstack_client() -> Finding:
    script = Path(sys.executable).with_name("openstack.exe" if os.name == "nt" else "openstack")
    cure = GET_TEST
    return Finding("openstack command", script.exists(), str(script), cure, needed=False)


def examine() -> Iterator[Finding]:
    """All findings, the quick ones first."""
    yield python_version()
    yield from packages()
    for look in (progress_folder, disk_space, free_port, jupyterlab, kernel, openstack_client, browser, kvm):
        yield look()


def line(finding: Finding) -> str:
    mark = "ok     " if finding.works else "MISSING" if finding.needed else "without"
    cure = "" if finding.works else f"\n          cure: {finding.cure}"
    return f"{mark}   {finding.name}: {finding.detail}{cure}"


def main(arguments: list[str]) -> int:
    """Returns 0 when the lab can run on this machine, else 1."""
    options = argparse.ArgumentParser(prog="labkit doctor", description="What works on this machine, and the cures.")
    options.add_argument("--json", action="store_true", help="one JSON object instead of text")
    as_json = options.parse_args(arguments).json
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            print(line(finding), flush=True)
    can_run = all(finding.works for finding in findings if finding.needed)
    if as_json:
        print(json.dumps({"can_run": can_run, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        print("\nThe lab can run here." if can_run else "\nThe lab cannot run here yet: see the cures above.")
    return 0 if can_run else 1
