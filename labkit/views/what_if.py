"""What if somebody asked right now? The real components answer, on copies; nothing is sent, noted or drawn by lot in
their world.

    answers(cloud).ask("nova-api", "GET", "/v2.1/servers", token)  ─▶ Told(status=403, who="nova-api's policy", …)

A fork replays everything from the start and takes its time; here only the processes' memory is copied, and their
calls to each other are answered at once, or not at all where a node is down or a link is cut. Good for questions, not
for what takes time (a boot).
"""

import copy
from dataclasses import dataclass
from types import MethodType, SimpleNamespace

from labkit.openstack import rest
from labkit.openstack.errors import Forbidden, HttpError
from labkit.world.errors import LabError, Unanswered


@dataclass(frozen=True)
class Told:
    """An answer and where it came from: `who` decided, `why` in its own words, the `rule` its policy was asked for,
    `asked`: was Keystone asked?
    """

    status: int | None
    who: str
    why: str = ""
    rule: str = ""
    asked: bool = False


class Aside:
    """Stands for the world: same time, same nodes and links, copied luck; calls are answered by copies of the
    components.
    """

    def __init__(self, cloud, down=()):
        self.real, self.cloud, self.down = cloud.world, cloud, set(down)
        self.told, self.asked, self.twins = {}, False, {}

    now = property(lambda self: self.real.now)
    inside = False

    def part(self, name):
        """The copy of the component that is called `name`, made when it is first needed."""
        if name not in self.twins:
            cloud = self.cloud
            self.twins[name] = self.twin(
                next(
                    part
                    for part in (*cloud.services.values(), *cloud.keystones, cloud.balancer)
                    if part and part.name == name
                )
            )
        return self.twins[name]

    def twin(self, part):
        """A copy of a component with its own memory, living here. Keystone's database is shared, see `undone`."""
        made = copy.copy(part)
        for name, value in vars(part).items():
            if type(value) is dict:
                setattr(made, name, {key: dict(item) if type(item) is dict else item for key, item in value.items()})
            elif isinstance(value, MethodType) and value.__self__ is self.cloud:
                setattr(made, name, lambda *_: None)
        made.world, made.node = self, SimpleNamespace(process=lambda work, *_: work.close())
        if hasattr(part, "draw"):
            made.draw = copy.copy(part.draw)
        if hasattr(part, "door"):
            self.guard(made)
        return made

    def guard(self, service):
        """Give a copied service its own door and account, and note who refuses what."""
        service.account = copy.copy(service.account)
        service.account.world = self
        service.door = copy.copy(service.door)
        service.door.cache, service.door.validate = dict(service.door.cache), service.confirm
        service.door.process = lambda headers, process=service.door.process: self.watch(service, process(headers))
        service.enforce = lambda rule, *rest, enforce=service.enforce: self.enforced(service, rule, enforce, *rest)

    def watch(self, service, process):
        try:
            return (yield from process)
        except HttpError as refusal:
            silent = "Keystone cannot be reached, or does not accept this service's own account"
            self.told = {
                "who": f"{service.name}'s middleware",
                "why": silent if refusal.code == 503 else refusal.message,
            }
            raise

    def enforced(self, service, rule, enforce, *rest):
        self.told = {"who": f"{service.name}'s policy", "rule": rule}
        try:
            enforce(rule, *rest)
        except Forbidden as refusal:
            self.told["why"] = refusal.message
            raise

    # -- what components ask of a world -----------------------------------------------------------------------------
    def utcnow(self):
        return self.real.utcnow()

    def random(self, name):
        return copy.copy(self.real.random(name))

    def emit(self, *_, **__):
        return None

    def event(self):
        return None

    def call(self, src, dst, kind, what, timeout_s=60, *, step=None, shown=None, **detail):
        """The reply's payload or an Unanswered, at once."""
        self.asked |= kind == "rest" and dst in self.down | {"keystone"}
        link = self.real.network.link(src, dst)
        state = self.real.nodes[dst].state if dst not in self.down else "stopped"
        if state == "stopped" and not link.is_cut:
            return Unanswered(f"{dst} refused the connection", definite=True)
        if state != "running" or link.is_cut or self.real.network.link(dst, src).is_cut:
            return Unanswered(f"no answer from {dst} within {timeout_s:g} s", definite=False)
        message = SimpleNamespace(src=src, dst=dst, kind=kind, what=what, detail=detail, world=self, n=None)
        part = self.part(dst)
        return self.undone(part, message) if hasattr(part, "db") else self.served(part, message)

    def served(self, part, message):
        said = part.serve(message)
        return self.drive(said) if hasattr(said, "throw") else said

    def undone(self, keystone, message):
        """Keystone's answer; whatever it wrote, counted or remembered for it is taken back."""
        with keystone.db.aside():
            return self.served(keystone, message)

    def drive(self, generator):
        """Run a component's generator to its end: what it waits for is known already."""
        step, given = generator.send, None
        while True:
            try:
                given = step(given)
            except StopIteration as end:
                return end.value
            except LabError as error:
                return error
            step = generator.throw if isinstance(given, Exception) else generator.send

    # -- the question ----------------------------------------------------------------------------------------------
    def ask(self, node, method, path, token=None, body=None, src="laptop", **headers):
        """What `node` would answer to this request from `src`, as a Told."""
        self.told, self.asked = {}, False
        payload = self.call(src, node, "rest", f"{method} {path}", **rest.detail(method, path, token, body, **headers))
        if isinstance(payload, LabError):
            return Told(
                None, f"nobody: {node} is silent" if not payload.definite else f"{node}'s machine", str(payload)
            )
        return self.placed(node, payload["status"], rest.Answer.of(payload).body)

    def placed(self, node, status, body):
        """The Told of an answer: decided by the middleware or the policy if one of them said so, else by the service
        itself.
        """
        if status < 300 or status in (401, 403, 503):
            return Told(
                status, **{"who": node, "why": words(body) if status >= 300 else "", "asked": self.asked, **self.told}
            )
        missing = " (not there, or not for you)" if status == 404 else ""
        return Told(status, f"{node}{missing}", words(body), self.told.get("rule", ""), self.asked)


def words(body):
    """The message in the body of a refusal, wherever the service puts it."""
    if isinstance(body, dict):
        return (
            body["message"]
            if isinstance(body.get("message"), str)
            else next(filter(None, map(words, body.values())), "")
        )
    return ""
