"""Who is primary: the agent that reaches most datastores; on a tie the highest MoRef, compared as text.

    10 s without the primary's heartbeat ──▶ election, 15 s ──▶ the best of those that were heard

'As text' is meant: host-99 beats host-100. An agent that hears nobody elects itself, and then asks whether it is the
one that is cut off (fdm_isolation). Documented defaults, document-only.
"""

from labkit.vsphere import fdm_isolation, fdm_restart, fdm_watching

SILENCE_S = 10.0
ELECTION_S = 15.0


def begin(fdm):
    """Start an election."""
    fdm.votes, fdm.stood_s = {}, float("-inf")
    fdm.become("election", None)


def rank(fdm, host):
    """What decides: (datastores it mounts, MoRef)."""
    known = fdm.config["hosts"][host]
    return known["datastores"], known["moref"]


def tick(fdm):
    """Say that we stand for election; after its time, look who has won."""
    if fdm.world.now - fdm.since_s < ELECTION_S:
        return fdm.stand()
    best = max([fdm.host, *fdm.votes], key=lambda host: rank(fdm, host))
    if best == fdm.host:
        win(fdm)
    else:
        fdm.heard[best] = fdm.world.now
        fdm.become("secondary", best)


def win(fdm):
    """We are primary: from now on the others are watched, and what is protected is read from the datastore."""
    fdm.become("primary", fdm.host)
    fdm.heard, fdm.pings = {}, []
    fdm.watches = {host: fdm_watching.Watch(fdm.world.now) for host in fdm.others()}
    fdm.node.process(fdm_restart.take_over(fdm))
    if not fdm.votes and fdm.others():
        fdm_isolation.ask(fdm)  # nobody else stood: is it us who is cut off?


def hear(fdm, host):
    """Another agent stands for election. A primary answers with its heartbeat at once."""
    if fdm.config is None or host not in fdm.config["hosts"]:
        return
    fdm.votes[host] = fdm.world.now
    if fdm.role == "primary":
        fdm.heartbeat(host, "primary")


def hear_primary(fdm, host):
    """A heartbeat of somebody who is primary. Two primaries (a partition has healed): the lower one steps down."""
    if fdm.role == "primary" and rank(fdm, fdm.host) > rank(fdm, host):
        return
    if fdm.role != "secondary" or fdm.primary != host:
        if fdm.role == "isolated":
            fdm_isolation.end(fdm)
        fdm.become("secondary", host)


def tick_secondary(fdm):
    """A heartbeat to the primary; 10 s without one of its own start an election."""
    fdm.heartbeat(fdm.primary, "secondary")
    if fdm.world.now - fdm.heard.get(fdm.primary, fdm.since_s) >= SILENCE_S:
        fdm.tell(f"primary {fdm.primary} is silent", fdm.primary)
        begin(fdm)
