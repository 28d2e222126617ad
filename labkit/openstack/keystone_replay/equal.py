"""When two answers are equal: status, JSON key paths and types, the headers that are facts, then values but for ids,
times and secrets.

Ids are compared by what they stand for: once the recording's bbc2386a… has been our 4f1c…, it must be so for ever
after.
"""

import json
import re

from labkit.openstack.keystone_replay.recording import HEX32, NAMED_HEADERS, TOKEN

OUR_TOKEN = re.compile(r"gAAAA[\w-]{60,}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z?)")
FREE = {
    "secret": "<secret>",
    "audit_ids": "<audit>",
    "audit_id": "<audit>",
    "audit_chain_id": "<audit>",
    "x-openstack-request-id": "<req>",
    "x-subject-token": "<token>",
}


def plain(value, label, origin, key=None):
    """A value without what may differ: label(hex) names an id. Lists of objects are sorted: Keystone promises no
    order."""
    if isinstance(value, dict):
        return {plain(name, label, origin): plain(inner, label, origin, name) for name, inner in value.items()}
    if isinstance(value, list):
        inner = [plain(each, label, origin, key) for each in value]
        ordered = key == "methods" or (inner and isinstance(inner[0], dict))
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if ordered else inner
    if not isinstance(value, str):
        return value
    if key in FREE:
        return FREE[key]
    if key == "allow":
        return ", ".join(sorted(value.split(", ")))
    text = OUR_TOKEN.sub("<token>", TOKEN.sub("<token>", value)).replace(origin, "<origin>")
    text = HEX32.sub(lambda found: label(found[0]), text)
    return TIME.sub(lambda found: f"<time{'.us' if found[1] else ''}{found[2]}>", text)


def heads(headers):
    return {name: value for name, value in headers.items() if name in NAMED_HEADERS}


def first_difference(real, ours, at=""):
    """(path, real value, our value) of the first place where two plain values differ, or None."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted({*real, *ours}):
            if key not in ours or key not in real:
                return f"{at}.{key}", real.get(key, "absent"), ours.get(key, "absent")
            found = first_difference(real[key], ours[key], f"{at}.{key}")
            if found:
                return found
        return None
    if isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for n, (one, other) in enumerate(zip(real, ours, strict=True)):
            found = first_difference(one, other, f"{at}[{n}]")
            if found:
                return found
        return None
    same = type(real) is type(ours) and real == ours
    return None if same else (at or "body", real, ours)


def compare(exchange, status, headers, body, ids, origin):
    """None if our answer equals the recorded one, else (what, recorded, ours). ids: the Ids that both sides' ids go
    through."""
    if status != exchange.status:
        return "status", exchange.status, status
    found = first_difference(
        plain(exchange.answer_headers, ids.theirs, origin), plain(heads(headers), ids.ours, origin), "headers"
    )
    return found or first_difference(plain(exchange.answer, ids.theirs, origin), plain(body, ids.ours, origin))


def contradiction(exchange, origin):
    """Where a recording's two forms of one answer disagree (somebody has changed one of them), or None."""

    def anonymous(text):
        return "<id>"

    def norm(value):
        text = json.dumps(value)
        text = re.sub(r"\{[^{}\"\\ ]+?\.id\}|<hex32>", "<id>", text)
        text = re.sub(r"<token:[^<>]*>", "<token>", text)
        return json.loads(re.sub(r"<ts(\.us)?(Z?)>", r"<time\1\2>", text))

    body, headers = norm(exchange.norm.get("body")), norm(exchange.norm.get("headers", {}))
    pair = {"body": body, "headers": heads(headers)}
    real = {"body": exchange.answer, "headers": exchange.answer_headers}
    return first_difference(plain(real, anonymous, origin), plain(pair, anonymous, origin))


class Ids:
    """Which of our ids stands for which of theirs. Ids that nobody has met yet are all alike."""

    def __init__(self):
        self.to_ours, self.to_theirs = {}, {}

    def copy(self):
        twin = Ids()
        twin.to_ours, twin.to_theirs = dict(self.to_ours), dict(self.to_theirs)
        return twin

    def bind(self, theirs, ours):
        """They are one and the same from here on. An id keeps its first meaning."""
        if theirs not in self.to_ours and ours not in self.to_theirs:
            self.to_ours[theirs], self.to_theirs[ours] = ours, theirs

    def theirs(self, text):
        return f"<{text}>" if text in self.to_ours else "<id>"

    def ours(self, text):
        return f"<{self.to_theirs[text]}>" if text in self.to_theirs else "<id>"

    def learn(self, real, ours, key=None):
        """Bind the ids (and secrets) that stand at the same places of two equal answers."""
        if isinstance(real, dict) and isinstance(ours, dict):
            for name in real:
                self.learn(real[name], ours.get(name), name)
        elif isinstance(real, list) and isinstance(ours, list):

            def order(label):
                return lambda each: json.dumps(plain(each, label, "\0"), sort_keys=True)

            for one, other in zip(
                sorted(real, key=order(self.theirs)), sorted(ours, key=order(self.ours)), strict=False
            ):
                self.learn(one, other, key)
        elif isinstance(real, str) and isinstance(ours, str):
            if key in ("secret", "access"):
                self.bind(real, ours)
            for one, other in zip(HEX32.findall(real), HEX32.findall(ours), strict=False):
                self.bind(one, other)
