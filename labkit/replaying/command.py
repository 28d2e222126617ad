"""`labkit replay FILE…`: does the emulator answer as the real system did?

    $ labkit replay recorded/keystone/trusts.json
    trusts.json: 14 of 15 facts equal
      consume (exchange 5): status – recorded 201, ours 401

A file is played on a fresh emulator of its own. Exit status: 0 all facts equal, 1 some are not, 2 a file cannot be
read or played.
"""

import argparse
import sys
from pathlib import Path

from labkit.replaying.formats import Unplayable, player, read


def arguments(args):
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="labkit replay", description="Play recordings of a real system against the emulator."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a recording (formats: recorded/README.md)")
    parser.add_argument(
        "--verbose", action="store_true", help="also list the steps that were assumed where a recording has gaps"
    )
    return parser.parse_args(args)


def main(args):
    """Play each file and say what is equal. Returns the exit status."""
    asked = arguments(args)
    return max(replay(path, asked.verbose) for path in asked.files)


def replay(path, verbose=False):
    """Play one file; prints its line, its differences, and with `verbose` what was assumed. Returns the exit status."""
    try:
        outcome = player(path, read(path))()
    except Unplayable as problem:
        print(f"labkit replay: {path}: {problem}", file=sys.stderr)
        return 2
    assumed = f" ({len(outcome.assumed)} steps assumed in the gaps)" if outcome.assumed else ""
    print(f"{path.name}: {outcome.equal} of {outcome.facts} facts equal{assumed}")
    for difference in outcome.differences:
        print(f"  {difference}")
    for step in outcome.assumed if verbose else ():
        print(f"  assumed {step}")
    return 0 if outcome.equal == outcome.facts else 1
