"""Trusts: a user (trustor) lets another (trustee) act for him on one project, with some of his roles, for some time
or some uses.

A trust gives what its trustor still has, never more. With `allow_redelegation` the trustee may pass on a part of it,
in a chain that gets shorter each time; deleting a trust deletes what was made from it. Deleted trusts stay in the
table, marked.
"""

from labkit.openstack.errors import Forbidden, NotFound
from labkit.openstack.keystone import assignments, domains, projects, redelegation, revocation, roles, users
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.moments import future, stored, whole_seconds
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ROLE_REF, STRING, TEXT, body, query
from labkit.openstack.keystone.store import Table
from labkit.openstack.keystone.web import Created, NoContent, route

TRUSTS = Table(
    "trust",
    "trust",
    {
        "id": "TEXT PRIMARY KEY",
        "trustor_user_id": "TEXT NOT NULL",
        "trustee_user_id": "TEXT NOT NULL",
        "project_id": "TEXT",
        "impersonation": "INTEGER NOT NULL",
        "expires_at": "TEXT",
        "remaining_uses": "INTEGER",
        "deleted_at": "TEXT",
        "redelegated_trust_id": "TEXT",
        "redelegation_count": "INTEGER",
        "roles": "TEXT NOT NULL",
    },
    flags=("impersonation",),
    documents=("roles",),
    unique=("trustor_user_id, trustee_user_id, project_id, impersonation, expires_at",),
    longest=dict.fromkeys(("trustor_user_id", "trustee_user_id", "project_id"), 64),
)
SCHEMA = TRUSTS.schema

CREATE = Schema(
    body(
        "trust",
        {
            "trustor_user_id": STRING,
            "trustee_user_id": STRING,
            "impersonation": {"type": "boolean"},
            "project_id": TEXT,
            "remaining_uses": {"type": ["integer", "null"], "minimum": 1},
            "expires_at": {"type": ["null", "string"]},
            "allow_redelegation": {"type": ["boolean", "null"]},
            "redelegation_count": {"type": ["integer", "null"], "minimum": 0},
            "redelegated_trust_id": TEXT,
            "roles": {"type": "array", "items": ROLE_REF},
        },
        required=["trustor_user_id", "trustee_user_id", "impersonation"],
    )
)
LIST = Schema(query({"trustor_user_id": STRING, "trustee_user_id": STRING}))
HOME, ONE = "/v3/OS-TRUST/trusts", "/v3/OS-TRUST/trusts/<trust_id>"
PATH = ("OS-TRUST", "trusts")


def find(db, trust_id):
    """The trust with this id, deleted ones too, its roles as roles; or None."""
    ref = TRUSTS.find(db, trust_id)
    return ref and {**ref, "roles": roles.of_ids(db, ref["roles"])}


def usable(ks, trust_id):
    """A trust that is neither deleted, over nor used up. Raises NotFound; Forbidden when the chain it is part of does
    not hold any more."""
    ref = alone(ks, trust_id)
    child = ref
    while child["redelegated_trust_id"]:
        parent = alone(ks, child["redelegated_trust_id"])
        redelegation.require_part(parent, child)
        require_enabled(ks.db, parent["trustee_user_id"])
        child = parent
    return ref


def alone(ks, trust_id):
    """The same without a look at the chain."""
    ref = find(ks.db, trust_id)
    if (
        ref is None
        or ref["deleted_at"]
        or (ref["expires_at"] and stored(ks.utcnow()) > ref["expires_at"])
        or ref["remaining_uses"] == 0
    ):
        raise NotFound("trust", trust_id)
    return ref


def pedigree(ks, trust_id):
    """A usable trust and all that it was made from, nearest first; [] for no trust. Raises NotFound, Forbidden."""
    chain = [usable(ks, trust_id)] if trust_id else []
    while chain and chain[-1]["redelegated_trust_id"]:
        chain.append(find(ks.db, chain[-1]["redelegated_trust_id"]))
    return chain


def require_enabled(db, user_id):
    """Raises Forbidden when somebody in the chain is disabled or gone."""
    user = users.find(db, user_id)
    if not user or not user["enabled"] or not domains.get(db, user["domain_id"])["enabled"]:
        raise Forbidden()


def origin(db, ref):
    """Whose roles a trust passes on: the trustor of the first trust in the chain."""
    while ref and ref["redelegated_trust_id"]:
        ref = TRUSTS.find(db, ref["redelegated_trust_id"])
    return ref and ref["trustor_user_id"]


def consume(db, trust_id):
    """One use less, in one step, for two nodes may be asked at once. Raises Forbidden when none is left."""
    limited = TRUSTS.get(db, trust_id)["remaining_uses"] is not None
    if limited and not db.run(
        "UPDATE trust SET remaining_uses = remaining_uses - 1 WHERE id = ? AND remaining_uses > 0", (trust_id,)
    ):
        raise Forbidden()


