"""The judge's end of the pipe: starts a worker, runs cells in it, and is an artefact's proxy while the judge plays.

Nothing that comes out of the pipe is trusted: a reply is a line of at most LINE bytes, JSON, plain, and in time.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import labkit
from labkit.lab.artefact import Artefact
from labkit.lab.values import NotPlain, plain
from labkit.world.errors import LabError

LINE = 1_000_000
UNREAD = 8
"""So many replies may wait to be read: a worker that writes without being asked fills its pipe, not our memory."""


class Lost(Exception):
    """The worker is gone: it took too long, died, or answered nonsense. The message is the verdict."""


class Pipe:
    """One worker process. `cell_s` and `call_s` limit a cell and a call in real seconds: a last resort, outside the
    process."""

    def __init__(self, cell_s: float = 30.0, call_s: float = 10.0):
        self.cell_s, self.call_s = cell_s, call_s
        self._folder = tempfile.TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "labkit.grading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment(self._folder.name),
            start_new_session=True,
        )
        self._replies: queue.Queue = queue.Queue(UNREAD)
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, cell: str, source: str) -> str | None:
        """Run a cell; what it raised, or None. Lost when it does not end."""
        return self._ask({"do": "run", "cell": cell, "source": source}, self.cell_s).get("raised")

    def has(self, name: str) -> bool:
        """Is there something under this name?"""
        return self._ask({"do": "look", "artefact": name}, self.call_s).get("there") is True

    def artefact(self, name: str, steps: int) -> Artefact:
        """The proxy of the worker's object `name`."""
        return Artefact(self._perform, name, steps)

    def close(self) -> None:
        """End the worker and everything of it."""
        self._kill()
        self._process.wait()
        with contextlib.suppress(queue.Empty):  # the listener may wait for room
            while True:
                self._replies.get_nowait()
        with contextlib.suppress(OSError):  # what a dead worker did not read
            self._process.stdin.close()
        self._folder.cleanup()

    def _kill(self) -> None:
        """End the worker and the processes it started (those of its session, where there are sessions)."""
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _perform(self, message: dict, answer) -> dict:
        """One call with all the questions it asks; `call_s` is for all of it together."""
        until = time.monotonic() + self.call_s
        reply = self._ask(message, self.call_s)
        while "ask" in reply:
            try:
                back = answer(reply["ask"])
            except (KeyError, TypeError, AttributeError, LabError) as error:
                raise Lost(f"asked for something that does not exist ({error})") from None
            reply = self._ask(back, self.call_s, until)
        return reply

    def _ask(self, message: dict, limit_s: float, until: float | None = None) -> dict:
        """Send a line and wait for one, until `until` (monotonic real seconds). Whoever neither reads nor answers is
        killed: that ends a write that waits, too."""
        left_s = limit_s if until is None else max(0.0, until - time.monotonic())
        watchdog = threading.Timer(left_s + 1.0, self._kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
            line = self._replies.get(timeout=left_s)
            if not line:
                self._replies.put(line)  # the end stays the end, for whoever asks again
        except queue.Empty:
            self._kill()
            raise Lost(f"did not end within {limit_s:g} s") from None
        except OSError:
            line = b""
        finally:
            watchdog.cancel()
        return _reply(line)

    def _listen(self):
        """Read lines in a thread of their own, because a pipe has no time-out on every system."""
        for line in iter(lambda: self._process.stdout.readline(LINE + 1), b""):
            self._replies.put(line)
        self._process.stdout.close()
        self._replies.put(b"")


def _reply(line: bytes) -> dict:
    if not line:
        raise Lost("ended the process it ran in")
    if len(line) > LINE:
        raise Lost(f"answered with more than {LINE // 1_000_000} MB")
    try:
        reply = plain(json.loads(line), "the reply")
    except (ValueError, RecursionError, NotPlain):
        raise Lost("answered with something that is not plain JSON") from None
    return reply if isinstance(reply, dict) else {}


def environment(folder: str) -> dict[str, str]:
    """The worker's environment: what Python needs to start, and a home of its own."""
    kept = {
        key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if key in os.environ
    }
    package = str(Path(labkit.__file__).parent.parent)
    return {
        **kept,
        "PYTHONPATH": package,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": folder,
        "USERPROFILE": folder,
        "TMPDIR": folder,
        "LABKIT_HOME": folder,
    }
