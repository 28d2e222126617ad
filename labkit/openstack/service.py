"""What every OpenStack service is to Keystone: an API process with a door-keeper, a policy and an account of its own.

    client ──rest──▶ [ auth_token ] ──▶ [ own policy ] ──▶ [ own resources ] ──▶ other services, with the client's token
                        401 503             403               404 …

Keystone stands beside the path, not in it: it confirms tokens, and never sees what is asked or answered. Source of the
order: the paste pipelines of Nova, Glance, Neutron and Cinder (auth_token → context → application).
"""

import re
from dataclasses import dataclass, field

from labkit.openstack import rest
from labkit.openstack.auth_token import AuthToken, KeystoneUnavailable
from labkit.openstack.errors import BadRequest, Forbidden, HttpError, NotFound
from labkit.openstack.policy import Policy
from labkit.openstack.service_user import ServiceUser
from labkit.world.errors import Unanswered

MEMBER = "(role:member and project_id:%(project_id)s) or role:admin"
READER = "(role:reader and project_id:%(project_id)s) or role:admin"


@dataclass(frozen=True)
class Context:
    """Who asks: read from the headers that auth_token has set, and from nothing else."""

    user_id: str
    project_id: str | None
    roles: tuple[str, ...]
    token: str = field(repr=False)

    @classmethod
    def of(cls, headers):
        """The context of one request; roles are a list with commas in one header."""
        return cls(
            headers.get("X-User-Id"),
            headers.get("X-Project-Id"),
            tuple(filter(None, headers.get("X-Roles", "").split(","))),
            headers.get("X-Auth-Token", ""),
        )

    @property
    def is_admin(self):
        return "admin" in self.roles

    def credentials(self):
        """What the policy's rules may compare."""
        return {"user_id": self.user_id, "project_id": self.project_id, "roles": list(self.roles)}


class Service:
    """An API process on the world node `name`. A kind of service is a subclass with ROUTES, POLICY and its handlers.

    ROUTES are (method, path pattern, handler's name); a handler takes (context, request, **parts of the path) and
    returns (status, body), directly or as a generator. VERSION is (id, address) of its API, told to everybody at /.
    POLICY are its default rules, STEP is its place in the boot of a server. `token_cache_s` is auth_token's
    token_cache_time.
    """

    ROUTES, VERSION, POLICY, STEP = (), None, {}, None

    def __init__(
        self,
        world,
        name,
        account,
        password,
        *,
        keystone="keystone",
        token_cache_s=300,
        identity_url="http://keystone:5000",
        send_service_token=False,
    ):
        self.world, self.name, self.send_service_token = world, name, send_service_token
        self.account = ServiceUser(world, name, account, password, keystone=keystone)
        self.door = AuthToken(self.confirm, world.utcnow, token_cache_s=token_cache_s, identity_url=identity_url)
        self.set_policy({})
        self.node = world.node(name, serve=self.serve, on_start=self.forget)

    def set_policy(self, rules):
        """Use the default rules with these changes (name → check string). Raises PolicyError."""
        self.policy_rules = {**self.POLICY, **rules}
        self.policy = Policy(self.policy_rules)

    def forget(self):
        """A restarted process begins with empty memory; its database is still there."""
        self.account.forget()
        self.door.cache.clear()

    def confirm(self, token, allow_expired):
        """Generator: auth_token's question to Keystone."""
        return (yield from self.account.validate(token, allow_expired, self.STEP))

    def serve(self, message):
        """Generator: one request from the wire to its answer."""
        request = rest.Request.of(message)
        if (request.method, request.path) == ("GET", "/"):
            return rest.answer(
                300, self.versions()
            )  # the one page without a door: clients look there before they log in
        try:
            headers = yield from self.door.process(request.headers)
        except HttpError as refusal:
            return rest.answer(refusal.code, refusal.body(), self.door.challenge() if refusal.code == 401 else None)
        try:
            handler, parts = self.route(request)
            said = handler(Context.of(headers), request, **parts)
            status, body = (yield from said) if hasattr(said, "throw") else said
        except HttpError as refusal:
            return rest.answer(refusal.code, self.error_body(refusal))
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
        ) as problem:  # the real ones check a schema first: the same 400
            return rest.answer(
                400, self.error_body(BadRequest(f"The body has not the form that was expected: {problem}"))
            )
        return rest.answer(status, body)

    def versions(self):
        """The version document, as real clients want to find it."""
        name, address = self.VERSION
        return {"versions": [{"id": name, "status": "CURRENT", "links": [{"rel": "self", "href": address}]}]}

    def route(self, request):
        """(handler, parts of the path). Raises NotFound: only who has passed the door learns which paths exist."""
        path = request.path.partition("?")[0]
        for method, pattern, name in self.ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                return getattr(self, name), found.groupdict()
        raise NotFound(text="The resource could not be found.")

    def enforce(self, rule, context, target):
        """Ask this service's own policy. Raises Forbidden (403) with the rule's name."""
        if not self.policy.check(rule, target, context.credentials()):
            raise Forbidden(text=f"Policy doesn't allow {rule} to be performed.")

    def json(self, request, key):
        """The object `key` of the request's body. Raises BadRequest (400)."""
        value = request.json.get(key)
        if not isinstance(value, dict):
            raise BadRequest(f"The body lacks the object {key!r}.")
        return value

    def error_body(self, refusal):
        """The body of a refusal; each kind of service has its own form."""
        return refusal.body()

    def ask(self, context, node, method, path, body=None, step=None, timeout_s=30.0):
        """Generator: another service's Answer to a request with the user's token; status 503 when no answer comes."""
        try:
            helper = (yield from self.account.current()) if self.send_service_token else None
            detail = rest.detail(method, path, context.token, body, X_Service_Token=helper)
            payload = yield self.world.call(self.name, node, "rest", f"{method} {path}", timeout_s, step=step, **detail)
        except (Unanswered, KeystoneUnavailable) as silence:
            return rest.Answer(503, {}, {"message": str(silence)})
        return rest.Answer.of(payload)


def fault(refusal):
    """The body in which Nova and Cinder refuse: {"forbidden": {"code", "message"}}."""
    name = {400: "badRequest", 403: "forbidden", 404: "itemNotFound"}.get(refusal.code, "computeFault")
    return {name: {"code": refusal.code, "message": refusal.message}}
