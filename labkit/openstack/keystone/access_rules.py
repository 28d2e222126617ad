"""Access rules: what an application credential may call, service by service, method by method. Each service looks
at those that concern it; Keystone at those of the service "identity".
"""

import re

from labkit.openstack.errors import Forbidden, NotFound
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, STRING, query
from labkit.openstack.keystone.store import Table
from labkit.openstack.keystone.users import user_target
from labkit.openstack.keystone.web import NoContent, route

ACCESS = Table(
    "access_rule",
    "Access Rule",
    {"id": "TEXT PRIMARY KEY", "user_id": "TEXT NOT NULL", "service": "TEXT", "path": "TEXT", "method": "TEXT"},
    unique=("user_id, service, path, method",),
    longest={"path": 128},
    extra=False,
)
SCHEMA = ACCESS.schema
SHAPE = {"path": {"type": "string", "minLength": 0, "maxLength": 225, "pattern": r"^/\.*"},
         "service": ID,
         "method": {"type": "string", "enum": ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]}}
LIST = Schema(query({"service": STRING, "path": STRING, "method": STRING}))
HOME, ONE = "/v3/users/<user_id>/access_rules", "/v3/users/<user_id>/access_rules/<access_rule_id>"


def shown(ref):
    """A rule as the API shows it: whose it is stands in the address."""
    return {name: ref[name] for name in ("id", "service", "path", "method")}


def of_ids(db, rule_ids):
    """Rules in the order of their ids here."""
    known = {ref["id"]: shown(ref) for ref in ACCESS.select(db, id=list(rule_ids))}
    return [known[rule_id] for rule_id in rule_ids if rule_id in known]


def kept(ks, user_id, wanted):
    """The ids of these rules for a user: known ones are used again, new ones are stored. Raises NotFound for somebody
    else's."""
    ids = []
    for one in wanted:
        known = ACCESS.find(ks.db, one.get("id", ""))
        if known and known["user_id"] != user_id:
            raise NotFound("Access Rule", one["id"])
        if not known:
            parts = {name: one.get(name) for name in ("service", "path", "method")}
            same = ACCESS.select(ks.db, user_id=user_id, **parts)
            known = (
                same[0]
                if same
                else ACCESS.insert(ks.db, {**parts, "user_id": user_id, "id": one.get("id") or ks.new_id()})
            )
        ids.append(known["id"])
    return list(dict.fromkeys(ids))


def get(db, user_id, rule_id):
    """A user's rule. Raises NotFound."""
    found = ACCESS.select(db, id=rule_id, user_id=user_id)
    if not found:
        raise NotFound("Access Rule", rule_id)
    return shown(found[0])


def require_own_rights(request):
    """Not with a trust's token: what it made would outlive the trust. Raises Forbidden."""
    if request.auth.trust_id:
        raise Forbidden()


@route("GET", HOME, rule="identity:list_access_rules", target=user_target, query=LIST)
def list_rules(ks, request, user_id):
    require_own_rights(request)
    refs = [shown(ref) for ref in ACCESS.select(ks.db, user_id=user_id)]
    return collection(request, "access_rules", refs, ("service", "path", "method"))


@route("GET", ONE, rule="identity:get_access_rule", target=user_target)
def show_rule(ks, request, user_id, access_rule_id):
    require_own_rights(request)
    return member(request, "access_rule", get(ks.db, user_id, access_rule_id))


@route("DELETE", ONE, rule="identity:delete_access_rule", target=user_target)
def delete_rule(ks, request, user_id, access_rule_id):
    from labkit.openstack.keystone.application_credentials import CREDENTIALS  # which is built on this file

    require_own_rights(request)
    get(ks.db, user_id, access_rule_id)
    if any(access_rule_id in ref["access_rules"] for ref in CREDENTIALS.select(ks.db, user_id=user_id)):
        raise Forbidden(text="May not delete access rule in use")
    ACCESS.delete(ks.db, id=access_rule_id)
    return NoContent()


def may_ask_here(auth, request):
    """Does an application credential with access rules let its token be used for this request to the identity
    service?"""
    rules = (auth.app_cred or {}).get("access_rules")
    if not rules or (request.method == "GET" and request.path.endswith("/v3/auth/tokens")):
        return True
    return any(
        rule["service"] == "identity" and rule["method"] == request.method and path_fits(rule["path"], request.path)
        for rule in rules
    )


def path_fits(pattern, path):
    """{name} and * stand for one part of a path, ** for the rest."""
    words = {"**": ".*", "*": "[^/]+"}
    parts = re.split(r"(\{[^}]*\}|\*\*|\*)", pattern)
    return bool(
        re.fullmatch(
            "".join("[^/]+" if part.startswith("{") else words.get(part) or re.escape(part) for part in parts), path
        )
    )
