"""Is a host dead? The primary asks three witnesses, and only if all three are silent it says so.

    network heartbeat   ping   datastore heartbeat        verdict
    yes                                                   live
    no                  yes    any                        partitioned: one agent, or the network between two, is broken
    no                  no     yes                        isolated (its file says so) or partitioned: its VMs run
    no                  no     no                         dead: its VMs are restarted

    T0 failure   T3 look at the datastore heartbeats, for 15 s   T10 unreachable, ping for 5 s   T15 dead without
    heartbeat datastores, T18 otherwise; a primary that never heard this host looks at T10 only: T25 + 10 + 15 = T50

The surprise: for vCenter 'not responding' is one state; the primary tells three apart. Even 'dead' is a guess, and the
lock of the VM's disk has the last word (labkit.vsphere.vmfs). Times: documented, document-only.
"""

from dataclasses import dataclass

from labkit.vsphere import fdm_isolation, fdm_restart
from labkit.world.errors import LabError, Unanswered

LOOK_AFTER_S, LOOK_FOR_S = 3.0, 15.0
UNREACHABLE_S, PING_FOR_S = 10.0, 5.0


@dataclass
class Watch:
    """What the primary knows of one host.

    heard_s    virtual second of its last network heartbeat, or of our election
    stranger   it was never heard since our election
    pinged, on_disk   it has answered a ping, it has renewed its datastore heartbeat, since it fell silent
    stage      'live', 'looking', 'unreachable', then a verdict: 'dead', 'isolated', 'partitioned'
    """

    heard_s: float
    stranger: bool = True
    pinged: bool = False
    on_disk: bool = False
    stage: str = "live"

    @property
    def look_at_s(self):
        """From when on its datastore heartbeats count."""
        return self.heard_s + (UNREACHABLE_S if self.stranger else LOOK_AFTER_S)

    def verdict_at_s(self, datastores):
        """When it is decided."""
        return self.look_at_s + LOOK_FOR_S if datastores else self.heard_s + UNREACHABLE_S + PING_FOR_S


def alive(fdm, host, running, boots):
    """A network heartbeat has come. A machine that was switched on anew has lost its VMs, however short that was."""
    watch = fdm.watches.get(host)
    if watch is not None and watch.stage in ("dead", "isolated"):
        fdm_restart.tell_returned(fdm, host)
    if watch is not None and watch.stage not in ("live", "looking"):
        fdm.tell(f"{host} is live", host)
    fdm.watches[host] = Watch(fdm.world.now, stranger=False)
    if running is not None:
        if fdm.boots.setdefault(host, boots) != boots:
            fdm.boots[host] = boots
            fdm_restart.lost(fdm, host, running)
        fdm_restart.seen(fdm, host, running)


def tick(fdm):
    """One beat of the primary."""
    if fdm.running is not None:
        fdm_restart.seen(fdm, fdm.host, fdm.running)
    for host in fdm.others():
        fdm.heartbeat(host, "primary")
        follow(fdm, host, fdm.watches.setdefault(host, Watch(fdm.world.now)))
    if any(watch.stage != "live" for watch in fdm.watches.values()) and fdm.config["datastores"]:
        fdm.node.process(read_disk(fdm))
    fdm_restart.tick(fdm)
    fdm_isolation.tick_primary(fdm)


def follow(fdm, host, watch):
    """How long has it been silent, and what follows from that?"""
    now, datastores = fdm.world.now, fdm.config["datastores"]
    if watch.stage == "live" and now >= watch.look_at_s:
        watch.stage = "looking"
    if watch.stage in ("live", "looking") and now - watch.heard_s >= UNREACHABLE_S:
        watch.stage = "unreachable"
        fdm.tell(f"{host} is unreachable", host)
    if watch.stage == "unreachable" and now < watch.verdict_at_s(datastores):
        fdm.node.process(ping(fdm, host, watch))
    elif watch.stage in ("unreachable", "isolated", "partitioned") and now >= watch.verdict_at_s(datastores):
        decide(fdm, host, watch)


def decide(fdm, host, watch):
    """All witnesses were asked. Who is alive somehow is asked again and again."""
    before = watch.stage
    watch.stage = "partitioned" if watch.on_disk or watch.pinged else "dead"
    if watch.stage == "dead":
        fdm.tell(f"{host} is dead", host)
        fdm.world.cast(fdm.name, fdm.config["vcenter"], "fdm", "host is dead", host=host)
        fdm_restart.lost(fdm, host)
        return
    fdm.node.process(read_file(fdm, host, watch, before))
    watch.heard_s = fdm.world.now - UNREACHABLE_S  # from now on: five seconds without any sign, and it is dead
    watch.on_disk = watch.pinged = False
    watch.stranger = False
    fdm.node.process(ping(fdm, host, watch))


def ping(fdm, host, watch):
    """Does the machine answer? (a generator)"""
    try:
        yield fdm.world.call(fdm.name, host, "icmp", "echo", 0.9)
        watch.pinged = True
    except LabError:
        pass


def read_disk(fdm):
    """Who has renewed its heartbeat on a datastore since it was looked at? (a generator)"""
    for datastore in fdm.config["datastores"]:
        try:
            ages = yield fdm.world.call(fdm.host, datastore, "scsi", "heartbeats", 0.9)
        except Unanswered:
            continue
        for host, watch in fdm.watches.items():
            if watch.stage != "live" and fdm.world.now - ages.get(host, float("inf")) > watch.look_at_s:
                watch.on_disk = True


def read_file(fdm, host, watch, before):
    """What does the host say of itself, on the datastore? (a generator)"""
    try:
        said = yield fdm.world.call(
            fdm.host, fdm.config["datastores"][0], "scsi", "read", 0.9, file=f".vSphere-HA/{host}-poweron"
        )
    except (LabError, IndexError):
        said = {"isolated": False}
    if said["isolated"] and watch.stage == "partitioned":
        watch.stage = "isolated"
    if watch.stage != before:
        fdm.tell(f"{host} is {watch.stage}, not dead", host)
    if said["isolated"]:
        fdm_restart.lost(fdm, host, said["vms"])
