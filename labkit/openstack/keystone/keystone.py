"""Keystone: one node of the identity service, over its database and its keys.

    request ─▶ too long? 413 ─▶ who asks? ─▶ JSON? 400 ─▶ route? 404/405 ─▶ shape? 400 ─▶ nobody? 401 ─▶ policy? 403
            ─▶ handler

    ks = Keystone(world, admin_password="secret")
    ks.request("GET", "/v3", headers={}).json
    world.ask("laptop", "keystone", "rest", "GET /v3", method="GET", path="/v3", headers={}, body=None)

Several nodes share one Database and keep a KeyRepository each. The order of the checks is the real one's, so that an
answer tells the same.
"""

import io
import json
import sys
import traceback
from contextlib import nullcontext
from datetime import UTC
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import HTTPException

from labkit.openstack.errors import BadRequest, Forbidden, HttpError, TooLarge, Unauthorized
from labkit.openstack.keystone import (
    access_rules,
    auth,
    auth_scopes,
    bootstrap,
    discovery,
    password_change,
    passwords,
    resources,
    revocation,
    validation,
    web,
)
from labkit.openstack.keystone.database import Database
from labkit.openstack.keystone.fernet import KeyRepository
from labkit.openstack.keystone.rules import RULES
from labkit.openstack.policy import Policy
from labkit.world.journal import action

ROOMS = (discovery, auth, auth_scopes, password_change, passwords, revocation, *resources.RESOURCES)


