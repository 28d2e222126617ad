"""Which recording is this, and who plays it? A format is told by its keys, never by a file's name or folder."""

import json
from importlib import import_module

EXCHANGE = {"name", "request", "response", "norm"}
PLAYERS = {
    "keystone exchanges": "labkit.openstack.keystone_replay.player",
    "keystone policy matrix": "labkit.openstack.keystone_replay.matrix",
}


class Unplayable(Exception):
    """A file that cannot be read, is in no known format, or has no player yet."""


def read(path):
    """The JSON in a file. Raises Unplayable."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Unplayable(f"cannot be read ({problem.strerror})") from None
    except ValueError as problem:
        raise Unplayable(f"is no JSON ({problem})") from None


def kind(document):
    """The name of a recording's format. Raises Unplayable for an unknown one."""
    if (
        isinstance(document, list)
        and document
        and all(isinstance(each, dict) and set(each) >= EXCHANGE for each in document)
    ):
        return "keystone exchanges"
    keys = set(document) if isinstance(document, dict) else set()
    known = {
        "keystone policy matrix": {"personas", "matrix"},
        "corosync timeline": {"timeline", "stable"},
        "pmxcfs steps": {"steps"},
        "pve_ha scenario": {"cmdlist", "hardware_status"},
        "pve_e2e run": {"actions", "log", "status"},
    }
    for name, wanted in known.items():
        if keys >= wanted:
            return name
    raise Unplayable(
        "is in no format that is known; known are lists of {name, note, request, response, norm}, " + ", ".join(known)
    )


def player(path, document):
    """A function without arguments that plays the document and returns its Outcome. Raises Unplayable."""
    name = kind(document)
    if name not in PLAYERS:
        raise Unplayable(f"is a {name}: there is no player for this format yet")
    return lambda: import_module(PLAYERS[name]).play(document)
