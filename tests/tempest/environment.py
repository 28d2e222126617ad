"""A virtual environment of its own for software that must not mix with ours; made once, kept in the user's cache
folder."""

import os
import subprocess
import sys
from pathlib import Path


def cache_folder():
    """Where this platform keeps what can be made again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "labkit"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/labkit"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "labkit"


def environment(name, packages, variable):
    """The folder of programs of an environment with these packages. An environment variable can name one that exists
    already."""
    given = os.environ.get(variable)
    folder = Path(given) if given else cache_folder() / name
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    complete = folder / "complete"
    if not given and not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(programs / "python"), "-m", "pip", "install", "-q", *packages], check=True)
        complete.write_text(" ".join(packages))
    return programs
