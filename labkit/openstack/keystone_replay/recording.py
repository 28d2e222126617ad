"""A recording of real Keystone, read: its exchanges, and which raw id bears which name.

The recorder wrote every answer twice: as it came (`response`) and with names in place of ids (`norm`). Laid side by
side they say that bbc2386a… is {rec-alice.id}. What the recorder did not write down is who asked: of a token there
is only its length.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

HEX32 = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{64})(?![0-9a-f])")  # ids; 64: a credential of EC2
TOKEN = re.compile(r"<fernet token, (\d+) characters>")
PLACEHOLDER = re.compile(r"\{([^{}]+?)(?:\.id)?\}")
NAMED_HEADERS = (
    "x-subject-token",
    "vary",
    "www-authenticate",
    "location",
    "allow",
    "content-type",
    "x-openstack-request-id",
)


@dataclass
class Exchange:
    """One request and what the real Keystone answered."""

    number: int
    name: str
    method: str
    path: str
    headers: dict
    body: object
    status: int
    answer_headers: dict
    answer: object
    norm: dict = field(default_factory=dict)

    @property
    def text(self):
        """Everything that was said, as one text: where names and ids are looked for."""
        return json.dumps([self.path, self.body, self.answer, sorted(map(str, self.answer_headers.items()))])

    @property
    def writes(self):
        return self.method not in ("GET", "HEAD", "OPTIONS")

    def caller_length(self, header="X-Auth-Token"):
        """The length of a token in a header, or None if there is none, or the text itself if it is no token."""
        value = self.headers.get(header)
        found = TOKEN.fullmatch(value) if value else None
        return int(found[1]) if found else value


def exchanges(document):
    """The exchanges of a recording, in their order."""
    return [exchange(number, each) for number, each in enumerate(document, start=1)]


def exchange(number, each):
    asked, said = each["request"], each["response"]
    headers = {name.lower(): value for name, value in said.get("headers", {}).items()}
    return Exchange(
        number,
        each["name"],
        asked["method"],
        asked["path"],
        asked.get("headers") or {},
        asked.get("body"),
        said["status"],
        {name: headers[name] for name in NAMED_HEADERS if name in headers},
        said.get("body"),
        each["norm"],
    )


def origin(played):
    """The server's own address, as the recording's links show it."""
    for each in played:
        found = re.search(r"(https?://[^/\"\\ ]+)/v3", each.text)
        if found and "<origin>" in json.dumps(each.norm):
            return found[1]
    return "http://127.0.0.1:5002"


def names(played):
    """{raw id: name}, learned by laying requests and answers beside their normal forms."""
    known = {}
    for each in played:
        beside(each.path, each.norm.get("path"), known)
        beside(each.answer, each.norm.get("body"), known)
    for each in played:  # what the recorder gave no name to may show one
        named_within(each.answer, known)
        named_within(each.body, known)
    return known


def named_within(value, known):
    """Learn from all objects in a value that show id and name."""
    if isinstance(value, dict):
        named(value, known)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        named_within(inner, known)


def beside(raw, norm, known):
    """Learn from two forms of one value."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            beside(value, norm.get(key) if isinstance(norm, dict) else None, known)
    elif isinstance(raw, list):
        twins = {anonymous(each): each for each in norm} if isinstance(norm, list) else {}
        kinds = [anonymous(each) for each in raw]
        for value, kind in zip(raw, kinds, strict=True):
            beside(value, twins.get(kind) if kinds.count(kind) == 1 else None, known)
        left_over(raw, norm, known)
    elif isinstance(raw, str) and isinstance(norm, str) and "{" in norm:
        parts = PLACEHOLDER.split(norm.replace("<hex32>", "{?}").replace("<origin>", "{?o}"))
        pattern = "".join(re.escape(part) if n % 2 == 0 else "(.+?)" for n, part in enumerate(parts))
        found = re.fullmatch(pattern, raw)
        for name, value in zip(parts[1::2], found.groups() if found else (), strict=False):
            if not name.startswith("?") and HEX32.fullmatch(value):
                known.setdefault(value, name)


def left_over(raw, norm, known):
    """Of alike items the last id without a name bears the last name without an id."""
    ids = set(HEX32.findall(json.dumps(raw))) - set(known)
    names = set(re.findall(r"\{([^{}\"\\ ]+?)\.id\}", json.dumps(norm))) - set(known.values())
    if len(ids) == len(names) == 1:
        known[ids.pop()] = names.pop()


def anonymous(value):
    """A value's text without ids, times, tokens and secrets: what its two forms have in common."""
    text = re.sub(r"\{[^{}\"\\ ]+?\.id\}|<hex32>", "<>", HEX32.sub("<>", json.dumps(value, sort_keys=True)))
    text = re.sub(r"https?://127\.0\.0\.1:5\d\d\d(?=/v3)|<origin>|<ts[^>]*>|\d{4}-\d\d-\d\d[T ][\d:.]+Z?", "<>", text)
    return re.sub(r"<audit>|\"[\w-]{22}\"", "<>", text)


def named(value, known):
    """An object that shows its id and its name: {"id": …, "name": "rec-alpha"}."""
    key, name = value.get("id"), value.get("name")
    if isinstance(key, str) and HEX32.fullmatch(key) and isinstance(name, str):
        if name in ("admin", "manager", "member", "reader", "service"):
            # a user or project called admin shows these
            name = name if {"domain", "enabled"} & set(value) else f"role.{name}"
            if name == "admin":
                return
        elif "type" in value:
            name = f"svc.{value['type']}"
        known.setdefault(key, name)
    elif (
        isinstance(key, str)
        and HEX32.fullmatch(key)
        and value.get("region") == "RegionOne"
        and value.get("url", "").endswith(":5002/v3")
    ):
        known.setdefault(key, f"ep.{value['interface']}")


def scalars(value):
    """Every value in a JSON document, as JSON."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from scalars(inner)
    elif isinstance(value, list):
        yield json.dumps(value)
        for inner in value:
            yield from scalars(inner)
    else:
        yield json.dumps(value)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def issued(exchange):
    """(issued_at, expires_at, methods) of a token that this exchange issued, or None."""
    body = exchange.answer
    if exchange.method == "POST" and isinstance(body, dict) and "issued_at" in body.get("token", {}):
        token = body["token"]
        return moment(token["issued_at"]), moment(token["expires_at"]), token.get("methods", [])
    return None


def moment_of(exchange):
    """When it was, if the answer says so."""
    told = issued(exchange)
    return told[0] + timedelta(milliseconds=200) if told else None


def first_moment(played):
    moments = [issued(each)[0] for each in played if issued(each)]
    return min(moments) - timedelta(seconds=30) if moments else datetime(2026, 3, 2, 8, tzinfo=UTC)


def lifetime_s(played):
    """How long a token lives, as the first that came of a password shows; an hour if there is none."""
    for each in played:
        token = each.answer.get("token", {}) if isinstance(each.answer, dict) else {}
        if token.get("methods") == ["password"] and "OS-TRUST:trust" not in token:
            return round((moment(token["expires_at"]) - moment(token["issued_at"])).total_seconds())
    return 3600
