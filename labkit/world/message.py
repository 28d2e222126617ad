"""Messages: one-way casts, and requests whose answer may be late, lost, doubled, or never come.

    caller                      server
      │ rest GET /v3 ─────────────▶│  net delivered      the request's copy reached a running process
      │◀───────────────────── 200 ─│  net delivered      the first reply settles the call
      ┆ net timeout                ┆  net late           the reply came after the caller had given up: ignored

A caller learns only what arrives. A cut link, a lost message, a dead machine and a slow answer all look the same: no
answer in time, `definite=False`. A machine whose process was stopped still answers for it: connection refused, which is
certain (`definite=True`), or connection closed if the request had already been taken (`definite=False`).
"""

from simpy import Event as Pending

from labkit.world.errors import LabError, Unanswered, words
from labkit.world.trace import NOTHING, PLAIN, plain

# What the trace shows of a message's payload, by kind; other kinds are shown whole. Headers and bodies of HTTP carry
# passwords and tokens, and a trace is for everyone to read.
SHOWN = {"rest": ("method", "path", "status")}
SILENT = object()


class Message:
    """One copy of a message on its way. Handlers read `src`, `dst`, `kind`, `what`, `detail` (their own copy), `n` (the
    event of its sending) and `world`."""

    __slots__ = ("callbacks", "link", "kind", "what", "detail", "n", "answer")
    _ok = True   # SimPy asks each entry of its queue

    def __init__(self, link, kind, what, detail, n, answer, callbacks):
        self.link, self.kind, self.what, self.detail = link, kind, what, detail
        self.n, self.answer, self.callbacks = n, answer, callbacks

    @property
    def src(self):
        return self.link.src

    @property
    def dst(self):
        return self.link.dst

    @property
    def world(self):
        return self.link.target.world

    def copy(self):
        """A second copy, made by the network."""
        detail = self.detail if isinstance(self.detail, LabError) else plain(self.detail)
        return Message(self.link, self.kind, self.what, detail, self.n, self.answer, self.callbacks)


class Reply:
    """A handler's answer when the trace must show other words than the payload: `what` and `shown`."""

    def __init__(self, payload, what=None, shown=None):
        self.payload, self.what, self.shown = payload, what, shown


class Answer(Pending):
    """A SimPy event: the reply's payload, or Unanswered. `cause` is the event that settled it; `taken` and `refused`
    say whether any copy of the request reached a running process, or a machine without one."""

    def __init__(self, world, src, dst, kind, what, timeout_s):
        super().__init__(world.env)
        self._defused = True   # an answer nobody waits for is not the world's failure
        self.src, self.dst, self.kind, self.what, self.timeout_s = src, dst, kind, what, timeout_s
        self.life, self.taken, self.refused = src.life, False, False
        self.cause = self.deadline = None

    def settle(self, cause, payload):
        """The reply has arrived."""
        self.cause, self.deadline.callbacks = cause, None
        self.succeed(payload)

    def give_up(self, cause, error):
        """There will be no reply that counts."""
        self.cause = cause
        if self.deadline is not None:
            self.deadline.callbacks = None
        self.fail(error)


class Deadline:
    """The moment at which a caller stops waiting."""

    __slots__ = ("callbacks", "answer", "n")
    _ok = True

    def __init__(self, answer, n):
        self.answer, self.n, self.callbacks = answer, n, (_expire,)


def shown(kind, detail):
    """The part of a payload that a trace may show."""
    keys = SHOWN.get(kind)
    if keys is None:
        return detail if isinstance(detail, dict) else {"value": detail}
    return {key: detail[key] for key in keys if key in detail} if isinstance(detail, dict) else NOTHING


def send(world, link, kind, what, detail, answer=None, step=None, show=None):
    """Put a message on the wire of `link`; returns n of its event. `detail`: a dict that nobody else has; what
    is in it may be somebody's. (Written for speed: all traffic is sent here.)"""
    if type(kind) is not str or type(what) is not str:
        words(kind, "kind"), words(what, "what")
    if detail and not PLAIN.issuperset(map(type, detail.values())):
        detail = {key: plain(item, f"detail.{key}") for key, item in detail.items()}
    seen = shown(kind, detail) if show is None else show
    seen = plain(seen) if seen else NOTHING
    rows, env = world.rows, world.env
    n = len(rows)
    rows.append((n, env._now, link.src, link.dst, kind, what, world.cause, step, seen))
    message = Message(link, kind, what, detail, n, answer, _ARRIVE)
    if link.plain:
        env.post(message, link.wait_s)
    else:
        _transmit(link, message)
    return n


def _transmit(link, message):
    """The way over a link, which may cut, lose, double or delay by luck."""
    world = link.target.world
    if link.plain:
        world.env.post(message, link.wait_s)
    elif link.is_cut:
        world.record(link.src, link.dst, "net", "lost", message.n, None, {"reason": "cut"})
    else:
        delays = world.network.fate(link)
        if not delays:
            world.record(link.src, link.dst, "net", "lost", message.n, None, {"reason": "loss"})
        for copy, delay_s in enumerate(delays):
            world.env.post(message.copy() if copy else message, delay_s)


