"""A VM of a lean host: its size and its state, in as few bytes as will do."""

from functools import lru_cache

from labkit.vmm.domain import from_json


class LeanDomain:
    """What a lean host keeps of one VM.

    definition   sizes and promises, shared by all VMs of the same size (its name is not theirs); `live` is the one in
                 force since the VM's start
    state, reason, id, persistent, job, life    as in labkit.vmm.domain.Domain
    store        the datastore of its disk, or None
    mark         who it is, as a uuid is: two VMs of the same name that were defined separately differ in it
    demand_mhz, used_mib   what its guest wants now
    """

    __slots__ = ("name", "definition", "live", "state", "reason", "id", "persistent", "autostart", "job", "life",
                 "store", "mark", "demand_mhz", "used_mib")  # fmt: skip

    def __init__(self, name, definition, store, mark):
        self.name, self.definition, self.live, self.store, self.mark = name, definition, definition, store, mark
        self.state, self.reason, self.id, self.life = "shutoff", "unknown", None, 0
        self.persistent, self.autostart, self.job = True, False, None
        self.demand_mhz, self.used_mib = definition.demand_mhz, definition.used_mib

    def __repr__(self):
        return f"<LeanDomain {self.name}: {self.state} ({self.reason})>"

    @property
    def active(self):
        """It has a process on this host."""
        return self.id is not None

    def answer(self):
        """What a call that changed it says."""
        return {"name": self.name, "state": self.state, "reason": self.reason}

    @property
    def lease(self):
        """The lock of its disk, or None."""
        return None if self.store is None else self.store.lease(self.name)


@lru_cache(maxsize=1024)
def sized(values):
    """The Definition of these values (Fixed), the same object for the same values. LabError (400)."""
    return from_json({"name": "a VM of this size", **values})
