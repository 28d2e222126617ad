#!/usr/bin/env python3
"""Two commands, with nothing but Python 3.11, 3.12 or 3.13 (on Windows: py run.py ...):

    python3 run.py lab [--no-browser] [--port P] ...   open JupyterLab on the first notebook
    python3 run.py test [pytest's arguments]           run the tests

The first start makes .venv and installs requirements.lock (every file checked by its hash); later starts take seconds.

    python3 run.py doctor                              what works on this machine, what is missing, and the cure
    python3 run.py serve, judge, grade, ...            any other command of labkit
    python3 run.py lock                                developers: make requirements.lock from pyproject.toml (needs uv)
"""
# Written so that an old Python can read it as well, and say what is wrong.

from __future__ import print_function

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.abspath(__file__))
WHOLE_SUITE = ["-n", "logical", "--maxprocesses", "4", "--dist", "loadfile"]


def check_python(version):
    """What is wrong with this Python, or None. A newer one than we tried may work."""
    here = "%d.%d" % version[:2]
    if version[:2] < (3, 11):
        found = [name for name in ("python3.13", "python3.12", "python3.11") if runs(name)]
        cure = "start '%s run.py ...'" % found[0] if found else "install one from https://www.python.org/downloads/"
        return "this is Python %s, and the lab needs 3.11, 3.12 or 3.13: %s." % (here, cure)
    if version[:2] > (3, 13):
        say("Python %s is newer than those the lab was tried with (3.11 to 3.13); trying." % here)
    return None


def runs(name):
    try:
        return subprocess.call([name, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except (OSError, AttributeError):
        return False


def say(text):
    print("run.py: " + text, file=sys.stderr)
    sys.stderr.flush()


def command_line(python, words):
    """What the word after run.py means, as a command of the environment's Python."""
    if words[0] == "test":
        return [python, "-m", "pytest"] + (words[1:] or WHOLE_SUITE)
    return [python, "-m", "labkit"] + words


def hand_over(line, variables):
    """Become the command, so that its exit status and the signals are its own; returns the status on Windows."""
    if os.name != "nt":
        os.execve(line[0], line, variables)
    child = subprocess.Popen(line, env=variables)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # it reached the child too, which decides
            continue


def start(words):
    """Make the environment ready, then run the command in it."""
    from pathlib import Path

    from labkit.setup.environment import Environment
    from labkit.setup.installers import SetupError, variables

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    environment = Environment(Path(ROOT))
    try:
        environment.ensure("test" if words[0] == "test" else "lab")
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say("%s. Is there space on the disk, and may you write here?" % error)
        return 1
    except KeyboardInterrupt:
        say("stopped; nothing half made is used. The next start begins where it must.")
        return 130
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if words[0] == "test":
        os.chdir(ROOT)
    return hand_over(command_line(str(environment.python), words), variables())


def compile_lock(extra):
    """What uv resolves pyproject.toml to, for every system and Python: a list of requirements, each with its hashes."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("run.py: renewing the lock needs uv: pip install uv")
    line = [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    line += ["--no-annotate", "--quiet", os.path.join(ROOT, "pyproject.toml")] + extra
    text = subprocess.check_output(line, cwd=ROOT).decode()
    return re.split(r"\n(?! )", text.rstrip())  # a requirement's hashes stand indented below it


def lock():
    """Write requirements.lock: first what the lab needs, then what only tests need, both from one resolution."""
    from labkit.setup.environment import TESTS_FROM

    everything = compile_lock(["--extra", "test"])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "everything.txt")
        with open(path, "w") as file:
            file.write("\n".join(everything))
        lab = {block.split("==")[0] for block in compile_lock(["--constraint", path])}
    parts = [[block for block in everything if (block.split("==")[0] in lab) == first] for first in (True, False)]
    with open(os.path.join(ROOT, "requirements.lock"), "w") as file:
        file.write("# Made by 'python3 run.py lock' from pyproject.toml; do not edit.\n")
        file.write("\n".join(parts[0]) + "\n" + TESTS_FROM + "\n".join(parts[1]) + "\n")
    return 0


def main(words):
    if not words or words[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    problem = check_python(tuple(sys.version_info))
    if problem:
        say(problem)
        return 1
    return lock() if words[0] == "lock" else start(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
