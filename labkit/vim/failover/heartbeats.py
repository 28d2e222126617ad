"""Heartbeats on a shared datastore: a second way to see that a host lives, over the storage network.

    esx1 ── writes 'I live' every 5 s ──▶ san1-heartbeats ◀── read ── vim

The management network may be cut while the storage network is whole; then this says 'isolated' where silence alone
would say 'dead?'. It is no proof either: a host whose storage path is cut as well looks dead, and runs.

What the real one does differently: vSphere chooses two datastores per host (das.heartbeatDsPerHost, at most 5;
documented default 2) and the hosts keep files open in `.vSphere-HA`; whoever looks reads their time stamps, and a host
is watched for 15 s before they count as stale.
"""

from labkit.world import LabError, action
from labkit.world.errors import number

WRITE_S, STALE_S = 5.0, 15.0


class Heartbeats:
    """Heartbeats of `vmms` on the datastore `store`: node `<store>-heartbeats`. A host writes while it runs."""

    @action
    def __init__(self, world, store, vmms, write_s=WRITE_S, stale_s=STALE_S):
        self.world, self.name = world, f"{store}-heartbeats"
        self.write_s, self.stale_s = number(write_s, "write_s", least=0.1), number(stale_s, "stale_s", least=0.1)
        self.written_at_s = {}
        self.node = world.node(self.name, serve=self._serve)
        for vmm in vmms:
            _Writer(self, vmm)

    def _serve(self, message):
        if message.what == "write heartbeat":
            self.written_at_s[message.detail["host"]] = self.world.now
            return None
        if message.what != "read heartbeat":
            raise LabError(f"{self.name} has no {message.what!r}", 501, True, "write heartbeat, read heartbeat")
        at_s = self.written_at_s.get(message.detail["host"])
        return {"fresh": at_s is not None and self.world.now - at_s <= self.stale_s, "written_at_s": at_s}


class _Writer:
    """The process on a host that writes: it lives and dies with the machine."""

    def __init__(self, heartbeats, vmm):
        self.heartbeats, self.host = heartbeats, vmm.name
        self.node = heartbeats.world.node(f"{vmm.name}-heartbeat", on_start=self._started)
        vmm.processes.append(self.node)
        self._started()

    def _started(self):
        self.node.process(self._write())

    def _write(self):
        beats = self.heartbeats
        while True:
            beats.world.cast(self.node.name, beats.name, "iscsi", "write heartbeat", host=self.host)
            yield beats.world.timeout(beats.write_s)
