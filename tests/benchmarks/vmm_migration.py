"""What it costs to reckon a live migration, in one run: a guest of 4 TiB beside one of 4 GiB, and beside a loop over
its pages.

    python tests/benchmarks/vmm_migration.py

The goal: a guest of 4 TiB in less than 100 ms. By volumes its size does not matter; a loop that looks at each of its
2^30 pages once per round would (measured over a 1024th of them).
"""

import time

from labkit.vmm.migration import Load, precopy, together

TIB = 2**20


def pages(count):
    """One look at each page of a bitmap, as a simulation by pages would have to do in every round."""
    dirty = bytearray(b"\1") * count
    return sum(dirty)


CONTESTANTS = {
    "4 GiB, converges": lambda: precopy(Load(4096, 1100), 1200, "qemu"),
    "4 TiB, converges": lambda: precopy(Load(4 * TIB, 1100), 1200, "qemu"),
    "4 TiB, λ = 0.9999": lambda: precopy(Load(4 * TIB, 1199.9), 1200, "qemu"),
    "4 TiB, Nova, 800 s/GiB": lambda: precopy(Load(4 * TIB, 1500), 1200, "nova"),
    "4 TiB, post-copy": lambda: precopy(Load(4 * TIB, 1500), 1200, "qemu post-copy"),
    "8 × 4 TiB at once": lambda: together([Load(4 * TIB, 100)] * 8, 1200, "textbook"),
    "2^20 pages, one round": lambda: pages(2**20),
}


def measure(rounds=5):
    """{contestant: seconds}, the best of some rounds; they take turns, so that all see the same machine."""
    best = dict.fromkeys(CONTESTANTS, float("inf"))
    for _ in range(rounds):
        for name, play in CONTESTANTS.items():
            begin = time.perf_counter()
            play()
            best[name] = min(best[name], time.perf_counter() - begin)
    return best


def report(best):
    """The table as text; the last line is what a loop over all pages of 4 TiB would take per round."""
    least = best["4 GiB, converges"]
    lines = [f"{'':26}{'ms':>10}{'/ 4 GiB':>10}"]
    lines += [f"{name:26}{seconds * 1e3:10.3f}{seconds / least:10.1f}" for name, seconds in best.items()]
    return "\n".join([*lines, f"{'2^30 pages would take':26}{best['2^20 pages, one round'] * 1024 * 1e3:10.0f}"])


if __name__ == "__main__":
    print(report(measure()))
