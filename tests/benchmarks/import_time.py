"""How long `import labkit` takes, beside a Python that imports nothing: python tests/benchmarks/import_time.py

Prints the median of 20 fresh Pythons each; the target is a difference below 100 ms. Exit status 1 when it is missed.
"""

import statistics
import subprocess
import sys
import time

RUNS = 20
TARGET_MS = 100.0


def median_ms(statement: str) -> float:
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


def main() -> int:
    nothing = median_ms("pass")
    for name in ("labkit", "labkit.cli", "labkit.world", "labkit.openstack.keystone"):
        above = median_ms(f"import {name}") - nothing
        print(f"import {name:<28}{above:8.1f} ms above a bare Python ({nothing:.1f} ms)")
    return 0 if median_ms("import labkit") - nothing < TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
