"""Plays a flow of exchanges against a Keystone, real or ours, and puts its answers into a comparable form.

A flow is a JSON file: {"about", "token_s", "exchanges": [{"name", "by", "method", "path", "body", "headers",
"subject", "keep", "answer"}]}.

    by       whose token goes into X-Auth-Token; subject: whose into X-Subject-Token; {name} in path and body: an id
             that was kept
    keep     {"alpha": "project.id"}: from here on {alpha} is this value of the answer; {"alice": "token"}: the
             X-Subject-Token
    wait_s   let this much time pass (instead of an exchange)
    answer   status, headers (those that are facts), body: ids, times, secrets and the server's address as placeholders
"""

import json
import re

NAMED = ("x-subject-token", "vary", "www-authenticate", "location", "allow", "content-type", "x-openstack-request-id")
HEX32 = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
HEX64 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6})?(Z|\+00:00)?")
TOKEN = re.compile(r"gAAAA[\w-]{60,}")
SECRETS = {"secret", "original_password"}
AUDITS = {"audit_ids", "audit_id", "audit_chain_id"}


class Play:
    """One run of a flow. send(method, path, headers, body) -> (status, {header: value}, text); wait(s); moment(s) ->
    ISO time in s seconds."""

    def __init__(self, send, wait, moment, origin):
        self.send, self.wait, self.moment, self.origin = send, wait, moment, origin
        self.kept, self.names = {}, {}

    def keep(self, name, value):
        self.kept[name] = value
        if len(value) > 7 and value not in ("RegionOne",):
            self.names.setdefault(value, name)

    def bootstrap(self):
        """Give names to what every new Keystone has: the admin, the roles, the identity service and its endpoints."""
        self.step(
            {
                "method": "POST",
                "path": "/v3/auth/tokens",
                "keep": {"admin": "token"},
                "body": login("admin", "labadmin", {"project": {"name": "admin", "domain": {"id": "default"}}}),
            }
        )
        for path, key, prefix, field in (
            ("roles", "roles", "role.", "name"),
            ("services", "services", "svc.", "type"),
            ("endpoints", "endpoints", "ep.", "interface"),
            ("users", "users", "user.", "name"),
            ("projects", "projects", "project.", "name"),
        ):
            _, _, text = self.send("GET", f"/v3/{path}", {"X-Auth-Token": self.kept["admin"]}, None)
            for ref in json.loads(text)[key]:
                self.keep(prefix + ref[field], ref["id"])

    def step(self, exchange):
        """Do one exchange and return its answer in comparable form."""
        headers = {name: self.filled(value) for name, value in exchange.get("headers", {}).items()}
        if exchange.get("by"):
            headers["X-Auth-Token"] = self.kept[exchange["by"]]
        if exchange.get("subject"):
            headers["X-Subject-Token"] = self.kept[exchange["subject"]]
        status, given, text = self.send(
            exchange["method"], self.filled(exchange["path"]), headers, self.filled(exchange.get("body"))
        )
        given = {name.lower(): value for name, value in given.items()}
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = {"<text>": text}
        for name, where in exchange.get("keep", {}).items():
            value = given.get("x-subject-token") if where == "token" else reach(body, where)
            if value is not None:
                self.keep(name, value)
        facts = {name: self.normal(name, given[name]) for name in NAMED if name in given}
        return {"status": status, "headers": facts, "body": self.normal(None, body)}

    def filled(self, value):
        """A value with {name} replaced by what was kept, and {in:S} by a time S seconds from now."""
        if isinstance(value, dict):
            return {self.filled(key): self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        value = re.sub(r"\{in:(-?[\d.]+)\}", lambda found: self.moment(float(found[1])), value)
        return re.sub(r"\{([\w.-]+)\}", lambda found: self.kept.get(found[1], found[0]), value)

    def normal(self, key, value):
        """A value without what differs from run to run; lists of objects are sets, as Keystone promises no order."""
        if isinstance(value, dict):
            inner = {self.normal(None, name): self.normal(name, each) for name, each in value.items()}
            return dict(sorted(inner.items()))
        if isinstance(value, list):
            inner = [self.normal(key, each) for each in (sorted(value) if key == "methods" else value)]
            return (
                sorted(inner, key=lambda each: json.dumps(each, sort_keys=True))
                if inner and isinstance(inner[0], dict)
                else inner
            )
        return self.normal_text(key, value) if isinstance(value, str) else value

    def normal_text(self, key, text):
        if key in AUDITS:
            return "<audit>"
        if key in SECRETS:
            return "<secret>"
        if key == "x-openstack-request-id":
            return "<request>"
        if key == "allow":  # the real one's order changes from start to start
            return ", ".join(sorted(text.split(", ")))
        text = TOKEN.sub("<token>", text).replace(self.origin, "<origin>")
        for value, name in self.names.items():
            if len(value) in (32, 64):
                text = text.replace(value, "{" + name + "}")
        text = HEX64.sub("<id64>", HEX32.sub("<id>", text))
        return TIME.sub(lambda found: "<time" + (".us" if found[1] else "") + (found[2] or "") + ">", text)


def reach(body, where):
    """The value at a dotted path; [n] are digits."""
    for part in where.split("."):
        if body is None:
            return None
        body = body[int(part)] if part.isdigit() else body.get(part)
    return body


def login(name, password, scope=None):
    """The body of a login by password in the domain default."""
    user = {"name": name, "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, **({"scope": scope} if scope is not None else {})}}


def play(flow, send, wait, moment, origin):
    """Play a whole flow; yields (exchange, answer)."""
    run = Play(send, wait, moment, origin)
    run.bootstrap()
    for exchange in flow["exchanges"]:
        if "wait_s" in exchange:
            wait(exchange["wait_s"])
        else:
            yield exchange, run.step(exchange)


def dumps(flow):
    """A flow as JSON with one exchange per line."""
    head = {key: value for key, value in flow.items() if key != "exchanges"}
    lines = ",\n".join("  " + json.dumps(exchange, ensure_ascii=False) for exchange in flow["exchanges"])
    return json.dumps(head, ensure_ascii=False)[:-1] + ',\n "exchanges": [\n' + lines + "\n ]}\n"
