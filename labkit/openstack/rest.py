"""REST between services, as messages of the world: a request, an answer, and the words the trace may show.

    {"method", "path", "headers", "body"} ──rest──▶ node ──▶ {"status", "headers", "body"}

Bodies are JSON text, headers are plain dicts. The trace shows method, path and status; tokens and passwords stay out of
it, and a token can be told from another by its fingerprint.
"""

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request as a service sees it."""

    method: str
    path: str
    headers: dict = field(default_factory=dict, repr=False)  # a token stands here,
    text: str = field(default="", repr=False)  # a password may stand here

    @classmethod
    def of(cls, message):
        """The request in a message of kind 'rest'."""
        detail = message.detail
        return cls(detail["method"], detail["path"], detail.get("headers") or {}, as_text(detail.get("body")))

    @property
    def json(self):
        """The body as a JSON object; {} for none. Raises ValueError for text that is no JSON object."""
        value = json.loads(self.text) if self.text else {}
        if not isinstance(value, dict):
            raise ValueError("the body is no JSON object")
        return value


@dataclass(frozen=True)
class Answer:
    """One answer: `status`, `headers`, and `body` as JSON value (or text, if it is no JSON)."""

    status: int
    headers: dict
    body: object = None

    @classmethod
    def of(cls, payload):
        """The answer in the payload of a reply."""
        headers = payload.get("headers") or {}
        return cls(
            payload["status"],
            {name.title(): value for name, value in dict(headers).items()},
            as_value(payload.get("body")),
        )

    def __repr__(self):
        return f"<Answer {self.status}>"


def answer(status, body=None, headers=None):
    """The payload of a reply."""
    return {"status": status, "headers": headers or {}, "body": "" if body is None else json.dumps(body)}


def detail(method, path, token=None, body=None, **headers):
    """The payload of a request. A text as body goes as it is (an upload), other values as JSON. Headers are written
    with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items() if value}
    if token:
        named["X-Auth-Token"] = token
    if body is not None:
        named["Content-Type"] = "application/octet-stream" if isinstance(body, str) else "application/json"
    return {"method": method, "path": path, "headers": named, "body": as_text(body)}


def fingerprint(token):
    """Eight hex digits that tell tokens apart without giving one away."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


def as_text(body):
    return body if isinstance(body, str) else "" if body is None else json.dumps(body)


def as_value(body):
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
