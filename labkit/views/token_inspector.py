"""The token inspector: issue a token or paste one, and see the envelope, the payload, its life, and what each service
answers to it.

Without the key a token is sealed: the time stamp is all that can be read. What the services would answer is asked
from the services themselves, on copies (what_if): looking changes nothing, no cache is filled by it.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from labkit.openstack.keystone import domains, projects, tokens, users
from labkit.views import card, envelope
from labkit.views.frame import Frame, button, choice, text_field
from labkit.views.timeline import Band, Mark, line, span
from labkit.views.what_if import Aside, Told

LONGEST_LIFE_S = 366 * 86400   # what lies further away has no place on a time line


@dataclass(frozen=True)
class Inspection:
    """What can be known about a token now, times in Unix seconds. `opened`: (repository, key number, Token) or None."""

    text: str
    now_s: float
    problem: str = ""
    parts: list = field(default_factory=list)
    opened: tuple | None = None
    names: dict = field(default_factory=dict)
    caches: dict = field(default_factory=dict)  # node -> (from, until)
    answers: dict = field(default_factory=dict)  # (node, request) -> Told

    @property
    def token(self):
        return self.opened and self.opened[2]


def inspect(cloud, text, repositories=None):
    """Take a token apart and ask everybody about it.

    `repositories`: name -> KeyRepository, by default those of all Keystone nodes.
    """
    now_s, every = cloud.world.utcnow().timestamp(), {keystone.name: keystone.keys for keystone in cloud.keystones}
    try:
        parts = envelope.take_apart(text)
    except ValueError as problem:
        return Inspection(text, now_s, problem=str(problem), answers=would_answer(cloud, text, None))
    truly = envelope.open_with(text, every)
    opened = truly if repositories is None else envelope.open_with(text, repositories)
    names = names_of(cloud.keystone.db, opened[2]) if opened else {}
    return Inspection(
        text, now_s, "", parts, opened, names, caches_of(cloud, text), would_answer(cloud, text, truly and truly[2])
    )


def names_of(db, token):
    """id -> name of the token's user, project and domain, as Keystone's database has them now."""
    looked = [(users, token.user_id), (projects, token.project_id), (domains, token.domain_id)]
    found = {key: room.find(db, key) for room, key in looked if key}
    return {key: ref["name"] for key, ref in found.items() if ref}


def caches_of(cloud, text):
    """node -> (from, until): the services that need not ask Keystone about this token for a while."""
    found, key = {}, sha256(text.strip().encode()).hexdigest()
    for node, service in cloud.services.items():
        until, _ = service.door.cache.get(key, (None, None))
        if until is not None and until > cloud.world.utcnow():
            found[node] = (until.timestamp() - service.door.token_cache_s, until.timestamp())
    return found


def requests_of(cloud, token):
    """node -> path of one reading request, such as everybody's tools send; the volume service wants the project in
    the path.
    """
    project = (token and token.project_id) or "no-project"
    return {
        "keystone": "/v3/auth/tokens",
        "nova-api": "/v2.1/servers",
        "glance-api": f"/v2/images/{cloud.image_id}",
        "neutron-server": "/v2.0/ports",
        "cinder-api": f"/v3/{project}/volumes",
    }


def subject(node, text):
    """Keystone is asked about the token itself: the header says which."""
    return {"X_Subject_Token": text} if node == "keystone" else {}


def would_answer(cloud, text, token):
    """(node, request) -> Told: what each would say now; nothing is sent."""
    aside = Aside(cloud)
    return {
        (node, f"GET {path}"): aside.ask(node, "GET", path, text, **subject(node, text))
        for node, path in requests_of(cloud, token).items()
    }


# -- the picture -----------------------------------------------------------------------------------------------------
def draw(seen):
    """The whole inspection as HTML."""
    if seen.problem:
        return card.panel(
            "Token inspector",
            card.Html(f"<p>{card.badge('not a token', 'bad')} {card.text(seen.problem)}</p>"),
            answers_table(seen),
        )
    size = f"{len(seen.text)} characters, {sum(len(raw) for *_, raw in seen.parts)} bytes"
    head = f"<p>{card.code(envelope.shortened(seen.text, 48))} · {size}</p>"
    return card.panel(
        "Token inspector",
        card.Html(head),
        envelope.strip(seen.parts),
        folded("Each part explained", envelope.parts_table(seen.parts)),
        inside(seen),
        life(seen),
        answers_table(seen),
        note="A bearer token: whoever holds this text is the user, until it expires or is revoked. Show it to nobody.",
    )


def inside(seen):
    """The payload, or that nobody here can open it."""
    if not seen.opened:
        return card.Html(
            f"<p>{card.badge('sealed', 'idle')} This node has no key that opens it: to it the ciphertext is noise.</p>"
        )
    node, number, token = seen.opened
    said = f"<p>{card.badge('opened', 'good')} by key {number} of {card.text(node)}</p>"
    return card.Html(said + envelope.payload_table(token, seen.names))


def life(seen):
    """The token's time line: issued, cached, now, expired."""
    issued = envelope.sealed_at(seen.parts)
    if abs(issued - seen.now_s) > LONGEST_LIFE_S:
        return card.Html("<p>Its time stamp lies years from now: somebody changed it, and that broke the seal.</p>")
    expires = seen.token.expires_at if seen.token else None
    end = max((expires or issued + 3600) + 600, seen.now_s + 300)
    bands = (
        [Band("token", issued, expires, "may be valid", "good"), Band("token", expires, end, "expired", "bad")]
        if expires
        else [Band("token", issued, end, "its end is sealed in the payload", "idle")]
    )
    bands += [Band(f"{node}'s cache", start, until, "", "info") for node, (start, until) in seen.caches.items()]
    marks = [
        Mark(until, f"caches forget after {span(until - start)}") for start, until in list(seen.caches.values())[:1]
    ]
    marks += [Mark(expires, f"expires after {span(expires - issued)}")] if expires else []
    tick = next(step for step in (600, 1800, 3600, 14400, 86400) if (end - issued) / step <= 9 or step == 86400)
    return line("Life of the token", bands, start_s=issued, end_s=end, now_s=seen.now_s, marks=marks, tick_s=tick)


