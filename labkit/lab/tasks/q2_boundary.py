"""Q2.T1, the boundary: a VIM in one function, which drives real VMMs by their public methods only.

    vim(request, vmms, notes) -> {"state": …, "host": …}

`vmms` is a dict, name of host → its VMM: list(), info(name), node_info(), define(name, memory_mib=…), start(name),
kill(name), undefine(name), migrate_to(name, target) and the other methods of a Vmm; a host that does not answer raises
ConnectionError, an order that is refused ValueError, an unknown VM LookupError. `notes` is a dict that stays from
request to request. Requests and the states they may be answered with:

    {"op": "start", "name", "memory_mib"}   running (with "host"), refused (no room), unknown
    {"op": "find", "name"}                  running (with "host"), absent, unknown
    {"op": "release", "name"}               absent, unknown
    {"op": "maintenance", "host"}           empty, occupied (no room for all of it), unknown; in each case it is closed

'unknown' is the answer when the VM may be on a host that is silent.
"""

from labkit.lab import tasks
from labkit.lab.artefact import ArtefactError, State
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.q2_boundary_cases import FAMILIES, scenarios
from labkit.lab.tasks.q2_boundary_mutants import MUTANTS, vim
from labkit.lab.tasks.q2_boundary_room import Room

SHAPE = "vim(…) returns a dict with a 'state', and with a 'host' when the state is 'running'"
BOUNDARY = "a VIM uses the public methods of each VMM, and asks each VMM about its own host only"
TARGET = "where a VM goes is decided by the VIM: a VMM is told the target"
ONE_COPY = "never two running copies of a VM"
ROOM = "no host has promised more memory than it has"
ALIVE = "a VM that runs keeps running: it is moved with its memory, or it stays"
CLOSED = "a host under maintenance gets no VM"
TRUTH = "the answer is what a VIM can know: running where, absent, refused, or unknown"
DONE = "what was ordered is done, as far as hosts answer"
RULES = (BOUNDARY, TARGET, ONE_COPY, ROOM, ALIVE, CLOSED, TRUTH, DONE, SHAPE)
STATES = {
    "start": ("running", "refused", "unknown"),
    "find": ("running", "absent", "unknown"),
    "release": ("absent", "unknown"),
    "maintenance": ("empty", "occupied", "unknown"),
}
MISCONCEPTIONS = {
    "S6.m5": "Not responding means dead. – A cut cable, a stopped agent and a dead host look the same from outside.",
    "S7.m2": "The VIM sees the truth. – It sees what VMMs told it, some time ago; their inside is not its own.",
    "S7.m3": "A command sent is a command done, and one without an answer is not done. – Nobody knows before asking.",
}


class Story:
    """What the judge keeps of one scenario: where each VM was placed, which hosts are closed."""

    def __init__(self, room):
        self.room, self.where, self.closed, self.lost = room, {}, [], False
        self.before = {}

    def begin(self):
        """Before a request: who runs where, and how often each was booted."""
        running = self.room.everywhere()
        self.where.update({name: hosts[0] for name, hosts in running.items()})
        self.before = {name: (hosts, self.room.boots(name)) for name, hosts in running.items()}

    def expected(self, request):
        """The states that a good answer may have."""
        room, name = self.room, request.get("name")
        if request["op"] == "maintenance":
            host = request["host"]
            return {"unknown"} if room.silent(host) else {"occupied"} if name_of(room, host) else {"empty"}
        host = self.where.get(name) or next(iter(room.running(name)), None)
        if host is not None and room.silent(host):
            return {"unknown"}
        if request["op"] == "start":
            return {"running"} if room.running(name) else {"refused"}
        return {"running"} if room.running(name) else {"absent"}


def name_of(room, host):
    """The active VMs of one host."""
    return [name for name, hosts in room.everywhere().items() if host in hosts]


def judge(scenario, artefact):
    """Play the story on real VMMs; look at them after each request."""
    room = Room(artefact.world, scenario.data["hosts"])
    story = Story(room)
    for step in scenario.data["steps"]:
        if "do" in step:
            room.happen(step)
            story.lost = story.lost or step["do"] == "lose the answer"
            continue
        failure = play(story, step, artefact)
        if failure:
            return failure
    return None


def play(story, request, artefact):
    """One request: the first rule that it breaks, or None."""
    story.begin()
    if request["op"] == "maintenance":
        story.closed.append(request["host"])
    room = story.room
    could = [host for host in room.vmms if not room.silent(host) and host not in story.closed]
    fits = any(room.free_mib(host) >= request.get("memory_mib", 0) for host in could)
    try:
        said = artefact.call(request=request, vmms=room.proxies, notes=State("notes"))
    except ArtefactError:
        if room.tried or room.doubled:  # a refusal of the proxies is what ended it
            return boundary(room) or safety(story, request)
        raise
    failure = shape(request, said) or boundary(room) or safety(story, request) or liveness(story, request, said, fits)
    story.where.update({name: hosts[0] for name, hosts in room.everywhere().items()})
    if not failure and request["op"] == "release" and said["state"] == "absent":
        story.where.pop(request["name"], None)
    return failure


