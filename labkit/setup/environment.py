"""The clone's own environment, .venv: what is wanted, what is there, and the way from one to the other.

    .venv/labkit.json   the stamp: {place, python, parts: {lab, test, labkit: digest}}, written whole or not at all
    .venv.lock          held while somebody installs

A stamp that says 'unfinished' was written before an installation that never ended: the environment is made anew.
'lab' stays usable while 'test' is added: both come from one lock, so the second changes no package of the first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from labkit.setup.installers import SetupError, install, make_venv

TESTS_FROM = "# ---- what follows is needed only by the tests, the instructor and the real clients ----\n"
NEEDS = {"lab": ("lab", "labkit"), "test": ("lab", "labkit", "test")}
NOT_OURS = "There is a folder .venv here that run.py did not make. Move it away or delete it, then start again."


def say(text: str) -> None:
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def try_lock(handle: int) -> bool:
    """Take the system's lock on an open file; it gives the lock back when the last holder ends, however it ends."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass  # a file system without locks: better unlocked than not at all
    return True


def readdress(script: Path, old: str, new: str) -> None:
    """Let a console script of a moved environment start the moved Python.

    `exec` through sh, because a path may be longer than a first line may be, and may have spaces.
    """
    lines = script.read_bytes().split(b"\n")
    head = 3 if lines[0] == b"#!/bin/sh" else 1
    if lines[0].startswith(b"#!") and any(os.fsencode(old) in line for line in lines[:head]):
        start = ["#!/bin/sh", f"'''exec' \"{new}/bin/python\" \"$0\" \"$@\"", "' '''"]
        script.write_bytes(b"\n".join([os.fsencode(line) for line in start] + lines[head:]))


class Environment:
    """The environment of the clone in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.stamp_file = self.folder / "labkit.json"
        windows = os.name == "nt"
        self.python = self.folder / ("Scripts/python.exe" if windows else "bin/python")

    def locked(self, part: str) -> str:
        """The requirements of one part, 'lab' or 'test'."""
        lab, _, test = (self.root / "requirements.lock").read_text(encoding="utf-8").partition(TESTS_FROM)
        return {"lab": lab, "test": test}[part]

    def digest(self, part: str) -> str:
        """Changes with the part of the lock; for labkit itself with its metadata (its commands) and its place."""
        if part == "labkit":
            text = (self.root / "pyproject.toml").read_text(encoding="utf-8") + str(self.folder)
        else:
            text = self.locked(part)
        return hashlib.sha256(os.fsencode(text)).hexdigest()

    def stamp(self) -> dict:
        """What the last start wrote; empty when there is nothing, or nothing readable."""
        try:
            return json.loads(self.stamp_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def write_stamp(self, **stamp) -> None:
        new = self.stamp_file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(stamp, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.stamp_file)

    def has_part(self, part: str) -> bool:
        return self.stamp().get("parts", {}).get(part) == self.digest(part)

    def usable(self, wanted: str) -> bool:
        """Was it made by this version of Python, which is still there, and is nothing in it half changed?"""
        stamp = self.stamp()
        same_python = stamp.get("python") == list(sys.version_info[:2]) and self.python.exists()
        return same_python and stamp.get("unfinished") not in NEEDS[wanted]

    def ready(self, wanted: str) -> bool:
        return self.usable(wanted) and all(map(self.has_part, NEEDS[wanted]))

    def ensure(self, wanted: str) -> None:
        """Make 'lab' or 'test' ready; raises SetupError with the cure where that cannot be."""
        if self.ready(wanted):
            return
        with self.alone() as handle:
            if not self.usable(wanted):
                self.make(handle)
            elif self.stamp()["place"] != str(self.folder):
                self.settle(handle)
            for part in NEEDS[wanted]:
                if not self.has_part(part):
                    self.add(part, handle)

    @contextlib.contextmanager
    def alone(self) -> Iterator[int]:
        """One start installs at a time; the others wait, and say so."""
        try:
            handle = os.open(f"{self.folder}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            cure = "copy the project into a folder of your own, and start it there"
            raise SetupError(f"Nothing can be written to {self.root} ({error.strerror}): {cure}.") from None
        try:
            if not try_lock(handle):
                say("another start is installing the lab right now; waiting for it (Ctrl-C gives up) ...")
                while not try_lock(handle):
                    time.sleep(0.3)
            yield handle
        finally:
            os.close(handle)

    def make(self, handle: int) -> None:
        """A new environment with the part 'lab'. Ctrl-C leaves nothing; after a crash the next start sees the stamp."""
        if self.folder.exists() and self.stamp().get("unfinished", "all"):
            say("an earlier installation was interrupted; starting it anew.")
        self.remove()
        self.folder.mkdir()
        try:
            stamp = {"place": str(self.folder), "python": list(sys.version_info[:2]), "parts": {}}
            self.write_stamp(**stamp, unfinished="lab")
            make_venv(self.folder, handle)
            self.add("lab", handle)
        except BaseException:
            self.remove()
            raise

    def settle(self, handle: int) -> None:
        """The folder was moved or copied: its packages are whole, only what knows the old place is mended."""
        if os.name == "nt":  # its scripts are programs that know their place
            return self.make(handle)
        say("this folder was moved; mending its environment.")
        stamp = self.stamp()
        for script in (self.folder / "bin").iterdir():
            if script.is_file() and not script.is_symlink():
                readdress(script, stamp["place"], str(self.folder))
        make_venv(self.folder, handle)
        self.write_stamp(**{**stamp, "place": str(self.folder)})

    def add(self, part: str, handle: int) -> None:
        """Install one part. When the installer fails by itself (no network), what was there before still counts."""
        before = {name: value for name, value in self.stamp().items() if name != "unfinished"}
        self.write_stamp(**before, unfinished=part)
        try:
            self.install_labkit(handle) if part == "labkit" else self.install_part(part, handle)
        except SetupError:
            self.write_stamp(**before)
            raise
        self.write_stamp(**{**before, "parts": {**before["parts"], part: self.digest(part)}})

    def install_part(self, part: str, handle: int) -> None:
        requirements = self.folder / f"labkit-{part}.txt"
        requirements.write_text(self.locked(part), encoding="utf-8")
        packages = self.locked(part).count("==")
        say(f"installing about {packages} packages for '{part}', once; this takes a minute or two ...")
        install(self.python, ["--require-hashes", "--no-deps", "-r", str(requirements)], handle, packages)

    def install_labkit(self, handle: int) -> None:
        """Editable and without a network: flit_core, which builds it, is in the lock."""
        install(self.python, ["--no-deps", "--no-build-isolation", "-e", str(self.root)], handle, offline=True)

    def remove(self) -> None:
        """Delete .venv if it is ours, the stamp last: interrupted here, the next start still knows whose it is."""
        if not self.folder.exists():
            return
        entries = sorted(self.folder.iterdir(), key=lambda entry: entry.name.startswith("labkit"))
        if not self.stamp() and not all(entry.name.startswith("labkit") for entry in entries):
            raise SetupError(NOT_OURS)
        for entry in entries:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        self.folder.rmdir()
