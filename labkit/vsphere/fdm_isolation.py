"""Am I the one who is cut off? An agent that hears no other pings the isolation address, by default the gateway.

    secondary:  T0 cut   T10 election   T25 elects itself, nobody else stood   pings   T30 isolated
    primary:    T0 cut, hears nobody    pings                                          T5 isolated

What then happens to its VMs is the isolation response: leave them on (documented default), power them off, shut them
down. The surprise: left on, they go on serving whoever can reach them by another network, and the others do not restart
them: their locks are held, and the datastore heartbeat says that the host lives. Document-only.
"""

from labkit.world.errors import LabError

PINGS = 5  # in a row, one a second, without an answer
ANSWER_S = 0.5
RESPONSES = ("leave", "power off", "shut down")


def ask(fdm):
    """One ping to the isolation address, beside everything else."""
    fdm.node.process(ping(fdm))


def ping(fdm):
    """Does the isolation address answer? Five silences in a row mean no (a generator)."""
    try:
        yield fdm.world.call(fdm.name, fdm.config["gateway"], "icmp", "echo", ANSWER_S)
    except LabError:
        answered = False
    else:
        answered = True
    if fdm.role == "isolated" and answered:
        end(fdm)
        fdm.become("primary", fdm.host)
    fdm.pings = [] if answered else [*fdm.pings, False]
    if fdm.role == "primary" and len(fdm.pings) > PINGS - 1 and not hears(fdm):
        isolated(fdm)


def hears(fdm):
    """Has any other agent been heard within the last three beats?"""
    return any(fdm.world.now - heard_s < 3 for heard_s in fdm.heard.values())


def tick_primary(fdm):
    """A primary that hears nobody asks whether it is cut off."""
    quiet = all(fdm.world.now - heard_s > 1.5 for heard_s in fdm.heard.values())
    if fdm.others() and quiet:
        ask(fdm)
    else:
        fdm.pings = []


def isolated(fdm):
    """We are cut off: carry out the isolation response, and say so on the datastore."""
    fdm.become("isolated", None)
    fdm.pings = []
    note(fdm)
    calls = {"power off": "PowerOffVM_Task", "shut down": "ShutdownGuest"}
    if fdm.config["response"] in calls:
        fdm.node.process(respond(fdm, calls[fdm.config["response"]]))


def respond(fdm, method):
    """End the protected VMs that run here (a generator)."""
    for vm in [vm for vm in fdm.running or () if vm in fdm.config["vms"]]:
        fdm.tell(f"isolation response: {fdm.config['response']} {vm}", vm)
        try:
            yield fdm.world.call(fdm.name, fdm.vmm.manager.name, "soap", method, 10, name=vm)
        except LabError as error:
            fdm.tell(f"{vm}: {error.message}", vm)
    yield from fdm.look()


def note(fdm):
    """The file by which an isolated host tells the others what it still runs."""
    fdm.write({f".vSphere-HA/{fdm.host}-poweron": {"isolated": True, "vms": list(fdm.running or ())}})


def tick(fdm):
    """Isolated: is anybody there again?"""
    ask(fdm)
    fdm.stand()


def end(fdm):
    """Not isolated any more."""
    fdm.write({f".vSphere-HA/{fdm.host}-poweron": None})
    fdm.pings = []
