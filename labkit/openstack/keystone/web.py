"""HTTP as Keystone speaks it: the table of routes, a request, a response.

    @route("GET", "/v3/users/<user_id>", rule="identity:get_user", target=user_target)
    def show_user(ks, request, user_id):
        return {"user": …}                      # 200; or Created({…}), NoContent(), Response(…)

Routing is werkzeug's, which real Keystone's Flask stands on: the same 404 page, the same rules for slashes and methods.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import Map, RequestRedirect, Rule

from labkit.openstack.errors import Expecting, TooLarge, Unauthorized

LONGEST_BODY_BYTES = 114688   # oslo.middleware's default limit
REASONS = {200: "OK", 201: "CREATED", 202: "ACCEPTED", 204: "NO CONTENT", 300: "MULTIPLE CHOICES",
           308: "PERMANENT REDIRECT", 400: "BAD REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT FOUND",
           405: "METHOD NOT ALLOWED", 409: "CONFLICT", 410: "GONE", 413: "REQUEST ENTITY TOO LARGE",
           500: "INTERNAL SERVER ERROR", 501: "NOT IMPLEMENTED"}
ROUTES = []


@dataclass(frozen=True)
class Route:
    """One operation: method and path template, the policy rule that guards it, and what must be known to ask the
    rule."""

    method: str
    template: str
    handler: object
    rule: str | None
    target: object
    body: object
    query: object
    atomic: bool


def route(method, template, rule=None, target=None, body=None, query=None, atomic=True):
    """Enter a handler `(ks, request, **path) -> dict | Created | NoContent | Response` in the table of routes.

    rule: policy rule asked before the handler; None means open, or that the handler asks itself (`ks.enforce`).
    target: `(ks, request, **path) -> {"user": {…}}`, what the rule's %(target.user.…)s are filled from; asked after
    the token has been accepted. body, query: a Schema that is checked first (Keystone's newer resources do so before
    they ask who you are).
    atomic: a refusal undoes everything the handler wrote (not for logins: their failures are counted).
    """
    def enter(handler):
        ROUTES.append(
            Route(method, template, handler, rule, target, body, query, atomic and method not in ("GET", "HEAD"))
        )
        return handler
    return enter


class Table:
    """werkzeug's map of all routes; HEAD follows GET, OPTIONS and 405 say what is allowed."""

    def __init__(self, routes):
        rules = [Rule(one.template, methods=[one.method], endpoint=one) for one in routes]
        self.adapter = Map(rules).bind("keystone")

    def match(self, method, path):
        """(Route, path arguments). Raises werkzeug's NotFound, MethodNotAllowed and RequestRedirect."""
        return self.adapter.match(path, method)

    def allowed(self, path):
        """Methods of a path, as the Allow header lists them; empty for an unknown path."""
        methods = set(self.adapter.allowed_methods(path))
        return ", ".join(sorted(methods | {"OPTIONS"})) if methods else ""


@cache
def table(number_of_routes):
    """The Table of all routes so far: it never changes, and building one takes longer than a hundred requests."""
    return Table(ROUTES[:number_of_routes])


