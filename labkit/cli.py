"""The command `labkit`: one word per room, and the work is done in the room.

    labkit <command> [options]      labkit <command> --help

A command's module is imported only when the command is called, so `labkit --version` costs no more than Python itself.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from importlib import import_module

from labkit import __version__

# command: (module, function, what it does); the function takes the rest of the line and returns the exit status.
COMMANDS = {
    "lab": ("labkit.setup.jupyter", "main", "open JupyterLab on the first notebook"),
    "doctor": ("labkit.setup.doctor", "main", "say what works on this machine, what is missing, and the cure"),
    "serve": ("labkit.serve", "main", "serve an emulated platform to real clients on 127.0.0.1"),
    "replay": ("labkit.replaying.command", "main", "play recordings of a real system against the emulator"),
    "tasks": ("labkit.lab.listing", "main", "list every graded task"),
    "judge": ("labkit.lab.handed_in", "main", "judge one artefact from a Python or JSON file"),
    "release": ("labkit.grading.release", "main", "derive the exercises from the solutions"),
    "grade": ("labkit.grading.grade", "main", "grade a folder of submissions"),
}


def parser() -> argparse.ArgumentParser:
    """The first word only: what follows it belongs to the command, `--help` too."""
    words = "\n".join(f"  {name:<9}{what}" for name, (_, _, what) in COMMANDS.items())
    top = argparse.ArgumentParser(
        prog="labkit",
        description="A small world in which a cloud's systems live.",
        usage="labkit [--version] <command> …",
        epilog=f"commands:\n{words}\n\n'labkit <command> --help' explains one of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"labkit {__version__}")
    top.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    return top


def unknown(command: str) -> str:
    """What to say to a word that is no command."""
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f"Did you mean 'labkit {near[0]}'?" if near else f"There are: {', '.join(COMMANDS)}."
    return f"labkit: there is no command '{command}'. {hint} See 'labkit --help'."


def explained(error: Exception) -> bool:
    """Does labkit itself explain this error? Asked without importing the world: `doctor` runs without SimPy too."""
    errors = sys.modules.get("labkit.world.errors")
    return errors is not None and isinstance(error, errors.LabError)


def run(command: str, rest: list[str]) -> int:
    """Import the command's module and hand it the rest of the line. An error that explains itself has no traceback."""
    module, function, _ = COMMANDS[command]
    try:
        return getattr(import_module(module), function)(rest) or 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not explained(error):
            raise
        print(f"labkit {command}: {error}", file=sys.stderr)
        return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 done, 1 the command says why not, 2 the command line is wrong, 130 Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = parser().parse_args(words[:1]).command
    if command is None:
        parser().print_help()
        return 0
    if command not in COMMANDS:
        print(unknown(command), file=sys.stderr)
        return 2
    return run(command, words[1:])
