"""How long notebook 05 runs without anybody watching: python tests/benchmarks/notebook.py

Runs it in a fresh kernel three times and prints each; the target is 20 s for the best. Exit status 1 when it is missed.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "05_keystone.ipynb"
RUNS = 3
TARGET_S = 20.0


def run_s() -> float:
    """Seconds from the start of the kernel to the end of the last cell."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": folder}}).execute()
        return time.perf_counter() - start


def main() -> int:
    took = [run_s() for _ in range(RUNS)]
    print(f"{NOTEBOOK.name}: " + ", ".join(f"{each:.1f} s" for each in took) + f" (target {TARGET_S:.0f} s)")
    return 0 if min(took) < TARGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
