"""The vSphere REST API of vCenter: /api/session and /api/vcenter/…, for plain HTTP clients.

    client ── rest GET /api/vcenter/vm ──▶ vpxd          header vmware-api-session-id: the token of POST /api/session
           ◀── 200 [{"vm": "vm-42", …}] ──

It is another door to the same vpxd: what it does is done by the same tasks, and the door is shut when vpxd is down. In
the REST API an act answers when it is done (204), where the SOAP API hands out a task at once.

Paths, fields and errors: the vSphere Automation API reference (7.0 and later, document-only). What the real one does
differently: it is served by another process (vapi-endpoint) behind a reverse proxy with TLS; about two hundred further
resources, tags, libraries, guest operations; task=true answers with a task.
"""

import base64
import binascii
import json
import re
from urllib.parse import parse_qs, urlsplit

from labkit.vsphere import rest_inventory, rest_vms
from labkit.vsphere.rest_errors import Refused, refused
from labkit.world import LabError

SESSION = "vmware-api-session-id"
ROUTES = (*rest_inventory.ROUTES, *rest_vms.ROUTES)


class Rest:
    """The REST door of a VCenter: messages of kind 'rest' to its vpxd, with {"method", "path", "headers", "body"} and
    {"status", "headers", "body"} as answer; `wsgi` is the same for a web server."""

    def __init__(self, vcenter):
        self.vcenter, self.world = vcenter, vcenter.world
        self.sessions = vcenter.vpxd.sessions
        node = vcenter.vim.node
        self._serve, node.serve = node.serve, self.serve

    def serve(self, message):
        """A request of the REST API, or what vpxd else hears."""
        return self.answer(message.detail) if message.kind == "rest" else self._serve(message)

    def answer(self, detail):
        """One request (a generator for vpxd's process)."""
        headers = {name.lower(): value for name, value in (detail.get("headers") or {}).items()}
        url = urlsplit(detail["path"])
        try:
            status, body = yield from self.route(detail["method"], url, headers, detail.get("body") or "")
        except Refused as refusal:
            status, body = refusal.status, refusal.body()
        except LabError as error:
            refusal = refused(error)
            status, body = refusal.status, refusal.body()
        text = "" if status == 204 else json.dumps(body)
        return {"status": status, "headers": {"Content-Type": "application/json"}, "body": text}

    def route(self, method, url, headers, text):
        """Find who answers; (status, body) (a generator)."""
        if url.path == "/api/session":
            return self.session(method, headers)
        try:
            self.sessions.user(headers.get(SESSION))
        except LabError:
            raise Refused("UNAUTHENTICATED", "This method requires authentication.") from None
        query = parse_qs(url.query, keep_blank_values=True)
        action = query.pop("action", [None])[0]
        found = [(re.fullmatch(pattern, url.path), wanted, what, handler) for wanted, what, pattern, handler in ROUTES]
        found = [each for each in found if each[0]]
        handler = next((each for each in found if each[1] == method and each[2] == action), None)
        if handler is None:
            known = ", ".join(f"{wanted}{'?action=' + what if what else ''}" for _, wanted, what, _ in found)
            raise Refused("OPERATION_NOT_FOUND", f"no {method} {url.path} here; there is: {known or 'nothing'}")
        said = handler[3](self.vcenter, **handler[0].groupdict(), query=query, body=parsed(text))
        return (yield from said) if hasattr(said, "throw") else said

    def session(self, method, headers):
        """POST logs in (Basic authentication), GET tells whose session it is, DELETE ends it."""
        key = headers.get(SESSION)
        if method == "POST":
            return 201, self.sessions.login(*basic(headers.get("authorization", "")))
        user = self.sessions.user(key)
        if method == "GET":
            return 200, {"user": user}
        if method == "DELETE":
            self.sessions.logout(key)
            return 204, None
        raise Refused("OPERATION_NOT_FOUND", f"no {method} /api/session here; there is: POST, GET, DELETE")

    # -- for web servers ---------------------------------------------------------------------------------------------
    def wsgi(self, environ, start_response):
        """The same as a WSGI application: the world runs until the answer is there."""
        from http.client import responses

        query = environ.get("QUERY_STRING")
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        length = environ.get("CONTENT_LENGTH") or "0"
        text = environ["wsgi.input"].read(int(length) if length.isdigit() else 0).decode("utf-8", "replace")
        detail = {"method": environ["REQUEST_METHOD"], "path": path, "headers": headers, "body": text}
        what = f"{detail['method']} {environ['PATH_INFO']}"
        try:
            said = self.world.ask(self.vcenter.client, self.vcenter.vim.name, "rest", what, 900, **detail)
        except LabError as error:
            refusal = Refused("SERVICE_UNAVAILABLE", str(error))
            said = {"status": 503, "headers": {"Content-Type": "application/json"}, "body": json.dumps(refusal.body())}
        body = said["body"].encode()
        pairs = [*said["headers"].items(), ("Content-Length", str(len(body)))]
        start_response(f"{said['status']} {responses[said['status']]}", pairs)
        return [body]


def basic(header):
    """(user, password) of an Authorization header. Refused (401) if it is none."""
    kind, _, coded = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if kind.lower() != "basic" or not colon:
        raise Refused("UNAUTHENTICATED", "Authentication required: POST /api/session with HTTP Basic authentication.")
    return user, password


def parsed(text):
    """The JSON object of a body; {} for none. Refused (400)."""
    try:
        value = json.loads(text) if text else {}
    except ValueError as error:
        raise Refused("INVALID_REQUEST", f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused("INVALID_REQUEST", f"the body must be a JSON object, not {value!r}")
    return value