def _arrive(message):
    """A copy of a cast or request reaches its machine."""
    link, answer = message.link, message.answer
    node = link.target
    world = node.world
    if link.is_cut or node.state != "running":
        return _unreached(world, node, message)
    if answer is not None:
        if node.serve is None or answer.refused:
            return _refuse(world, message)
        answer.taken = True
    rows = world.rows
    n = len(rows)
    rows.append((n, world.env._now, link.src, link.dst, "net", "delivered", message.n, None, NOTHING))
    if node.serve is not None:
        world.cause = n
        node.handle(message, n)
        world.cause = None


_ARRIVE = (_arrive,)


def _unreached(world, node, message):
    if not message.link.is_cut and node.state == "stopped" and message.answer is not None:
        return _refuse(world, message)
    reason = "cut" if message.link.is_cut else "down" if node.state == "crashed" else "nobody listens"
    world.record(message.src, message.dst, "net", "lost", message.n, None, {"reason": reason})


def _refuse(world, message):
    """The machine lives, the process does not listen. Certain only if no copy was ever taken; and what was refused once
    stays refused, or 'certainly not' would be a lie when a second copy comes after a restart."""
    if message.answer.taken:
        return close(world, message, message.n)
    message.answer.refused = True
    error = Unanswered(f"{message.dst} refused the connection", definite=True,
                       next_step="nothing was done: start the process, or try another node")
    _machine_says(world, message, message.n, "refused", error)


def close(world, message, cause):
    """The process that had taken a request is gone, its machine tells the caller."""
    error = Unanswered(f"{message.dst} closed the connection without an answer", definite=False,
                       next_step="look whether it was done before you repeat it")
    _machine_says(world, message, cause, "closed", error)


def _machine_says(world, message, cause, what, error):
    n = world.record(message.dst, message.src, "net", what, cause, None, NOTHING)
    back = world.network.link(message.dst, message.src)
    _transmit(back, Message(back, "net", what, error, n, message.answer, _SETTLE))


def reply(world, message, result):
    """Send a handler's result back to the caller; a LabError travels as an error."""
    said = result if isinstance(result, Reply) else Reply(result)
    payload, what, show = said.payload, said.what, said.shown
    if isinstance(payload, LabError):
        what, show = what or "error", show or {"error": str(payload), "code": payload.code}
    else:
        payload = plain(payload, "reply")
        status = payload.get("status") if isinstance(payload, dict) else None
        what = what or ("reply" if status is None else str(status))
        show = shown(message.kind, payload) if show is None else show
    seen = plain(show) if payload is not None else NOTHING
    n = world.record(message.dst, message.src, message.kind, what, world.cause, None, seen)
    back = world.network.link(message.dst, message.src)
    _transmit(back, Message(back, message.kind, what, payload, n, message.answer, _SETTLE))


def _settle(message):
    """A reply (or the machine's notice) reaches the caller."""
    world, answer, caller = message.world, message.answer, message.link.target
    if message.link.is_cut or caller.state != "running":
        reason = "cut" if message.link.is_cut else "down"
        world.record(message.src, message.dst, "net", "lost", message.n, None, {"reason": reason})
    elif answer.triggered or answer.life != caller.life:
        reason = "the caller has restarted" if answer.life != caller.life else "the caller no longer waits"
        world.record(message.src, message.dst, "net", "late", message.n, None, {"reason": reason})
    else:
        n = world.record(message.src, message.dst, "net", "delivered", message.n, None, NOTHING)
        error = message.detail
        if isinstance(error, LabError):   # what travels is words, not the server's exception class
            if not isinstance(error, Unanswered):
                error = LabError(error.message, error.code, error.definite, error.next_step)
            answer.give_up(n, error)
        else:
            answer.settle(n, message.detail)


_SETTLE = (_settle,)


def request(world, link, kind, what, detail, timeout_s, step=None, show=None):
    """Send a request; returns the Answer to wait for."""
    caller = link.source
    answer = Answer(world, caller, link.target, kind, what, timeout_s)
    if caller.state != "running":
        answer.give_up(unsent(world, link, kind, what), Unanswered(
            f"{caller.name} is {caller.state}: nothing was sent", definite=True,
            next_step=f"start {caller.name} first"))
        return answer
    n = send(world, link, kind, what, detail, answer, step, show)
    answer.deadline = Deadline(answer, n)
    world.env.post(answer.deadline, timeout_s)
    return answer


def unsent(world, link, kind, what):
    """A process that does not run sends nothing; the trace says that something (a forgotten timer?) tried."""
    return world.record(link.src, link.dst, "net", "unsent", world.cause, None, {"kind": kind, "what": what})


def _expire(deadline):
    answer = deadline.answer
    world, caller, server = answer.src.world, answer.src.name, answer.dst.name
    n = deadline.n
    if answer.src.life == answer.life and answer.src.state == "running":
        n = world.record(caller, server, "net", "timeout", deadline.n, None, {"waited_s": answer.timeout_s})
    answer.cause = n
    answer.fail(Unanswered(f"no answer from {server} within {answer.timeout_s:g} s", definite=False,
                           next_step="it may have been done: ask before you repeat it"))
