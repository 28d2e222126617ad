"""Application credentials: a password for a program, with a part of a user's roles on one project, for as long as the
user wishes.

The secret is shown once and kept as a hash. A credential is restricted unless it says otherwise: its tokens cannot
make further credentials. It outlives the loss of a role (logging in fails then, and works again when the role is
granted again).
"""

from base64 import urlsafe_b64encode

from labkit.openstack.errors import BadRequest, Forbidden, NotFound
from labkit.openstack.keystone import access_rules, implied_roles, passwords, roles
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.moments import future
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, NAME, ROLE_REF, STRING, TEXT, body, query
from labkit.openstack.keystone.store import Table
from labkit.openstack.keystone.web import Created, NoContent, route

CREDENTIALS = Table(
    "application_credential",
    "application_credential",
    {
        "id": "TEXT PRIMARY KEY",
        "name": "TEXT NOT NULL",
        "description": "TEXT",
        "user_id": "TEXT NOT NULL",
        "project_id": "TEXT",
        "system": "TEXT",
        "expires_at": "TEXT",
        "unrestricted": "INTEGER",
        "secret_hash": "TEXT NOT NULL",
        "roles": "TEXT NOT NULL",
        "access_rules": "TEXT NOT NULL",
    },
    flags=("unrestricted",),
    documents=("roles", "access_rules"),
    unique=("user_id, name",),
    extra=False,
)
SCHEMA = CREDENTIALS.schema

SECRET_BYTES = 64
CREATE = Schema(body("application_credential", {
    "id": STRING, "secret": TEXT, "name": NAME, "description": TEXT, "expires_at": TEXT, "project_id": STRING,
    "access_rules": {"type": "array", "items": {"type": "object", "properties": {"id": ID, **access_rules.SHAPE}}},
    "unrestricted": {"type": ["boolean", "null"]}, "system": TEXT, "roles": {"type": "array", "items": ROLE_REF}},
    required=["name"], additionalProperties=False))
LIST = Schema(query({"name": STRING}))
HOME = "/v3/users/<user_id>/application_credentials"
ONE = HOME + "/<application_credential_id>"
KIND = "Application Credential"


def find(db, credential_id):
    """The credential with this id, or None; roles and access rules in full, and the secret's hash."""
    return in_full(db, CREDENTIALS.find(db, credential_id))


def by_name(db, user_id, name):
    """A user's credential of this name, or None."""
    found = CREDENTIALS.select(db, user_id=user_id, name=name)
    return in_full(db, found[0]) if found else None


def in_full(db, ref):
    if ref is None:
        return None
    rules = access_rules.of_ids(db, ref.pop("access_rules"))
    return {**ref, "roles": roles.of_ids(db, ref["roles"]), **({"access_rules": rules} if rules else {})}


def shown(ref):
    """A credential as the API shows it, without the hash."""
    return {name: value for name, value in ref.items() if name != "secret_hash"}


def get(db, credential_id):
    """The credential with this id, as the API shows it. Raises NotFound."""
    ref = find(db, credential_id)
    if ref is None:
        raise NotFound(KIND, credential_id)
    return shown(ref)


def delete_for_user(db, user_id, project_id=None):
    """All credentials of a user, or those for one project."""
    CREDENTIALS.delete(db, user_id=user_id, **({"project_id": project_id} if project_id else {}))


def owner_target(ks, request, user_id, application_credential_id):
    """The owner is who the credential belongs to, not who the address says."""
    ref = CREDENTIALS.find(ks.db, application_credential_id)
    return {"$path": {"user_id": ref["user_id"] if ref else user_id}}


def require_unrestricted(request):
    """A restricted credential's token does not manage credentials. Raises Forbidden."""
    if request.auth.app_cred_id and not request.auth.app_cred["unrestricted"]:
        raise Forbidden(
            "Using method 'application_credential' is not allowed for managing additional application credentials."
        )


def chosen_roles(ks, request, wanted):
    """The roles of a new credential: all that the token has, or a part of them with what they imply. Raises
    BadRequest, NotFound."""
    held = request.auth.role_ids
    ids = implied_roles.closure(ks.db, [role["id"] for role in roles.named(ks.db, wanted)]) if wanted else held
    if not set(ids) <= set(held):
        raise BadRequest("Invalid application credential: Cannot create an application credential with unassigned role")
    return ids


def new_secret(draw):
    """64 random bytes as text."""
    return urlsafe_b64encode(draw.getrandbits(8 * SECRET_BYTES).to_bytes(SECRET_BYTES, "big")).rstrip(b"=").decode()


@route("GET", HOME, rule="identity:list_application_credentials", query=LIST)
def list_credentials(ks, request, user_id):
    access_rules.require_own_rights(request)
    refs = [shown(in_full(ks.db, ref)) for ref in CREDENTIALS.select(ks.db, user_id=user_id)]
    return collection(request, "application_credentials", refs, ("name",))


@route("POST", HOME, rule="identity:create_application_credential", body=CREATE)
def create_credential(ks, request, user_id):
    access_rules.require_own_rights(request)
    require_unrestricted(request)
    asked = {**request.json["application_credential"]}
    secret = asked.get("secret") or new_secret(ks.draw)
    ref = {"id": ks.new_id(), "name": asked["name"], "description": asked.get("description"), "user_id": user_id,
           "project_id": request.auth.project_id, "system": None, "unrestricted": asked.get("unrestricted"),
           "roles": list(chosen_roles(ks, request, asked.get("roles") or [])),
           "expires_at": future(ks, asked["expires_at"]) if asked.get("expires_at") else None,
           "access_rules": access_rules.kept(ks, user_id, asked.get("access_rules") or []),
           "secret_hash": passwords.hashed(ks, secret)}
    CREDENTIALS.insert(ks.db, ref)
    return Created(member(request, "application_credential", {**get(ks.db, ref["id"]), "secret": secret}))


@route("GET", ONE, rule="identity:get_application_credential", target=owner_target)
def show_credential(ks, request, user_id, application_credential_id):
    access_rules.require_own_rights(request)
    return member(request, "application_credential", get(ks.db, application_credential_id))


@route("DELETE", ONE, rule="identity:delete_application_credential", target=owner_target)
def delete_credential(ks, request, user_id, application_credential_id):
    access_rules.require_own_rights(request)
    require_unrestricted(request)
    get(ks.db, application_credential_id)
    CREDENTIALS.delete(ks.db, id=application_credential_id)
    return NoContent()
