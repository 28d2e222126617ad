"""One request, from its arrival to the moment at which its client has an answer or gives up."""

from labkit.world import LabError
from labkit.world import message as mail


class Request:
    """What one client wanted and saw.

    n, at_s, write, session    which one, when it arrived (virtual seconds), a write or a read, of which session
    tries                      how often it was sent
    ended_s                    when the client had its answer or gave up (None: still waiting)
    ok, status, by             answered without an error; the last status heard (None: silence), and from whom
    """

    __slots__ = (
        "clients",
        "n",
        "at_s",
        "write",
        "session",
        "tries",
        "ended_s",
        "ok",
        "status",
        "by",
        "cause",
        "callbacks",
    )
    _ok = True

    def __init__(self, clients, n):
        self.clients, self.n, self.at_s = clients, n, clients.world.env._now
        share, sessions = clients.write_share, clients.sessions
        self.write = share > 0 and (share >= 1 or clients.luck() < share)
        self.session = f"s{int(clients.luck() * sessions)}" if sessions else None
        self.tries, self.ok, self.ended_s, self.status, self.by = 0, False, None, None, None
        self.cause = self.callbacks = None

    def __repr__(self):
        said = "waiting" if self.ended_s is None else f"{'ok' if self.ok else 'lost'} after {self.latency_s:.3f} s"
        return f"<Request {self.id} at {self.at_s:.3f} s: {said}>"

    @property
    def id(self):
        """Its name for servers: the same for every try, unless the clients are not `keyed`."""
        clients = self.clients
        again = "" if clients.keyed or self.tries < 2 else f"-{self.tries}"
        return f"{clients.name}-{self.n}{again}"

    @property
    def latency_s(self):
        """From its arrival to the end of waiting, all tries together."""
        return self.ended_s - self.at_s

    def send(self):
        """One try."""
        clients = self.clients
        world, to = clients.world, clients.to
        self.tries += 1
        target = to if type(to) is str else to.target(self)
        if target is None:  # the address leads nowhere: nothing can be sent
            return self._failed(None)
        link = world.links.get((clients.name, target)) or world.network.link(clients.name, target)
        detail = {"id": self.id}
        if self.session is not None:
            detail["session"] = self.session
        if clients.batch > 1:
            detail["batch"] = clients.batch
        what = "POST /" if self.write else "GET /"
        answer = mail.request(world, link, "http", what, detail, clients.patience_s)
        answer.callbacks.append(self._heard)

    def _heard(self, answer):
        said = answer._value
        if answer._ok:
            self.status = said.get("status", 200) if isinstance(said, dict) else 200
            self.by = said.get("by") if isinstance(said, dict) else None
        else:
            self.status = said.code if isinstance(said, LabError) else None
        if answer._ok and self.status < 500:
            self.ok, self.ended_s = self.status < 400, self.clients.world.env._now
        else:
            self._failed(answer.cause)

    def _failed(self, cause):
        """Silence or a server's error: once more, or that was it."""
        clients = self.clients
        if self.tries > clients.retries:
            self.ended_s = clients.world.env._now
            return
        self.cause, self.callbacks = cause, (Request._again,)
        clients.world.env.post(self, clients.backoff_s * 2 ** (self.tries - 1))

    def _again(self):
        world = self.clients.world
        before, world.cause = world.cause, self.cause
        self.send()
        world.cause = before
