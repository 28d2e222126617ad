"""Every command in README.md is run. What would run for hours, or start this suite again, is run in a shorter form.

All others are run as they stand, in a copy of what the clone holds for its users.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line]
INLINE = re.findall(r"`(python3 run\.py [^`]+)`", README)
SERVERS = [line for line in COMMANDS if line.split()[2] in ("lab", "serve")]
SHORTER = {
    "python3 run.py test": ["test", "--collect-only", "-q", "tests/docs"],
    "python3 run.py test tests/world -q": ["test", "--collect-only", "-q", "tests/world"],
}


def words(command: str) -> list[str]:
    """The command after 'python3 run.py', as run.py hands it to the environment's Python."""
    program, script, *rest = shlex.split(command)
    assert (program, script) == ("python3", "run.py"), f"README shows a command this test does not know: {command}"
    return SHORTER.get(command, rest)


def line(arguments: list[str]) -> list[str]:
    """This environment is the one run.py makes: call what it would call."""
    if arguments[0] == "lock":
        return [sys.executable, str(ROOT / "run.py"), "lock"]
    module = ["-m", "pytest"] if arguments[0] == "test" else ["-m", "labkit"]
    return [sys.executable, *module, *(arguments[1:] if arguments[0] == "test" else arguments)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a user has beside labkit: notebooks, an answer, two submissions."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("notebooks", "exercises", "solutions", "tests/docs", "tests/world", "tests/recorded"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    (folder / "my_answer.py").write_text("def middleware(request, keystone, cache, now):\n    return 200, None\n")
    for student, source in {"anna": "exercises", "ben": "solutions"}.items():
        (folder / "submissions" / student).mkdir(parents=True)
        for notebook in (folder / source).glob("*.ipynb"):
            shutil.copy(notebook, folder / "submissions" / student)
    return folder


def without_uv() -> dict[str, str]:
    """The lock is not renewed in a test: run.py says that it needs uv."""
    return {**os.environ, "PATH": os.defpath if not shutil.which("uv", path=os.defpath) else ""}


@pytest.mark.parametrize("command", [command for command in COMMANDS + INLINE if command not in SERVERS])
def test_command_does_what_readme_says(command, clone):
    arguments = words(command)
    ended = subprocess.run(line(arguments), cwd=clone, env=without_uv(), capture_output=True, text=True, timeout=120)
    said = ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr, said
    if arguments[0] == "judge":  # README's own answer is wrong on purpose: exit status 1, with the counterexample
        assert ended.returncode == 1, said
    elif arguments[0] == "lock":
        assert "pip install uv" in said
    elif "--nbval-lax" in arguments:  # an unsolved exercise: some cells fail, and nbval says which
        assert ended.returncode == 1 and re.search(r"\d+ failed", said), said
    else:
        assert ended.returncode == 0, said
    if arguments[0] == "grade":
        assert (clone / "grades.csv").read_text().count("\n") > 2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(url: str, server: subprocess.Popen, seconds: float = 60.0) -> bool:
    """Does anything answer over HTTP before the time is over?"""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


@pytest.mark.parametrize("command", SERVERS)
def test_server_answers_and_ends(command, clone):
    port = str(free_port())
    arguments = words(command)
    if "--port" in arguments:
        arguments[arguments.index("--port") + 1] = port
    else:
        arguments += ["--no-browser", "--port", port]
    with (clone / "server.log").open("w") as log:
        server = subprocess.Popen(line(arguments), cwd=clone, stdout=log, stderr=log)
    try:
        assert answers(f"http://127.0.0.1:{port}/", server), (clone / "server.log").read_text()
    finally:
        server.terminate()
        assert server.wait(timeout=30) in (0, -15, 143), (clone / "server.log").read_text()


def test_files_and_pictures_named_in_readme_exist():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    folders = re.findall(r"`((?:labkit|notebooks|exercises|solutions|tests)/[\w/.-]*)`", README)
    files = re.findall(r"`(run\.py|environment\.yml|requirements\.lock|pyproject\.toml|\.ci/run)`", README)
    named = pictures + folders + files
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_picture_is_what_labkit_draws_today():
    script = ROOT / "tests" / "docs" / "picture.py"
    drawn = subprocess.check_output([sys.executable, script], text=True, encoding="utf-8")
    kept = (ROOT / "tests" / "docs" / "picture.svg").read_text(encoding="utf-8")
    assert drawn == kept, "draw it again: python tests/docs/picture.py > tests/docs/picture.svg"


def test_what_readme_promises_about_python_is_what_the_package_says():
    supported = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert f"Python {', '.join(supported[:-1])} or {supported[-1]}" in README
