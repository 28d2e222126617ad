"""A clone with the real run.py and set-up, but a lock of two small packages: it installs in seconds, with no network.

The lab's part is flit_core, repacked from this environment; the tests' part is a package of one line.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from labkit.setup.environment import TESTS_FROM

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("run.py", "pyproject.toml", "README.md", "LICENSE", "labkit/setup")
MODULES = ("__init__.py", "lazy.py", "__main__.py", "cli.py")
TINY = {
    "tiny.py": "answer = 42\n",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def write_wheel(path: Path, files: dict[str, bytes]) -> None:
    """A wheel is a zip with a record of its files; the same files give the same bytes, so the lock stays true."""
    info = next(name.split("/")[0] for name in files if name.endswith("/METADATA"))
    with zipfile.ZipFile(path, "w") as wheel:
        record = ""
        for name, data in files.items():
            wheel.writestr(zipfile.ZipInfo(name), data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(data)}\n"
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD"), record + f"{info}/RECORD,,\n")


def flit_core_files() -> dict[str, bytes]:
    made_here = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    listed = metadata.distribution("flit_core").files
    kept = [file for file in listed if file.name not in made_here and file.suffix != ".pyc"]
    return {file.as_posix(): file.read_binary() for file in kept}


def requirement(name: str, version: str, wheel: Path) -> str:
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


class TinyProject:
    """The clone in `folder`; `run` starts its run.py as a user would."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.wheels = wheels
        self.venv = folder / ".venv"

    @classmethod
    def make(cls, folder: Path, wheels: Path) -> TinyProject:
        for part in PARTS:
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        for module in MODULES:
            shutil.copy(ROOT / "labkit" / module, folder / "labkit")
        (folder / "notebooks").mkdir()
        project = cls(folder, wheels)
        project.lock()
        return project

    def lock(self) -> None:
        """Put the two wheels and their lock where run.py finds them."""
        self.wheels.mkdir(exist_ok=True)
        version = metadata.version("flit_core")
        flit, tiny = self.wheels / f"flit_core-{version}-py3-none-any.whl", self.wheels / "tiny-1.0-py3-none-any.whl"
        write_wheel(flit, flit_core_files())
        write_wheel(tiny, {name: text.encode() for name, text in TINY.items()})
        text = requirement("flit-core", version, flit) + TESTS_FROM + requirement("tiny", "1.0", tiny)
        (self.folder / "requirements.lock").write_text(text)

    def copy_to(self, folder: Path) -> TinyProject:
        shutil.copytree(self.folder, folder, symlinks=True)
        return TinyProject(folder, self.wheels)

    def start(self, *words: str, without: str | None = None, **variables: str) -> subprocess.Popen:
        """Start run.py; `without` names a module this Python shall not have."""
        hide = f"import runpy, sys; sys.modules[{without!r}] = None; runpy.run_path('run.py', run_name='__main__')"
        script = ["-c", hide] if without else ["run.py"]
        only = str(self.wheels)
        places = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": only, "UV_NO_INDEX": "1", "UV_FIND_LINKS": only}
        return subprocess.Popen(
            [sys.executable, *script, *words],
            cwd=self.folder,
            env={**os.environ, **places, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: str, **options) -> tuple[int, str, str]:
        """Start run.py and wait; returns (exit status, what it printed, what it said)."""
        child = self.start(*words, **options)
        printed, said = child.communicate(timeout=120)
        return child.returncode, printed, said

    def python(self, code: str) -> str:
        """What a line of code prints in the clone's environment, away from the clone."""
        inside = self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        return subprocess.check_output([inside, "-c", code], cwd=self.wheels, text=True).strip()
