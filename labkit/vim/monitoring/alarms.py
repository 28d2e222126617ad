"""Alarms with hysteresis: one threshold to wake somebody, another to let him sleep, and a time for both.

            above 90 for 300 s             below 75 for 300 s
    green ─────────────────────▶ red ─────────────────────────▶ green
                                  └─ acknowledged: still red, but somebody is at it

With a single threshold, a load that swings around it wakes somebody every minute. Between the two thresholds an alarm
stays as it is. A host that is silent is grey: neither 'all is well' nor 'it burns'.

vCenter's alarms work so (documentation only: 'vSphere Monitoring and Performance', 'Set Alarm Triggers': condition and
duration per colour; its built-in 'Host CPU usage' is yellow above 75 % and red above 90 % for 5 min). In vCenter the
way back is the same threshold with a tolerance range; ours is a second threshold.
"""

from dataclasses import dataclass

from labkit.vim.monitoring.metrics import METRICS, known
from labkit.world.errors import LabError, number, words

SEVERITIES = ("yellow", "red")


@dataclass(frozen=True)
class Alarm:
    """When to wake somebody: `metric` above `above` for `for_s`; it ends below `below` after `clear_s`.

    of   'host' or 'vm' (a VM must be watched)
    Raises LabError (400) if it could never end or never begin.
    """

    name: str
    metric: str
    above: float
    for_s: float = 300.0
    below: float | None = None
    clear_s: float = 300.0
    severity: str = "red"
    of: str = "host"

    def __post_init__(self):
        words(self.name, "an alarm's name")
        known(self.metric)
        number(self.above, "above")
        number(self.for_s, "for_s")
        number(self.clear_s, "clear_s")
        if self.below is None:
            object.__setattr__(self, "below", self.above)
        number(self.below, "below")
        if self.below > self.above:
            why = f"{self.name!r} would begin above {self.above:g} and end below {self.below:g}: between, it is both"
            raise LabError(why, 400, True, "give a 'below' that is not larger than 'above'")
        if words(self.severity, "severity") not in SEVERITIES or words(self.of, "of") not in ("host", "vm"):
            raise LabError("an alarm is 'yellow' or 'red', of 'host' or 'vm'", 400, True)

    def __str__(self):
        unit = METRICS[self.metric]
        return (
            f"{self.name}: {self.metric} above {self.above:g} {unit} for {self.for_s:g} s, "
            f"until below {self.below:g} {unit} for {self.clear_s:g} s"
        )


class Hysteresis:
    """One alarm on one target. `state` 'green' or its severity; `since_s` of the state; `acknowledged` by whom.

    hear(value, now_s) returns the new state when it has changed, else None.
    """

    __slots__ = ("alarm", "target", "state", "since_s", "streak_s", "acknowledged", "value")

    def __init__(self, alarm, target):
        self.alarm, self.target, self.state, self.since_s = alarm, target, "green", 0.0
        self.streak_s = self.acknowledged = self.value = None

    @property
    def quiet(self):
        """True if there is nothing to remember."""
        return self.state == "green" and self.streak_s is None

    def hear(self, value, now_s):
        alarm, green = self.alarm, self.state == "green"
        self.value = value
        crossed = value > alarm.above if green else value < alarm.below
        if not crossed:
            self.streak_s = None
            return None
        if self.streak_s is None:
            self.streak_s = now_s
        if now_s - self.streak_s < (alarm.for_s if green else alarm.clear_s):
            return None
        self.state, self.since_s, self.streak_s = (alarm.severity if green else "green"), now_s, None
        if not green:
            self.acknowledged = None
        return self.state

    def interrupt(self):
        """Nothing is heard: how long a value has held is not known any more."""
        self.streak_s = None
