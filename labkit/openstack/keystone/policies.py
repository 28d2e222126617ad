"""Policies: documents that Keystone once kept for other services. Deprecated; services read their policy from their
own files today.
"""

from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import STRING
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

POLICIES = Table(
    "policy",
    "policy",
    {"id": "TEXT PRIMARY KEY", "blob": "TEXT NOT NULL", "type": "TEXT NOT NULL"},
    documents=("blob",),
)
SCHEMA = POLICIES.schema
SHAPE = {"blob": STRING, "type": {"type": "string", "maxLength": 255}}
CREATE = Schema({"type": "object", "properties": SHAPE, "required": ["blob", "type"], "additionalProperties": True})
UPDATE = Schema({"type": "object", "properties": SHAPE, "minProperties": 1, "additionalProperties": True})
PATH = ("policies",)


def get(db, policy_id):
    """The policy with this id. Raises NotFound."""
    return POLICIES.get(db, policy_id)


@route("GET", "/v3/policies", rule="identity:list_policies")
def list_policies(ks, request):
    return collection(request, "policies", POLICIES.select(ks.db), ("type",))


@route("POST", "/v3/policies", rule="identity:create_policy")
def create_policy(ks, request):
    ref = request.json.get("policy", {})
    CREATE.check_verbose(ref)
    return Created(member(request, "policy", POLICIES.insert(ks.db, {**normalised(ref), "id": ks.new_id()}), PATH))


@route("GET", "/v3/policies/<policy_id>", rule="identity:get_policy")
def show_policy(ks, request, policy_id):
    return member(request, "policy", get(ks.db, policy_id), PATH)


@route("PATCH", "/v3/policies/<policy_id>", rule="identity:update_policy")
def update_policy(ks, request, policy_id):
    changes = request.json.get("policy", {})
    UPDATE.check_verbose(changes)
    return member(request, "policy", POLICIES.update(ks.db, policy_id, changes), PATH)


@route("DELETE", "/v3/policies/<policy_id>", rule="identity:delete_policy")
def delete_policy(ks, request, policy_id):
    get(ks.db, policy_id)
    ks.db.run("DELETE FROM policy_association WHERE policy_id = ?", (policy_id,))
    POLICIES.delete(ks.db, id=policy_id)
    return NoContent()
