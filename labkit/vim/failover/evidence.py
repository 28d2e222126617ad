"""A host is silent. What else can be asked, and what does the answer prove?

    BMC says off   answers ping   datastore heartbeat    verdict
    yes            –              –                      dead          the only proof there is
    no             yes            –                      live          the agent has ended, or the VIM lost its messages
    no             no             fresh                  isolated      it runs, and cannot be reached
    no             no             stale, or there is none  presumed dead   a guess: fence before anything else

The surprise: no row says 'dead' because of silence. Silence is what a dead host, a cut cable and a hung agent have in
common.

What the real one does differently: in vSphere HA it is the primary host's FDM agent that looks (network heartbeat every
1 s, ping, files on two datastores that the host keeps touching; documented defaults), not vCenter. It calls a host that
answers ping but has a dead agent 'unreachable', and tells isolated from partitioned: an isolated host has noticed
itself that it sees nobody. Proxmox asks nobody: it waits for the host's lock.
"""

from labkit.world import LabError, Unanswered

DEAD, LIVE, ISOLATED, PRESUMED = "dead", "live", "isolated", "presumed dead"
ANSWER_S = 5.0  # vSphere HA pings for 5 s before it declares a host unreachable (documented default)


def verdict(power, ping, datastore):
    """One of DEAD, LIVE, ISOLATED, PRESUMED. power: 'on', 'off' or None (the BMC did not say); ping: answered or not;
    datastore: the heartbeat is fresh, stale (False), or there is none (None)."""
    if power == "off":
        return DEAD
    if ping:
        return LIVE
    return ISOLATED if datastore else PRESUMED


def gather(vim, host, heartbeats=None):
    """Ask all three at the same time (a generator); returns {"power", "ping", "datastore"}."""
    world, name = vim.world, vim.name
    asked = {
        "power": world.call(name, f"{host.name}-bmc", "ipmi", "power status", ANSWER_S),
        "ping": world.call(name, agent_of(vim, host), "icmp", "echo request", ANSWER_S),
    }
    if heartbeats is not None:
        asked["datastore"] = world.call(name, heartbeats.name, "iscsi", "read heartbeat", ANSWER_S, host=host.name)
    found = {"power": None, "ping": False, "datastore": None}
    for what, answer in asked.items():
        try:
            said = yield answer
            found[what] = said["power"] if what == "power" else said["fresh"] if what == "datastore" else True
        except LabError as error:
            if what == "ping":  # refused by its machine, or an odd answer: somebody is there
                found[what] = not isinstance(error, Unanswered) or bool(error.definite)
    return found


def agent_of(vim, host):
    """The node of the VIM's agent on this host: it has the address of the host's management network."""
    return f"{host.name}-{getattr(vim, 'suffix', 'agent')}"