def boundary(room):
    """A step over the boundary that a proxy has seen."""
    if not room.tried:
        return None
    belief, words = room.tried[0]
    return Failure("safety", TARGET if belief == "Q2.m2" else BOUNDARY, f"{words}.", belief)


def safety(story, request):
    """What must never be, whatever was answered."""
    room, order = story.room, words(request)
    running = room.everywhere()
    double = [f"{name} runs on {' and on '.join(hosts)}" for name, hosts in running.items() if len(hosts) > 1]
    saved = [f"{words}; only the lock on its disk prevents a second copy" for words in room.doubled]
    if double or saved:
        belief = "S7.m3" if story.lost else "S6.m5"
        return Failure("safety", ONE_COPY, f"{order}: {(double or saved)[0]}.", belief)
    for name, (_, boots) in story.before.items():
        ended = None if request == {"op": "release", "name": name} else room.rest(name)
        if ended or room.boots(name) > boots:
            what = ended or "was booted anew; its memory is lost"
            return Failure("safety", ALIVE, f"{order}: {name}, which was running, {what}.")
    for host in room.vmms:
        if room.free_mib(host) < 0:
            names = ", ".join(name_of(room, host))
            return Failure("safety", ROOM, f"{order}: {host} now has {names}, {-room.free_mib(host):g} MiB too much.")
    for host in story.closed:
        for name in name_of(room, host):
            if host not in story.before.get(name, ((), 0))[0]:
                return Failure("safety", CLOSED, f"{order}: {name} came to {host}, which is being repaired.")
    return None


def shape(request, said):
    """The form of an answer."""
    if not isinstance(said, dict) or said.get("state") not in STATES[request["op"]]:
        allowed = ", ".join(STATES[request["op"]])
        return Failure("type", SHAPE, f"{words(request)}: you returned {said!r}; the states are {allowed}")
    return None


def liveness(story, request, said, fits):
    """Was it done, and is the answer right?"""
    room, order = story.room, words(request)
    want, state = story.expected(request), said.get("state")
    if state == "running" and not room.running(request["name"]):
        return Failure("liveness", TRUTH, f"{order}: you answered {answer(said)}; it does not run there.", "S7.m2")
    if request["op"] == "start" and want == {"refused"} and fits:
        return Failure("liveness", DONE, f"{order}: you answered {state!r}, and there was a host with room for it.")
    if request["op"] == "maintenance" and want == {"occupied"} and could_move(story, request["host"]):
        left = ", ".join(name_of(room, request["host"]))
        return Failure("liveness", DONE, f"{order}: still there: {left}; another host has room for at least one.")
    if request["op"] == "release" and "running" in want:
        return Failure("liveness", DONE, f"{order}: it is still running on {story.where[request['name']]}.")
    if request["op"] == "release" and state == "absent" and left_over(room, request["name"]):
        return Failure("liveness", DONE, f"{order}: its definition is still on {left_over(room, request['name'])}.")
    where = story.where.get(request.get("name"))
    if state not in want or state == "running" and said.get("host") not in room.running(request["name"]):
        true = f"{' or '.join(sorted(want))}{f' ({where})' if where else ''}"
        return Failure(
            "liveness", TRUTH, f"{order}: you answered {answer(said)}; right is: {true}.", belief(state, want)
        )
    return None


def could_move(story, host):
    """True if one of the VMs that are left on `host` would fit elsewhere."""
    room = story.room
    others = [other for other in room.vmms if other not in story.closed and not room.silent(other)]
    sizes = [room.vmms[host].domains[name].live.memory_mib for name in name_of(room, host)]
    return any(room.free_mib(other) >= min(sizes) for other in others)


def left_over(room, name):
    """A host that answers and still has the definition, or None."""
    return next((host for host, vmm in room.vmms.items() if name in vmm.domains and not room.silent(host)), None)


def belief(state, want):
    """Why an answer is wrong: too sure of silence, or of old notes."""
    if want == {"unknown"}:
        return "S6.m5" if state in ("absent", "refused") else "S7.m2"
    return "S7.m2" if state == "running" else None


def words(request):
    """A request in the domain's words."""
    size = f" with {request['memory_mib'] / 1024:g} GiB" if "memory_mib" in request else ""
    return f"{request['op']} {request.get('name') or request.get('host')}{size}"


def answer(said):
    return f"{said.get('state')}{' on ' + str(said['host']) if said.get('host') else ''}"


TASK = tasks.register(
    Task(
        id="Q2.T1",
        card="Q2",
        title="The boundary: a VIM on top of VMMs",
        kind="function",
        signature="vim(request, vmms, notes) -> {'state': …, 'host': …}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=vim,
        mutants=MUTANTS,
        misconceptions=MISCONCEPTIONS,
        rules=RULES,
    )
)