def answers_table(seen):
    """What Keystone and each service would answer now, and who says so."""
    rows = [
        (node, card.code(request if len(request) < 44 else request[:40] + "…"), shown(told))
        for (node, request), told in seen.answers.items()
    ]
    return card.table("What would be answered right now", ("asked", "request", "answer, and who decides"), rows)


def shown(told: Told):
    """An answer as a cell: status, who, why."""
    tone = {2: "good", 5: "odd", None: "odd"}.get(told.status and told.status // 100, "bad")
    asked = ", after asking Keystone" if told.asked and "middleware" in told.who + told.rule else ""
    return card.cell(told.status or "no answer", tone, f"{told.who}{asked}" + (f": {told.why}" if told.why else ""))


def folded(summary, body):
    """Content that opens at a click or with Enter."""
    return card.Html(f"<details><summary>{card.text(summary)}</summary>{body}</details>")


class TokenInspector(Frame):
    """Issue a token for somebody or paste one, and look into it; let time pass, stop Keystone, and look again.

    `cloud`: an OpenStack. `token`: text or a Session to begin with; without one nothing is issued yet.
    `repositories`: the keys at hand, name -> KeyRepository; {} to see what somebody without keys sees.
    """

    def __init__(self, cloud, token="", repositories=None):
        self.cloud, self.repositories = cloud, repositories
        self.token = getattr(token, "token", token)
        self.user, self.scope = next(iter(cloud.people)), "own"

    def html(self):
        if not self.token:
            return card.panel("Token inspector", card.Html("<p>Issue a token, or paste one into the field.</p>"))
        return draw(inspect(self.cloud, self.token, self.repositories))

    def text(self):
        if not self.token:
            return "Token inspector: no token yet."
        seen = inspect(self.cloud, self.token, self.repositories)
        said = [
            f"{node} {request}: {told.status or 'no answer'} ({told.who})"
            for (node, request), told in seen.answers.items()
        ]
        inner = seen.problem or (
            f"user {seen.names.get(seen.token.user_id, seen.token.user_id)}, {tokens.SCOPE_NAMES[seen.token.kind]} "
            f"{seen.names.get(seen.token.project_id, '')}, until {tokens.time_text(seen.token.expires_at)}"
            if seen.token
            else "sealed: no key at hand opens it"
        )
        return "\n".join([f"Token of {len(seen.text)} characters: {inner}", *said])

    def controls(self):
        scopes = ["own", *sorted({project for project, _ in self.cloud.people.values()}), "unscoped"]
        self._field = text_field("or paste one", "gAAAAA…", self.paste)
        return [
            [
                choice(
                    "User", [*self.cloud.people, "admin"], lambda user: setattr(self, "user", user), value=self.user
                ),
                choice("Project", scopes, lambda scope: setattr(self, "scope", scope), value=self.scope),
                button("Issue a token", lambda: self.act(self.issue)),
                self._field,
            ],
            [
                button("1 min later", lambda: self.act(lambda: self.later(60))),
                button("5 min later", lambda: self.act(lambda: self.later(300))),
                button("1 h later", lambda: self.act(lambda: self.later(3600))),
                button("Send the requests", lambda: self.act(self.send)),
                button("Stop Keystone", lambda: self.act(lambda: self.switch("stop"))),
                button("Start Keystone", lambda: self.act(lambda: self.switch("start"))),
            ],
        ]

    def issue(self):
        """Log in as the chosen user with the chosen scope and look at the token.

        Raises LabError when Keystone refuses.
        """
        project = None if self.scope in ("own", "unscoped") else self.scope
        own = self.cloud.people.get(self.user, ("admin", None))[0]
        self.token = self.cloud.login(self.user, project=project or own, unscoped=self.scope == "unscoped").token
        return f"A token for {self.user}, project {project or own if self.scope != 'unscoped' else 'none'}"

    def paste(self, text):
        """Look at this text instead."""
        self.token = "".join(text.split()).encode("utf-8", "replace").decode()   # half a surrogate pair is no text
        self.refresh("Looking at the text that you pasted")

    def later(self, delay_s):
        """Let the world run for `delay_s` seconds."""
        self.cloud.world.run(until=self.cloud.world.now + delay_s)
        return f"{span(delay_s)} later"

    def send(self):
        """Really send the requests: from now on the services that said yes remember the token."""
        token = inspect(self.cloud, self.token).token
        for node, path in requests_of(self.cloud, token).items():
            self.cloud.request("GET", node, path, self.token, **subject(node, self.token))
        return "Sent: see the caches on the time line"

    def switch(self, what):
        """Stop or start every Keystone node."""
        for keystone in self.cloud.keystones:
            getattr(self.cloud.world, what)(keystone.name)
        return "Keystone is stopped" if what == "stop" else "Keystone runs"
