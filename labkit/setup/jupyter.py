"""`labkit lab`: JupyterLab of this environment, opened on the first notebook.

Nothing of the user's own Jupyter is asked or changed: the kernel is this environment's Python, no terminal is offered, and no
news, update or extension is looked for on the network, so the lab works without one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FIRST = "notebooks/00_start_here.ipynb"


def project_folder() -> Path:
    """The folder with the notebooks: the clone labkit is installed from, else (installed from a wheel) where we stand."""
    clone = Path(__file__).resolve().parents[2]
    return clone if (clone / "notebooks").is_dir() else Path.cwd()


def command(arguments: list[str], folder: Path) -> list[str]:
    """The command line of JupyterLab. The user's arguments come last, so they win; with a notebook among them, ours is not opened."""
    named = any(word.endswith(".ipynb") and not word.startswith("-") for word in arguments)
    first = [FIRST] if (folder / FIRST).exists() and not named else []
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        *first,
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.terminals_enabled=False",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        *arguments,
    ]


def environment() -> dict[str, str]:
    """This environment's kernels before the user's own, and no user-installed packages between ours."""
    return {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONNOUSERSITE": "1"}


def main(arguments: list[str]) -> int:
    """Hand over to JupyterLab (`labkit lab --help` is its help); returns its exit status."""
    folder = project_folder()
    line = command(arguments, folder)
    if os.name == "nt":  # Windows has no exec: wait, and let Ctrl-C go to JupyterLab alone
        return wait(line)
    os.chdir(folder)
    os.execve(sys.executable, line, environment())


def wait(line: list[str]) -> int:
    """Run the command to its end; Ctrl-C reaches it too (same console), so it may ask before it stops."""
    with subprocess.Popen(line, env=environment(), cwd=project_folder()) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue
