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
import json
import re
from urllib.parse import parse_qs

from labkit.vsphere import rest_inventory, rest_power, rest_vms
from labkit.vsphere.rest_body import parsed
from labkit.vsphere.rest_errors import Refused, refused
from labkit.world import LabError

SESSION = "vmware-api-session-id"
ROUTES = (*rest_inventory.ROUTES, *rest_vms.ROUTES, *rest_power.ROUTES)


class Rest:
    """The REST door of a VCenter: messages of kind 'rest' to its vpxd, with {"method", "path", "headers", "body"} and
    {"status", "headers", "body"} as answer; `wsgi` is the same for a web server."""

    def __init__(self, vcenter):
        self.vcenter, self.world = vcenter, vcenter.world
        self.sessions = vcenter.vpxd.sessions
        self.guests = {}  # MoRef of a VM → guest_OS, as ordered
        node = vcenter.vim.node
        self._serve, node.serve = node.serve, self.serve

    def serve(self, message):
        """A request of the REST API, or what vpxd else hears."""
        return self.answer(**message.detail) if message.kind == "rest" else self._serve(message)

    def answer(self, method="GET", path="/", headers=None, body=""):
        """One request (a generator for vpxd's process)."""
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        more = {"Content-Type": "application/json"}
        try:
            status, said = yield from self.route(method, path, headers, body or "")
            if path == "/api/session" and status == 201:
                more[SESSION] = said
        except Refused as refusal:
            status, said = refusal.status, refusal.body()
        except LabError as error:
            refusal = refused(error)
            status, said = refusal.status, refusal.body()
        return {"status": status, "headers": more, "body": "" if status == 204 else json.dumps(said)}

    def route(self, method, path, headers, text):
        """Find who answers; (status, body) (a generator)."""
        path, _, asked = path.partition("?")
        if path == "/api/session":
            return self.session(method, headers)
        try:
            self.sessions.user(headers.get(SESSION))
        except LabError:
            raise Refused("UNAUTHENTICATED", "This method requires authentication.") from None
        query = parse_qs(asked, keep_blank_values=True)
        action = query.pop("action", [None])[0]
        there = [(re.fullmatch(route[2], path), route) for route in ROUTES]
        there = [(match, route) for match, route in there if match]
        found = [(match, route) for match, route in there if route[:2] == (method, action)]
        if not found:
            known = ", ".join(f"{verb}{'?action=' + what if what else ''}" for _, (verb, what, _, _) in there)
            raise Refused("OPERATION_NOT_FOUND", f"no {method} {path} here; there is: {known or 'nothing'}")
        match, (_, _, _, handler) = found[0]
        said = handler(self.vcenter, **match.groupdict(), query=query, body=parsed(text))
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
    except ValueError:  # neither base64 nor text
        colon = ""
    if kind.lower() != "basic" or not colon:
        raise Refused("UNAUTHENTICATED", "Authentication required: POST /api/session with HTTP Basic authentication.")
    return user, password
