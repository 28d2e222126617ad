"""How ready the second machine is: what happens between 'it is my turn' and 'I serve'.

    cold   switched off: boot_s, then the service is up                                       90 s
    warm   it runs, its data lie there but are behind: catch_up_s, then promote_s             15 s + 5 s
    hot    it runs and is up to date: promote_s                                               5 s

The cheaper the wait, the longer the outage. (These seconds are defaults of this lab, chosen, not measured: put in those
of your own machines.)
"""

from labkit.world.errors import LabError, number

KINDS = ("cold", "warm", "hot")


class Standby:
    """The steps of one kind of standby, with their durations in seconds."""

    def __init__(self, kind, boot_s=90.0, catch_up_s=15.0, promote_s=5.0):
        if kind not in KINDS:
            raise LabError(f"there is no standby {kind!r}", code=400, next_step=f"one of {', '.join(KINDS)}")
        for value, what in ((boot_s, "boot_s"), (catch_up_s, "catch_up_s"), (promote_s, "promote_s")):
            number(value, what)
        self.kind = kind
        self.steps = {
            "cold": (("boot", boot_s),),
            "warm": (("catch up", catch_up_s), ("promote", promote_s)),
            "hot": (("promote", promote_s),),
        }[kind]

    @property
    def ready_s(self):
        """All steps together."""
        return sum(seconds for _, seconds in self.steps)
