"""Credentials: secrets of other kinds that Keystone keeps for users (EC2 keys, TOTP seeds, certificates), encrypted
at rest.

The text (`blob`) lies in the database sealed by Fernet, under keys of their own: whoever steals the database has no
secret.
"""

import json
from hashlib import sha256

from labkit.openstack.errors import BadRequest, Expecting, Forbidden
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import STRING, TEXT, body, query
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.web import Created, NoContent, route

CREDENTIALS = Table(
    "credential",
    "credential",
    {
        "id": "TEXT PRIMARY KEY",
        "user_id": "TEXT NOT NULL",
        "project_id": "TEXT",
        "type": "TEXT NOT NULL",
        "sealed_blob": "TEXT NOT NULL",
    },
    longest={"user_id": 64, "project_id": 64, "type": 255},
)
SCHEMA = CREDENTIALS.schema
WITH_PROJECT = {
    "if": {"properties": {"type": {"const": "ec2"}}},
    "then": {"title": "ec2 credential requires project_id", "required": ["blob", "type", "user_id", "project_id"]},
}
CREATE = Schema(
    body(
        "credential",
        {"id": STRING, "blob": STRING, "project_id": TEXT, "type": STRING, "user_id": STRING},
        required=["blob", "type", "user_id"],
        closed_outside=False,
        additionalProperties=True,
        **WITH_PROJECT,
    )
)
UPDATE = Schema(
    body("credential", {"blob": STRING}, required=["blob"], closed_outside=False, additionalProperties=False)
)
LIST = Schema(query({"user_id": STRING, "type": STRING}))
NEVER_CHANGED = ("trust_id", "app_cred_id", "access_token_id", "access_id")


def create(ks, ref):
    """Store a credential with its blob sealed. Raises Conflict when the id is taken."""
    sealed = {name: value for name, value in ref.items() if name != "blob"}
    CREDENTIALS.insert(ks.db, {"project_id": None, **sealed, "sealed_blob": seal(ks, ref["blob"])})
    return get(ks, ref["id"])


def seal(ks, text):
    """A text under the newest credential key."""
    return ks.credential_keys.seal(text.encode(), int(ks.now_s()), ks.draw.getrandbits(128).to_bytes(16, "big"))


def opened(ks, ref):
    """A stored credential with its blob in clear."""
    return {
        **{name: value for name, value in ref.items() if name != "sealed_blob"},
        "blob": ks.credential_keys.open(ref["sealed_blob"])[0].decode(),
    }


def get(ks, credential_id):
    """The credential with this id, opened. Raises NotFound."""
    return opened(ks, CREDENTIALS.get(ks.db, credential_id))


def select(ks, **where):
    """Opened credentials whose columns equal these values."""
    return [opened(ks, ref) for ref in CREDENTIALS.select(ks.db, **where)]


def id_of(access):
    """An EC2 credential is found by the hash of its access key."""
    return sha256(access.encode()).hexdigest()


def ec2_blob(text):
    """The content of an EC2 blob. Raises BadRequest."""
    try:
        blob = json.loads(text)
    except ValueError:
        raise BadRequest("Invalid blob in credential") from None
    if not blob or not isinstance(blob, dict):
        raise Expecting("blob", "credential")
    if not isinstance(blob.get("access"), str):
        raise Expecting("access", "credential")
    return blob


def require_own_rights(request):
    """Secrets are not for tokens at second hand. Raises Forbidden."""
    if request.auth.delegated:
        raise Forbidden("Delegated tokens cannot access credentials directly")


def credential_target(ks, request, credential_id):
    found = CREDENTIALS.find(ks.db, credential_id)
    return {"credential": found} if found else {}


@route("GET", "/v3/credentials", query=LIST)
def list_credentials(ks, request):
    own = {} if request.authenticated().system else {"credential": {"user_id": request.auth.user_id}}
    ks.enforce(request, "identity:list_credentials", own)
    refs = (
        []
        if request.auth.delegated
        else [
            ref
            for ref in select(ks)
            if ks.allowed(request, "identity:get_credential", {"credential": {"user_id": ref["user_id"]}})
        ]
    )
    return collection(request, "credentials", refs, ("user_id", "type"))


@route("POST", "/v3/credentials", rule="identity:create_credential", body=CREATE,
       target=lambda ks, request: {"credential": request.json["credential"]})
def create_credential(ks, request):
    require_own_rights(request)
    ref = {**normalised(request.json["credential"]), "id": ks.new_id()}
    if ref["type"].lower() == "ec2":
        ref["id"] = id_of(ec2_blob(ref["blob"])["access"])
    return Created(member(request, "credential", create(ks, ref)))


@route("GET", "/v3/credentials/<credential_id>", rule="identity:get_credential", target=credential_target)
def show_credential(ks, request, credential_id):
    ref = get(ks, credential_id)
    require_own_rights(request)
    return member(request, "credential", ref)


@route(
    "PATCH", "/v3/credentials/<credential_id>", rule="identity:update_credential", target=credential_target, body=UPDATE
)
def update_credential(ks, request, credential_id):
    old, blob = get(ks, credential_id), request.json["credential"]["blob"]
    require_own_rights(request)
    require_same_id(request.json["credential"], credential_id)
    if old["type"].lower() == "ec2":
        before, after = json.loads(old["blob"]), ec2_blob(blob)
        for name in NEVER_CHANGED:
            if before.get(name) != after.get(name):
                raise BadRequest(f"{name} can not be updated for credential")
    CREDENTIALS.update(ks.db, credential_id, {"sealed_blob": seal(ks, blob)})
    return member(request, "credential", get(ks, credential_id))


@route("DELETE", "/v3/credentials/<credential_id>", rule="identity:delete_credential", target=credential_target)
def delete_credential(ks, request, credential_id):
    get(ks, credential_id)
    require_own_rights(request)
    CREDENTIALS.delete(ks.db, id=credential_id)
    return NoContent()
