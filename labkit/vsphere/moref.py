"""Managed object references: how vSphere names things. A name may change and need not be unique; a MoRef does neither.

    datacenter-2   domain-c8 (a cluster)   host-12   vm-42   datastore-11   network-7   group-v3 (a folder)   task-101

The number is the order in which vCenter came to know the thing, over all kinds together. The surprise: it is the
vCenter's own, so the same VM has another MoRef in another vCenter, and none at all for the host it runs on (hostd
counts: '7').

Document-only: vSphere is closed source.
"""

from labkit.vsphere.arguments import text
from labkit.vsphere.faults import fault

PREFIXES = {
    "datacenter": "datacenter-",
    "cluster": "domain-c",
    "host": "host-",
    "resource pool": "resgroup-",
    "vm": "vm-",
    "datastore": "datastore-",
    "network": "network-",
    "folder": "group-v",
    "task": "task-",
}


class MoRefs:
    """The references of one vCenter: given once, kept for ever, never given to another thing."""

    def __init__(self):
        self.last, self.of_thing, self.things = 0, {}, {}

    def give(self, kind, name):
        """The reference of this thing; a new one if it has none yet."""
        reference = self.of_thing.get((kind, name))
        if reference is None:
            self.last += 1
            reference = self.of_thing[kind, name] = f"{PREFIXES[kind]}{self.last}"
            self.things[reference] = (kind, name)
        return reference

    def fresh(self, kind):
        """The reference of a thing without a name: always a new one."""
        return self.give(kind, str(self.last + 1))

    def drop(self, kind, name):
        """The thing is gone; its reference will never name another."""
        self.things.pop(self.of_thing.pop((kind, name), None), None)

    def name(self, kind, reference):
        """The name behind a reference (or behind the name itself). LabError (400 for what is no text; 404,
        ManagedObjectNotFound)."""
        text(reference, f"a {kind}")
        if (kind, reference) in self.of_thing:
            return reference
        found = self.things.get(reference)
        if found is None or found[0] != kind:
            raise fault("ManagedObjectNotFound", f"there is no {kind} {reference!r}", "look it up in the inventory")
        return found[1]
