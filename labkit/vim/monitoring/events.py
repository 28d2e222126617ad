"""Events: what happened, with vSphere's name where there is one, the newest last, bounded.

The names are those of the vSphere API (documentation only: 'vSphere Web Services API', data objects that extend Event).
What has no counterpart there keeps our words.
"""

from collections import deque
from itertools import islice

from labkit.world.draw import escape

MOST = 10_000
NAMES = {  # how our sentences begin (after 'web: ' of a VM), and what vCenter calls it
    "host is connected": "HostConnectedEvent",
    "host is silent": "HostConnectionLostEvent",
    "host is fenced": "HostShutdownEvent",
    "maintenance: entering": "EnteringMaintenanceModeEvent",
    "maintenance: in": "EnteredMaintenanceModeEvent",
    "maintenance: left": "ExitMaintenanceModeEvent",
    "created": "VmCreatedEvent",
    "running": "VmPoweredOnEvent",
    "off": "VmPoweredOffEvent",
    "crashed": "VmGuestOSCrashedEvent",
    "paused": "VmSuspendedEvent",
    "resumed": "VmResumingEvent",
    "absent": "VmRemovedEvent",
    "migrating": "VmBeingMigratedEvent",
    "migrated": "VmMigratedEvent",
    "restarted": "VmRestartedOnAlternateHostEvent",
    "no valid host": "NotEnoughResourcesToStartVmEvent",
    "verdict: dead": "DasHostFailedEvent",
    "verdict: isolated": "DasHostIsolatedEvent",
}


def name_of(what):
    """vSphere's name of one of our sentences ('web: running'), or ''."""
    words = what.rpartition(": ")[2] if what not in NAMES else what
    return NAMES.get(what) or NAMES.get(words) or next(
        (name for begin, name in NAMES.items() if words.startswith(begin)), ""
    )  # fmt: skip


class Events:
    """The last MOST events as tuples (at_s, name, entity, what, detail); iterate, len(), where(entity=, name=)."""

    def __init__(self):
        self.rows = deque(maxlen=MOST)

    def add(self, at_s, what, entity, detail=None, name=None):
        """Note one; its name is looked up when somebody asks."""
        self.rows.append((at_s, name, entity, what, detail))

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        for at_s, name, entity, what, detail in self.rows:
            yield at_s, name if name is not None else name_of(what), entity, what, detail

    def where(self, entity=None, name=None):
        """Those of an entity, or of a name."""
        return [row for row in self if entity in (None, row[2]) and name in (None, row[1])]

    def latest(self, most=20):
        """The newest, newest first."""
        return [(at_s, name if name is not None else name_of(what), entity, what)
                for at_s, name, entity, what, _ in islice(reversed(self.rows), most)]  # fmt: skip

    def __repr__(self):
        lines = [
            f"{at_s:9.1f} s  {name or '–':34} {entity or '':12} {what}" for at_s, name, entity, what in self.latest()
        ]
        return "\n".join(lines) or "nothing has happened yet"

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{word}</th>' for word in ("at (s)", "event", "of", "what"))
        cells = [(f"{at_s:.1f}", name or "–", entity or "", what) for at_s, name, entity, what in self.latest()]
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
        return f"<table><caption>Newest first</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
