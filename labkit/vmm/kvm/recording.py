"""Runs on the real /dev/kvm, kept for machines that have none: recorded.json, made by

    python -m labkit.vmm.kvm.recording          # on a machine with /dev/kvm; writes the file anew

A recording is found by the program's bytes: a program that differs in one byte was not recorded.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from pathlib import Path

from labkit.vmm.cpu import Exit
from labkit.vmm.kvm import device, lessons
from labkit.vmm.kvm.runs import DEVICES, Run, line, play
from labkit.world.errors import LabError

FILE = Path(__file__).with_name("recorded.json")
FIELDS = ("reason", "direction", "port", "address", "size", "data", "message")


def key(program) -> str:
    """What a program is found by: its bytes and where they stand."""
    return hashlib.sha256(program.at.to_bytes(4, "little") + program.code).hexdigest()[:16]


@cache
def recorded() -> dict:
    """The file's content."""
    return json.loads(FILE.read_text("utf-8"))


def replay(program, bus, why: device.State) -> Run:
    """The recorded run of this program; `bus` sees the exits as it would see real ones.

    Raises LabError if there is no recording, or if a device answers otherwise than when it was made.
    """
    entry = recorded()["runs"].get(key(program))
    if entry is None:
        raise LabError(
            f"{why.detail}, and no run of these {len(program.code)} bytes was recorded",
            next_step=f"run them on Cpu(); to have KVM: {why.cure}",
        )
    exits = tuple(Exit(ip=None, **{name: each.get(name) for name in FIELDS}) for each in entry["exits"])
    answers = tuple(each.get("answer") for each in entry["exits"])
    for exit, answer in zip(exits, answers, strict=True):
        if exit.reason in DEVICES and bus.answer(exit) != answer:
            raise LabError(
                f"when this run was recorded, the device answered otherwise to: {line(exit, answer)}",
                next_step="give the device the input of the lesson, or run the program on Cpu()",
            )
    return Run(
        exits, answers, entry["registers"], entry["ram_digest"], entry["seconds"], "recorded", recorded()["where"]
    )


def written(run: Run) -> dict:
    """A run as JSON keeps it."""
    exits = []
    for exit, answer in zip(run.exits, run.answers, strict=True):
        fields = {name: getattr(exit, name) for name in FIELDS} | {"answer": answer}
        exits.append({name: value for name, value in fields.items() if value is not None})
    return {
        "exits": exits,
        "registers": run.registers,
        "ram_digest": run.ram_digest,
        "seconds": round(run.seconds, 6),
    }


def where() -> str:
    """The machine in words."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    name = next((each.partition(":")[2].strip() for each in lines if each.startswith("model name")), "")
    return f"{name}, Linux {platform.release().split('-')[0]}, {device.backend()}"


def record() -> dict:
    """Run every lesson on /dev/kvm and measure the overhead."""
    from labkit.vmm.kvm.machine import KvmMachine
    from labkit.vmm.kvm.overhead import Overhead

    runs = {}
    for program, bus in lessons.every():
        with KvmMachine() as machine:
            ran = play(machine, program, bus)
            if ran.exits[-1].reason != "hlt":
                raise LabError(f"a lesson did not come to its end: {ran}", next_step="leave it out in lessons.py")
            runs[key(program)] = written(ran)
    return {"where": where(), "python": platform.python_version(), "runs": runs, "overhead": Overhead.measured().kept()}


def main() -> int:
    """Write recorded.json; returns 1 where there is no KVM."""
    found = device.state()
    if not found.usable:
        print(f"{found.detail}: {found.cure}", file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(record(), indent=1) + "\n", "utf-8", newline="\n")
    print(f"{FILE.name}: {len(recorded()['runs'])} runs, {found.detail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
