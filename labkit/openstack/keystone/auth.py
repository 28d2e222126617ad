"""/v3/auth: issue, validate and revoke tokens; what a token may be exchanged for.

    POST   who are you (methods) + where (scope)  ──▶ 201, the token in X-Subject-Token
    GET    X-Auth-Token: who asks, X-Subject-Token: about whom ──▶ 200 or 404
    DELETE the same ──▶ 204
"""

from labkit.openstack.errors import Expecting, Forbidden, Unauthorized
from labkit.openstack.keystone import login, receipts, render, revocation, scope, tokens, trusts, validation
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.web import Created, NoContent, as_json, route

TEXT = {"type": "string"}
ID_OR_NAME = {"id": TEXT, "name": TEXT}


def thing(properties, **more):
    return {"type": "object", "properties": properties, **more}


DEMAND = Schema(thing({
    "identity": thing({
        "methods": {"type": "array", "items": TEXT},
        "password": thing({"user": thing({"id": TEXT, "name": TEXT, "password": TEXT, "domain": thing(ID_OR_NAME)})}),
        "token": thing({"id": TEXT}, required=["id"]),
    }, required=["methods"]),
    "scope": {"type": ["object", "string"], "properties": {
        "project": thing({"name": TEXT, "id": TEXT, "domain": thing(ID_OR_NAME)}),
        "domain": thing(ID_OR_NAME),
        "OS-TRUST:trust": thing({"id": TEXT}),
        "system": thing({"all": {"type": "boolean", "enum": [True, False, None]}}),
    }},
}, required=["identity"]))


@route("POST", "/v3/auth/tokens", atomic=False)
def issue_token(ks, request):
    """POST /v3/auth/tokens[?nocatalog]: 201 with the token in X-Subject-Token, or 401 with a receipt."""
    demand = checked(request.json.get("auth"))
    where = scope.wanted(ks, demand)
    proof = login.prove(ks, demand)
    rules = receipts.unmet(ks, request, proof)
    if rules:
        return receipts.answer(ks, proof, rules)
    if not where.chosen:
        where = scope.default(ks, proof.user_id)
    token_id, auth = issue(ks, proof, where)
    if where.trust:
        trusts.consume(ks.db, where.trust["id"])
    return Created(render.token_body(ks, auth, "nocatalog" not in request.query), [("X-Subject-Token", token_id)])


def checked(demand):
    """The "auth" document, well formed. Raises BadRequest; Unauthorized for a method that Keystone does not know."""
    if demand is not None:
        DEMAND.check_verbose(demand)
        scope.check_named(demand)
    if not demand:
        raise Expecting("auth", "request body")
    methods = demand["identity"]["methods"]
    for method in methods:
        if method not in demand["identity"]:
            raise Expecting(method, "identity")
    if not set(methods) <= set(tokens.METHODS):
        raise Unauthorized("unknown method", message="Attempted to authenticate with an unsupported method.",
                           identity={"methods": list(tokens.METHODS)})
    return demand


def issue(ks, proof, where):
    """(token text, Auth) of a new token. Raises Unauthorized when the user has no role in that scope."""
    chain = (proof.audit_id,) if proof.audit_id else ()
    now_s = int(ks.now_s())
    token = tokens.Token(
        user_id=proof.user_id, methods=tuple(method for method in tokens.METHODS if method in proof.methods),
        audit_ids=(tokens.new_audit_id(ks.draw), *chain), expires_at=end_of(ks, proof, where), issued_at=now_s,
        system=where.system, domain_id=where.domain_id, project_id=where.project_id,
        trust_id=where.trust and where.trust["id"], app_cred_id=proof.app_cred and proof.app_cred["id"])
    auth = standing(ks, token)
    token_id = ks.keys.seal(tokens.pack(token), now_s, ks.draw.getrandbits(128).to_bytes(16, "big"))
    ks.note("issue", audit_id=token.audit_id, user_id=token.user_id, scope=tokens.SCOPE_NAMES[token.kind])
    return token_id, auth


def standing(ks, token):
    """The Auth of a new token; what the database says of this user and scope is remembered from one token to the
    next."""
    key = (
        "standing",
        token.user_id,
        token.system,
        token.domain_id,
        token.project_id,
        token.trust_id,
        token.app_cred_id,
    )
    auth = ks.db.memo(key, lambda: validation.look_up(ks, token))
    if auth.trust:
        trusts.usable(ks, auth.trust["id"])
    return auth.of(token)


def end_of(ks, proof, where):
    """When a new token ends: never after the token that it came from, its application credential or its trust."""
    ends = [proof.expires_at or int(ks.now_s()) + ks.token_s]
    ends += [tokens.epoch(ref["expires_at"]) for ref in (proof.app_cred, where.trust) if ref and ref.get("expires_at")]
    return min(ends)


def subject(ks, request):
    """The token that the request is about. Raises NotFound."""
    expired_too = request.query.get("allow_expired", "").strip().lower() in ("1", "t", "true", "on", "y", "yes")
    return validation.validate(ks, request.header("X-Subject-Token"), window_s=ks.allow_expired_s if expired_too else 0,
                               access_rules=ks.knows_access_rules(request))


def subject_target(ks, request):
    """Whose token it is: anybody may look at his own."""
    if request.header("X-Subject-Token") is None:
        return {}
    auth = subject(ks, request)
    return {"token": {"user_id": auth.token.user_id, "user": {"domain": {"id": auth.user["domain_id"]}}}}


@route("GET", "/v3/auth/tokens", rule="identity:validate_token", target=subject_target)
@route("HEAD", "/v3/auth/tokens", rule="identity:check_token", target=subject_target)   # entered first, so it wins
def validate_token(ks, request):
    """GET and HEAD /v3/auth/tokens[?nocatalog][&allow_expired=1]."""
    auth = subject(ks, request)
    ks.note("validate", audit_id=auth.audit_id, by=request.auth.audit_id)
    return as_json(render.token_body(ks, auth, "nocatalog" not in request.query),
                   headers=[("X-Subject-Token", request.header("X-Subject-Token"))])


@route("DELETE", "/v3/auth/tokens", rule="identity:revoke_token", target=subject_target)
def revoke_token(ks, request):
    """DELETE /v3/auth/tokens[?cascade=false]: this token and those made from it."""
    auth = validation.validate(ks, request.header("X-Subject-Token"))
    with ks.db.transaction():
        revocation.by_token(
            ks,
            auth.token,
            chain=request.query.get("cascade", "true").lower() not in ("0", "f", "false", "off", "n", "no"),
        )
    return NoContent()


@route("GET", "/v3/auth/tokens/OS-PKI/revoked")
def list_revoked(ks, request):
    """There is no such list: tokens are not stored."""
    raise Forbidden()
