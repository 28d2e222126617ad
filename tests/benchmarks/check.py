"""What a check costs: each task's reference, judged over all its scenarios: python tests/benchmarks/check.py

Prints processor time of the first check in a process (what the task plays once is not yet there) and of the best of
the following ones, and beside them the same judging without counted steps: what the budget costs. The target is less
than a second for forty scenarios, so the last column says how many such checks fit into one.
"""

import sys
import time
from unittest import mock

from labkit.lab import tasks
from labkit.lab.judging import judge_task
from labkit.lab.steps import Steps

ROUNDS = 10


def took_s(task, rounds: int = 1) -> float:
    """Processor seconds of one check, the best of some."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        report = judge_task(task, task.reference)
        best = min(best, time.process_time() - begin)
        assert report.passed
    return best


def main() -> None:
    found = tasks.all()
    print(f"{'':8}{'scenarios':>10}{'first ms':>10}{'next ms':>10}{'uncounted':>11}{'ratio':>7}{'forty in 1 s':>14}")
    for task in found:
        scenarios = len(task.scenarios(task.visible_seed))
        first, after = took_s(task), took_s(task, ROUNDS)
        with mock.patch.object(Steps, "_trace", None):
            bare = took_s(task, ROUNDS)
        fits = 1 / (first * 40 / scenarios)
        print(
            f"{task.id:8}{scenarios:10}{first * 1000:10.1f}{after * 1000:10.1f}{bare * 1000:11.1f}"
            f"{after / bare:7.2f}{fits:14.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
