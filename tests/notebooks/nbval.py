"""nbval on one notebook, as somebody types it: in a pytest of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def nbval(mode: str, notebook: Path, *options: str) -> subprocess.CompletedProcess:
    """`pytest MODE NOTEBOOK`; mode is --nbval or --nbval-lax."""
    outer = ("PYTEST_XDIST", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    line += [mode, str(notebook.relative_to(ROOT))]
    return subprocess.run(line, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)
