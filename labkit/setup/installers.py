"""Installers: uv where there is one (quicker), else pip (knows the user's pip.conf). One is tried after the other.

What an installer prints is kept, not shown: the user sees how far it is, and on failure what it means and what to do.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

NO_NETWORK = """The packages could not be fetched: no network, or the package index does not answer.
  - Is this machine online? Then start again: what was fetched already is kept in the installer's cache.
  - Behind a proxy, set HTTPS_PROXY=http://proxy:port. With a package index of your own, set PIP_INDEX_URL.
  - No network at all: on a machine with the same system and Python, and a network, run
        {python} -m pip download --no-deps --require-hashes -r requirements.lock -d wheels
    copy the folder 'wheels' next to run.py here, and set PIP_NO_INDEX=1 and PIP_FIND_LINKS=wheels."""
HASH_DIFFERS = "A fetched file is not the one that was locked (its hash differs). Try again in another network."
DISK_FULL = "The disk is full: the lab needs about 1 GB in this folder. Free some, then start again."
NO_PIP = """This Python cannot make a virtual environment: '{missing}' is not installed.
  - Debian, Ubuntu: sudo apt install python3-venv
  - elsewhere: install Python from https://www.python.org/downloads/ (or install uv)."""
UNKNOWN = "The installer failed; its last lines are above. Start again; if it fails again, report these lines."
OFFLINE_SIGNS = ("no matching distribution", "connection", "timed out", "retries", "dns", "failed to fetch", "offline")
# Settings that would install or import somewhere else; the user's proxies and indexes are kept.
ASTRAY = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV")


class SetupError(Exception):
    """Something the user can cure: its text says what is wrong and what to do next."""


def has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def variables() -> dict[str, str]:
    """The environment variables for everything that runs in .venv. UTF-8 mode: folders have names in every script."""
    kept = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    return {**kept, "PIP_USER": "0", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def run_installer(command: list[str], lock_handle: int, packages: int = 0) -> tuple[bool, str]:
    """Run a command to its end; returns (did it work, its output).

    The child shares the handle of the lock file: if we are killed, the lock is held until the child is done too.
    """
    shared = {} if os.name == "nt" else {"pass_fds": (lock_handle,)}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=variables(),
        encoding="utf-8",
        errors="replace",
        **shared,
    ) as child:
        try:
            lines = [show_progress(line, packages) for line in child.stdout]
            return child.wait() == 0, "".join(lines)
        except BaseException:  # Ctrl-C or SIGTERM: the installer must not go on behind our back
            child.terminate()
            raise


def show_progress(line: str, packages: int) -> str:
    """Pip names each package it begins with; on a terminal that is one line that changes."""
    if packages and sys.stderr.isatty() and line.startswith(("Collecting ", "Installing ")):
        step = line.split("==")[0].split(" (")[0][:50] if line.startswith("C") else "Unpacking ..."
        print(f"\r        {step:<60}", end="", file=sys.stderr, flush=True)
    return line


def last_words(output: str) -> list[str]:
    """The end of an installer's output without what is ordinary."""
    ordinary = ("Ignoring ", "Looking ", "Collecting ", "WARNING: Retrying", "WARNING: Location", "  ")
    return [line for line in output.splitlines() if line and not line.startswith(ordinary)][-8:]


def diagnosis(output: str) -> str:
    """What an installer's output means, and the cure."""
    text = output.lower()
    if "do not match the hashes" in text or "hash mismatch" in text:
        return HASH_DIFFERS
    if "no space left" in text:
        return DISK_FULL
    if any(sign in text for sign in OFFLINE_SIGNS):
        return NO_NETWORK.format(python=Path(sys.executable).name)
    return UNKNOWN


def pip_for(python: Path) -> list[str]:
    """The environment's own pip; where Debian split ensurepip off, the pip of the Python that runs us."""
    own = [str(python), "-m", "pip"] if has("ensurepip") else [sys.executable, "-m", "pip", "--python", str(python)]
    quiet = ["--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--progress-bar=off"]
    return [*own, "install", *quiet]


def installers(python: Path, offline: bool) -> list[list[str]]:
    """The ways to install into the environment of `python`, best first, each a command up to its packages."""
    ways = []
    if uv := shutil.which("uv"):
        ways.append([uv, "pip", "install", "--python", str(python), *(["--offline"] if offline else [])])
    if has("ensurepip") or has("pip"):
        ways.append([*pip_for(python), *(["--no-index"] if offline else [])])
    return ways


def install(python: Path, what: list[str], lock_handle: int, packages: int = 0, offline: bool = False) -> None:
    """Install; raises SetupError with the cure when no installer can."""
    output = ""
    for way in installers(python, offline):
        worked, output = run_installer(way + what, lock_handle, packages)
        if packages and sys.stderr.isatty():
            print(file=sys.stderr)
        if worked:
            return
    print("\n".join(last_words(output)), file=sys.stderr)
    raise SetupError(diagnosis(output))


def make_venv(folder: Path, lock_handle: int) -> None:
    """An empty virtual environment of the Python that runs us; raises SetupError with the cure where that cannot be."""
    uv = shutil.which("uv")
    if has("venv") and (has("ensurepip") or has("pip") or uv):
        command = [sys.executable, "-m", "venv", *([] if has("ensurepip") else ["--without-pip"]), str(folder)]
    elif uv:
        command = [uv, "venv", "--offline", "--allow-existing", "--python", sys.executable, str(folder)]
    else:
        raise SetupError(NO_PIP.format(missing="ensurepip" if has("venv") else "venv"))
    worked, output = run_installer(command, lock_handle)
    if not worked:
        print(output, file=sys.stderr)
        raise SetupError(NO_PIP.format(missing="ensurepip"))