def delete(ks, trust_id):
    """Mark a trust and all that was made from it as deleted; their tokens die."""
    for child in TRUSTS.select(ks.db, redelegated_trust_id=trust_id, deleted_at=None):
        delete(ks, child["id"])
    ks.db.run("UPDATE trust SET deleted_at = ? WHERE id = ?", (stored(ks.utcnow()), trust_id))
    revocation.by_trust(ks, trust_id)


def delete_for_project(ks, project_id):
    for ref in TRUSTS.select(ks.db, project_id=project_id, deleted_at=None):
        delete(ks, ref["id"])


def delete_for_user(ks, user_id):
    for side in ("trustor_user_id", "trustee_user_id"):
        for ref in TRUSTS.select(ks.db, **{side: user_id, "deleted_at": None}):
            delete(ks, ref["id"])


def require_own_rights(request):
    """Trusts are not made or read with an application credential. Raises Forbidden."""
    if request.auth.app_cred_id:
        raise Forbidden("Delegated tokens cannot manage trusts.")


def require_held(db, ref):
    """The trustor has every role that he passes on. Raises NotFound."""
    held = []
    if ref.get("project_id"):
        projects.get(db, ref["project_id"])
        held = assignments.effective_role_ids(
            db, ref["trustor_user_id"], project_id=ref["project_id"], keep_domain_roles=True
        )
    for role in ref["roles"]:
        if role["id"] not in held:
            raise NotFound("role", role["id"])


def trust_target(ks, request, trust_id, **_):
    return {"trust": usable(ks, trust_id)}


def shown(request, ref):
    """A trust with its roles, each with its address."""
    linked = [{**role, "links": {"self": request.link("roles", role["id"])}} for role in ref["roles"]]
    return {
        **brief(ref),
        "roles": linked,
        "roles_links": {"self": request.link(ref["id"], "roles"), "next": None, "previous": None},
    }


def brief(ref):
    """A trust as lists show it."""
    return {
        **{name: value for name, value in ref.items() if name != "roles"},
        "expires_at": whole_seconds(ref["expires_at"]),
    }


@route("GET", HOME, query=LIST)
def list_trusts(ks, request):
    side = next((one for one in ("trustor", "trustee") if request.query.get(f"{one}_user_id")), None)
    if side is None:
        ks.enforce(request, "identity:list_trusts")
        refs = [] if request.query else TRUSTS.select(ks.db, deleted_at=None)
    else:
        who = {f"{side}_user_id": request.query[f"{side}_user_id"]}
        ks.enforce(request, f"identity:list_trusts_for_{side}", {"trust": who})
        refs = TRUSTS.select(ks.db, deleted_at=None, **who)
    require_own_rights(request)
    return collection(request, "trusts", [brief(ref) for ref in refs], path=PATH)


@route(
    "POST", HOME, rule="identity:create_trust", body=CREATE, target=lambda ks, request: {"trust": request.json["trust"]}
)
def create_trust(ks, request):
    require_own_rights(request)
    ref = {
        "project_id": None,
        "remaining_uses": None,
        "roles": [],
        **request.json["trust"],
        "id": ks.new_id(),
        "deleted_at": None,
    }
    if ref["project_id"] and not ref["roles"]:
        raise Forbidden("At least one role should be specified")
    users.get(ks.db, ref["trustee_user_id"])
    ref["roles"] = roles.named(ks.db, ref["roles"])
    require_held(ks.db, ref)
    ref["expires_at"] = (
        ref["expires_at"] and future(ks, ref["expires_at"]) if ref.get("expires_at") is not None else None
    )
    ref = redelegation.chained(ref, pedigree(ks, request.auth.trust_id))
    TRUSTS.insert(ks.db, {**ref, "roles": [role["id"] for role in ref["roles"]]})
    return Created(member(request, "trust", shown(request, find(ks.db, ref["id"])), PATH))


@route("GET", ONE, rule="identity:get_trust", target=trust_target)
def show_trust(ks, request, trust_id):
    require_own_rights(request)
    return member(request, "trust", shown(request, usable(ks, trust_id)), PATH)


@route("DELETE", ONE, rule="identity:delete_trust", target=trust_target)
def delete_trust(ks, request, trust_id):
    require_own_rights(request)
    delete(ks, trust_id)
    return NoContent()


@route("GET", ONE + "/roles", rule="identity:list_roles_for_trust", target=trust_target)
def list_trust_roles(ks, request, trust_id):
    require_own_rights(request)
    ref = shown(request, usable(ks, trust_id))
    return {"roles": ref["roles"], "links": ref["roles_links"]}


@route("GET", ONE + "/roles/<role_id>", rule="identity:get_role_for_trust", target=trust_target)
def show_trust_role(ks, request, trust_id, role_id):
    require_own_rights(request)
    if all(role["id"] != role_id for role in usable(ks, trust_id)["roles"]):
        raise NotFound("role", role_id)
    return member(request, "role", roles.get(ks.db, role_id))