class Keystone:
    """One Keystone node on the world's network, serving HTTP as messages of kind "rest" and as a WSGI application.

    name: the node's name. database: a Database to share, a file's path, or ":memory:". keys: its KeyRepository (None:
    one of its own, in memory), credential_keys: the same for stored credentials.
    admin_password: for the user admin of a new database (None: made at random, in `admin_password`). url: where
    clients find it.
    password_rounds: bcrypt's cost (4 is for the lab; real Keystone takes 12). token_s: lifetime of a token in seconds.
    allow_expired_s: how long services may still read an expired token. lockout_failure_attempts, lockout_duration_s,
    password_expires_s, unique_last_passwords: Keystone's [security_compliance], off as there.
    """

    @action
    def __init__(self, world, name="keystone", database=":memory:", keys=None, admin_password=None, password_rounds=4,
                 url="http://keystone:5000", token_s=3600, allow_expired_s=172800, lockout_failure_attempts=None,
                 lockout_duration_s=1800, password_expires_s=None, unique_last_passwords=0, credential_keys=None):
        self.world, self.name, self.url = world, name, url.rstrip("/")
        self.password_rounds, self.token_s, self.allow_expired_s = password_rounds, token_s, allow_expired_s
        self.lockout_failure_attempts, self.lockout_duration_s = lockout_failure_attempts, lockout_duration_s
        self.password_expires_s, self.unique_last_passwords = password_expires_s, unique_last_passwords
        self.draw = world.random(name)
        self.db = database if isinstance(database, Database) else Database(database)
        self.keys = keys or KeyRepository(world, f"{name}-keys")
        self.credential_keys = credential_keys or KeyRepository(world, f"{name}-credential-keys")
        self.receipt_keys = KeyRepository(world, f"{name}-receipt-keys")
        self.policy, self.table = Policy(RULES), web.table(len(web.ROUTES))
        for room in ROOMS:
            self.db.create(getattr(room, "SCHEMA", ""))
        self.admin_password = bootstrap.bootstrap(self, admin_password)
        world.node(name, serve=self.serve)

    # -- the node's time and luck ---------------------------------------------------------------------------------
    def now_s(self):
        """Unix time, in seconds with a fraction, by the world's clock."""
        return self.utcnow().replace(tzinfo=UTC).timestamp()

    def utcnow(self):
        """UTC by the world's clock, as a naive datetime."""
        return self.world.utcnow().astimezone(UTC).replace(tzinfo=None)

    def new_id(self):
        """32 hexadecimal digits, the form of all of Keystone's ids."""
        return f"{self.draw.getrandbits(128):032x}"

    def note(self, what, **detail):
        """Put what happened to a token into the trace: its audit id, never the token."""
        known = {key: value for key, value in detail.items() if value is not None}
        self.world.emit(self.name, self.name, "token", what, **known)

    # -- how requests come in -------------------------------------------------------------------------------------
    @action
    def request(self, method, path, headers=None, body=None):
        """One HTTP request, in-process; `path` may carry a query string, `body` is JSON-able, text or bytes. Returns
        a Response."""
        return self.answer(web.Request(environ_of(self.url, method, path, headers or {}, body)))

    def serve(self, message):
        """A message of kind "rest": {method, path, headers, body} → {status, headers, body}."""
        asked = message.detail
        method, path, headers = asked["method"], asked["path"], asked.get("headers") or {}
        response = self.answer(web.Request(environ_of(self.url, method, path, headers, asked.get("body"))))
        headers = [list(pair) for pair in response.headers]
        return {"status": response.status, "headers": headers, "body": response.body.decode()}

    def wsgi(self, environ, start_response):
        """The WSGI application, for a real HTTP server. What comes in this way is not in the world's journal: it
        cannot be forked. One request at a time: a server with threads must take turns."""
        was_inside, self.world.inside = self.world.inside, True
        try:
            response = self.answer(web.Request(environ))
        finally:
            self.world.inside = was_inside
        length = [] if response.header("Content-Length") else [("Content-Length", str(len(response.body)))]
        start_response(response.status_line, [*response.headers, *length])
        return [response.body]

    def answer(self, request):
        """The Response to a Request, with the headers that every answer has."""
        reads, writes = self.db.reads, self.db.writes
        response = self._outcome(request)
        if (reads, writes) != (self.db.reads, self.db.writes):
            counted = f"{self.db.reads - reads} reads, {self.db.writes - writes} writes"
            self.world.emit(self.name, self.name, "sql", counted)
        if response.varies:
            response.headers.append(("Vary", "X-Auth-Token"))
        if request.method == "HEAD":
            response.headers.append(("Content-Length", str(len(response.body))))
            response.body = b""
        if response.status != 413:   # a filter in front of Keystone says that, before a request gets its number
            response.headers.append(("x-openstack-request-id", f"req-{uuid_text(self.draw)}"))
        return response

    def _outcome(self, request):
        try:
            return self._handled(request)
        except TooLarge as error:
            return web.too_large(request, error)
        except HttpError as error:
            return self._refused(request, error)
        except HTTPException as problem:
            return self._other(request, problem)
        except OverflowError:
            return self._refused(request, BadRequest("A number in the request is too large."))
        except (TypeError, RecursionError) as error:  # real Keystone answers 400 to a TypeError, too
            return self._refused(request, BadRequest(str(error)))
        except Exception:
            print(traceback.format_exc(), file=request.environ.get("wsgi.errors") or sys.stderr)
            return self._refused(
                request, HttpError("An unexpected error prevented the server from fulfilling your request.")
            )

    def _handled(self, request):
        raw = request.read()
        self._identify(request)
        request.parse(raw)
        route, arguments = self.table.match(request.method, request.path)
        if route.query is not None:
            route.query.check(request.query_plain)
        if route.body is not None:
            route.body.check(request.json)
        if route.rule:
            self._guard(request, route, arguments)
        with self.db.transaction() if route.atomic else nullcontext():
            result = route.handler(self, request, **arguments)
        return result if isinstance(result, web.Response) else web.as_json(result)

    def _identify(self, request):
        """Who asks? A token that is not good counts like none: 401 where one is needed. One whose user or place is
        gone is 404 anywhere."""
        token_id = request.header("X-Auth-Token")
        if not token_id:
            return
        try:
            request.auth = validation.validate(self, token_id, access_rules=True)
        except validation.TokenNotFound as error:
            request.why_unknown = error.message
            return
        if not access_rules.may_ask_here(request.auth, request):
            raise Unauthorized("the application credential's access rules do not name this request")

    # -- policy ---------------------------------------------------------------------------------------------------
    def _guard(self, request, route, arguments):
        request.authenticated()
        target = route.target(self, request, **arguments) if route.target else {}
        self.enforce(request, route.rule, target, arguments)

    def enforce(self, request, rule, target=None, arguments=None):
        """Raise Unauthorized without a token, Forbidden unless the policy's rule lets this token act on `target`.

        target: {"user": {…}} for %(target.user.…)s; {"$path": {…}} overrides what stands in the address. arguments:
        what stands there.
        """
        if not self.allowed(request, rule, target, arguments):
            raise Forbidden(rule)

    def allowed(self, request, rule, target=None, arguments=None):
        """Does the policy let this token do this? Raises Unauthorized without a token."""
        target = dict(target or {})
        facts = {**(arguments or {}), **target.pop("$path", {})}
        flatten("target", target, facts)
        return self.policy.check(rule, facts, request.authenticated().credentials)

    @staticmethod
    def knows_access_rules(request):
        """Does the service that asks say that it understands access rules of application credentials?"""
        try:
            return float(request.header("OpenStack-Identity-Access-Rules", "0")) >= 1.0
        except ValueError:
            return False

    # -- refusals -------------------------------------------------------------------------------------------------
    def _refused(self, request, error):
        response = web.as_json(error.body(), error.code)
        if isinstance(error, Unauthorized):
            response.headers.append(("WWW-Authenticate", f'Keystone uri="{request.host_url}/v3"'))
            self.note("refuse", why=error.reason or error.message)
        return response

    def _other(self, request, problem):
        allowed = self.table.allowed(request.path)
        if request.method != "OPTIONS":
            return web.page(request, problem, allowed)
        if not allowed:
            return web.Response(200, varies=False)   # the CORS filter in front answers for paths that nobody knows
        return web.Response(200, [("Content-Type", "text/html; charset=utf-8"), ("Allow", allowed)])


def flatten(prefix, value, into):
    """{"user": {"id": 1}} → into["target.user.id"] = 1."""
    for key, inner in value.items():
        name = f"{prefix}.{key}"
        if isinstance(inner, dict):
            flatten(name, inner, into)
        else:
            into[name] = inner


def uuid_text(draw):
    """A UUID's text from the world's randomness."""
    digits = f"{draw.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def environ_of(url, method, path, headers, body):
    """What a web server would hand to a WSGI application."""
    path, _, query = path.partition("?")
    if isinstance(body, str):
        raw = body.encode()
    elif isinstance(body, bytes):
        raw = body
    else:
        raw = json.dumps(body).encode() if body is not None else b""
    scheme, _, host = url.partition("://")
    environ = {"REQUEST_METHOD": method, "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query,
               "wsgi.url_scheme": scheme, "HTTP_HOST": host.partition("/")[0], "wsgi.input": io.BytesIO(raw),
               "CONTENT_LENGTH": str(len(raw)), "CONTENT_TYPE": "application/json" if raw else ""}
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
