"""`labkit lab`: JupyterLab of this environment, opened on the first notebook.

Nothing of the user's own Jupyter is needed or changed: the kernel is this environment's Python, no terminal is offered,
and no news, update or extension is looked for on the network, so the lab works without one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FIRST = "notebooks/00_start_here.ipynb"


def project_folder() -> Path:
    """The folder with the notebooks: the clone labkit is installed from, or (installed from a wheel) where we stand."""
    clone = Path(__file__).resolve().parents[2]
    return clone if (clone / "notebooks").is_dir() else Path.cwd()


def command(arguments: list[str], folder: Path) -> list[str]:
    """The command line of JupyterLab. The user's arguments come last, so they win."""
    first = f"/tree/{FIRST}" if (folder / FIRST).exists() else ""
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab{first}",
        "--ServerApp.terminals_enabled=False",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        *as_root(),
        *arguments,
    ]


def as_root() -> list[str]:
    """Jupyter wants to be told that root means it; in a container one often is. It listens on this machine only."""
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def variables() -> dict[str, str]:
    """This environment's kernels before the user's own, and no package of the user's between ours."""
    return {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONNOUSERSITE": "1"}


def main(arguments: list[str]) -> int:
    """Hand over to JupyterLab (`labkit lab --help` is its help); returns its exit status."""
    folder = project_folder()
    line = command(arguments, folder)
    if os.name != "nt":
        os.chdir(folder)
        os.execve(sys.executable, line, variables())
    with subprocess.Popen(line, env=variables(), cwd=folder) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:  # it reached JupyterLab too, which asks before it stops
                continue