class Request:
    """One request: method, path, query (werkzeug MultiDict), headers, json (a dict), auth (who asks, or None)."""

    def __init__(self, environ):
        self.environ = environ
        self.method = environ.get("REQUEST_METHOD", "GET")
        self.path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace").rstrip("/") or "/"
        self.query_string = environ.get("QUERY_STRING", "")
        self.auth, self.why_unknown = None, "no token"
        self.json = {}
        self._query = None

    def header(self, name, default=None):
        """A header's value by its HTTP name."""
        return self.environ.get("HTTP_" + name.upper().replace("-", "_"), default)

    @property
    def query(self):
        if self._query is None:
            self._query = MultiDict(parse_qsl(self.query_string, keep_blank_values=True))
        return self._query

    @property
    def query_plain(self):
        """The query as a plain dict of each name's first value: what a schema checks."""
        return self.query.to_dict()

    def flag(self, name):
        """Keystone's boolean query parameters: there and not '0' means true."""
        return name in self.query and self.query[name] != "0"

    def authenticated(self):
        """The Auth of who asks. Raises Unauthorized without a valid X-Auth-Token."""
        if self.auth is None:
            raise Unauthorized(self.why_unknown)
        return self.auth

    @property
    def host_url(self):
        """Scheme and host as the client wrote them: links lead back the way the client came."""
        host = (
            self.environ.get("HTTP_HOST")
            or f"{self.environ.get('SERVER_NAME', 'keystone')}:{self.environ.get('SERVER_PORT', '5000')}"
        )
        scheme = self.environ.get("wsgi.url_scheme", "http")
        return f"{scheme}://{host.removesuffix(':443' if scheme == 'https' else ':80')}"

    def link(self, *parts):
        """The absolute address of a resource: link("users", user_id)."""
        return "/".join((self.host_url, "v3", *parts))

    @property
    def self_link(self):
        """This request's own address, with its query string."""
        query = f"?{self.query_string}" if self.query_string else ""
        return f"{self.host_url}{quote(self.path)}{query}"

    def read(self):
        """The body's bytes. Raises TooLarge."""
        try:
            length = int(self.environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            raise Expecting("a number", "Content-Length header") from None
        if length > LONGEST_BODY_BYTES:
            raise TooLarge()
        return self.environ["wsgi.input"].read(length) if length > 0 else b""

    def parse(self, raw):
        """Read the body's bytes as JSON. Raises Expecting for what is not a JSON object."""
        if raw:
            self.json = parsed(raw, self.environ.get("CONTENT_TYPE", ""))


def parsed(raw, content_type):
    """A JSON object from bytes. Raises Expecting."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Expecting("application/json", "Content-Type header")
    try:
        document = json.loads(raw)
        if b"\\u" in raw:
            json.dumps(document, ensure_ascii=False).encode()   # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Expecting("valid JSON", "request body") from None
    if not isinstance(document, dict):
        raise Expecting("valid JSON", "request body")
    return document


@dataclass
class Response:
    """An answer: status, headers as a list of pairs, body as bytes; `varies` with the token (Vary), but for two of
    them."""

    status: int
    headers: list = field(default_factory=list)
    body: bytes = b""
    varies: bool = True

    @property
    def json(self):
        """The body as JSON, or None if there is none."""
        return json.loads(self.body) if self.body else None

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    @property
    def status_line(self):
        return f"{self.status} {REASONS.get(self.status, 'UNKNOWN')}"


def as_json(document, status=200, headers=()):
    """A JSON answer."""
    return Response(status, [("Content-Type", "application/json"), *headers], json.dumps(document).encode())


def Created(document, headers=()):
    """201 with the new resource."""
    return as_json(document, 201, headers)


def NoContent():
    """204: done, and nothing to say."""
    return Response(204)


def page(request, problem, allowed):
    """werkzeug's own answers: the 404 page, the redirect away from doubled slashes, and 405 (below /v3/ in
    flask-restful's JSON)."""
    headers = [("Content-Type", "text/html; charset=utf-8")]
    if isinstance(problem, RequestRedirect):
        address = request.host_url + urlsplit(problem.new_url).path
        return Response(
            problem.code,
            [*headers, ("Location", address)],
            f"<!doctype html>\n<title>Redirecting...</title>\n{address}\n".encode(),
        )
    if not isinstance(problem, MethodNotAllowed):
        return Response(404, headers, NoSuchPath().get_body().encode())
    if not request.path.startswith("/v3/"):
        return Response(405, [*headers, ("Allow", allowed)], problem.get_body().encode())
    return as_json({"message": problem.description}, 405, [("Allow", allowed)])


def too_large(request, error):
    """413 comes from a filter in front of Keystone, in the form that the client prefers: page, JSON or plain text."""
    accepted = request.header("Accept", "")
    title = f"{error.code} {error.title}"
    if "html" in accepted or "*/*" in accepted:
        page = f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1>\n{error.message}\n</body>\n</html>"
        return Response(error.code, [("Content-Type", "text/html; charset=UTF-8")], page.encode(), varies=False)
    if "json" in accepted:
        answer = as_json({"message": error.message, "code": title, "title": error.title}, error.code)
        answer.varies = False
        return answer
    return Response(
        error.code,
        [("Content-Type", "text/plain; charset=UTF-8")],
        f"{title}\n\n{error.message}\n".encode(),
        varies=False,
    )
