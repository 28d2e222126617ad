"""A shared datastore as hosts see it: a file system with locks on the disk, and a heartbeat by which an owner keeps
them.

    esx1 ── scsi heartbeat, every 3 s ──▶ san1     'I am alive, and I run erp'
    esx2 ── scsi break lock erp ────────▶ san1     refused while esx1's heartbeat is fresh; granted when it is stale

vSphere has no STONITH: vpxd and the HA agents pull no plug. What keeps a VM from being written by two hosts is this
lock. A host that is cut off from the network and still reaches its disks keeps its locks; a host that is dead, or has
lost its disks, loses them to whoever asks. The surprise: its copy of the VM may then still compute, without a disk,
until it sees the disk again, learns that the lock is lost, and is ended.

Heartbeats of VMFS serve vSphere HA, too: they are the 'datastore heartbeats'. Times are documented defaults (VMFS:
owners renew every 3 s, others wait for about 16 s), document-only. What the real one does differently: the lock is a
sector of the disk and nobody serves it; each host reads it and compares, by atomic test-and-set (ATS); NFS locks are
files that are renewed; a host keeps one heartbeat per datastore, not a list of VMs.
"""

from labkit.vsphere.faults import fault
from labkit.world import action

HEARTBEAT_S = 3.0
STALE_S = 16.0


def lease_of(store, disk):
    """The lock of a disk on a Datastore or a lean Store, or None if there is no such disk."""
    if disk not in store.disks:
        return None
    return store.lease(disk) if hasattr(store, "lease") else store.disks[disk].lease


class Vmfs:
    """The datastore `store` on the storage network: node of the datastore's name. `beats`: host → virtual second of its
    last heartbeat; `files`: small files, as the VMs' .vmx and the lists of vSphere HA."""

    @action
    def __init__(self, world, store):
        self.world, self.store, self.name = world, store, f"{store.name}-vmfs"
        self.beats, self.files = {}, {}
        self.node = world.node(store.name, serve=self.serve)

    def __repr__(self):
        return f"<VMFS {self.store.name}: {len(self.files)} files, heartbeats of {', '.join(self.beats) or 'nobody'}>"

    def serve(self, message):
        """Answer one command."""
        if message.kind != "scsi" or message.what not in COMMANDS:
            raise fault(
                "NotSupported", f"{self.store.name} is a datastore: {message.kind} {message.what!r} is none of its"
            )
        return COMMANDS[message.what](self, **message.detail)

    def age_s(self, host):
        """How long ago the host renewed its heartbeat; infinite if it never did."""
        return self.world.now - self.beats.get(host, float("-inf"))

    def heartbeat(self, host, running):
        """A host renews its heartbeat. It is told which of the VMs it runs have a lock that is another's by now."""
        self.beats[host] = self.world.now
        return {"lost": [vm for vm in running if self.holder(vm) not in (None, host)]}

    def heartbeats(self):
        """host → age of its heartbeat in seconds."""
        return {host: self.age_s(host) for host in self.beats}

    def holder(self, disk):
        """Name of the host that has the lock, or None."""
        lease = lease_of(self.store, disk)
        return None if lease is None else lease.owner

    def may_break(self, disk, by):
        """May `by` take the lock: nobody's, its own, or one whose owner's heartbeat is stale? FileLocked (409)."""
        owner = self.holder(disk)
        if owner not in (None, by) and self.age_s(owner) <= STALE_S:
            raise fault(
                "FileLocked",
                f"{disk}.vmdk is locked by {owner}, whose heartbeat on {self.store.name} is "
                f"{self.age_s(owner):.0f} s old",
                f"{owner} still writes it, reachable or not: power the VM off there first",
            )
        return {"holder": owner}

    def write(self, files):
        """Write small files: name → content (None: delete it)."""
        for name, content in files.items():
            if content is None:
                self.files.pop(name, None)
            else:
                self.files[name] = content

    def read(self, file):
        """The content of a small file. FileNotFound (404)."""
        if file not in self.files:
            raise fault("FileNotFound", f"[{self.store.name}] {file}", "look what is there: 'list'")
        return self.files[file]

    def list(self):
        """Names of the small files."""
        return sorted(self.files)


COMMANDS = {
    "heartbeat": Vmfs.heartbeat,
    "heartbeats": Vmfs.heartbeats,
    "break lock": Vmfs.may_break,
    "write": Vmfs.write,
    "read": Vmfs.read,
    "list": Vmfs.list,
}
