"""What was written in the VIM's subsystems, and where it lies: in the VIM's database, not in its process.

    policies      quotas, reservations, images, places, groups, roles, permissions
    placement     the rules (affinity and anti-affinity)
    templates     which there are, who is linked to them, who waits for a linked copy
    monitoring    the alarms
    replication   how many instances of what

Such a subsystem has two methods:

    written()      plain data that json takes, empty if nothing was written
    recall(data)   from now on it knows only this; None: nothing

and tells the VIM when that changed: vim.keep(kind). It lies in the database before the caller is answered. What a
subsystem was given when it was made (ratios, thresholds, periods) is its configuration: it comes back with the process.

What the real one does differently: vCenter keeps rules, roles, alarms and templates as rows of its PostgreSQL, Nova its
quotas in tables of their own; one JSON document per subsystem is enough for what people write by hand.
"""

import json
from functools import wraps

from labkit.world import action


def writing(method):
    """An action that writes something: nobody takes it while the VIM's process is down (Unanswered)."""

    @wraps(method)
    def write(self, *args, **kwargs):
        if self.vim is not None:
            self.vim.require()
        return method(self, *args, **kwargs)

    return action(write)


def keep(vim, kind):
    """Write what this subsystem has to keep."""
    vim.database.keep(kind, _text(vim, kind))


def late(vim):
    """[(kind, JSON), …] of what waited for the pass."""
    kinds, vim.unkept = vim.unkept, {}
    return [(kind, _text(vim, kind)) for kind in kinds]


def _text(vim, kind):
    return json.dumps(vim._parts[kind].written(), sort_keys=True)


def forget(vim):
    """The process has ended, and with it what its subsystems knew."""
    vim.unkept = {}
    for part in _keepers(vim):
        part.recall(None)


def recall(vim):
    """The process is back: its subsystems know what the database says."""
    kept = vim.database.parts()
    for kind in list(vim._parts):
        if kind in kept:
            vim._parts[kind].recall(json.loads(kept[kind]))


def _keepers(vim):
    return [part for part in vim._parts.values() if hasattr(part, "recall")]
