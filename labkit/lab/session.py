"""Who sits at the notebook: a student, or nobody (nbval, nbclient, nbconvert, a test).

Nobody can answer when there is no kernel, or when the request being executed says `allow_stdin: false`, as all
headless clients do; JupyterLab says true, and a click arrives as a message without that field. Headless runs keep
their progress in memory.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from labkit.lab.journal import Journal

handed_in: dict[str, Any] = {}
"""The artefact of the latest check per task, for `replay`."""

_journals: dict[str, Journal] = {}


def shell():
    """The IPython shell we run in, or None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def headless() -> bool:
    """True when nobody can answer. A kernel that does not tell counts as a student, and so does a prompt in a terminal:
    none slips into a headless run by accident."""
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return not at_terminal()
    try:
        request = kernel.get_parent()
    except Exception:  # a kernel that is not ipykernel: we only know that somebody started it
        return False
    return (request or {}).get("content", {}).get("allow_stdin") is False


def at_terminal() -> bool:
    """Does somebody type at a Python or IPython prompt, without a kernel?"""
    return getattr(shell(), "kernel", None) is None and hasattr(sys, "ps1") and sys.stdin.isatty()


def journal() -> Journal:
    """The student's journal, or one in memory for a headless run."""
    place = ":memory:" if headless() else str(home() / "progress.db")
    if place not in _journals:
        _journals[place] = Journal(place)
    return _journals[place]


def home() -> Path:
    """Where progress lies: $LABKIT_HOME, else `.labkit` in the project folder above, else the user's data folder."""
    if told := os.environ.get("LABKIT_HOME"):
        return Path(told)
    if found := project():
        return found / ".labkit"
    return _data_folder() / "labkit"


def project() -> Path | None:
    """The folder above that has a `.labkit`, or that holds `notebooks` and `labkit`; None outside a project."""
    above = [Path.cwd(), *Path.cwd().parents]
    for folder in above:
        if folder != Path.home() and (folder / ".labkit").is_dir():
            return folder
    return next((f for f in above if (f / "notebooks").is_dir() and (f / "labkit" / "__init__.py").is_file()), None)


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
