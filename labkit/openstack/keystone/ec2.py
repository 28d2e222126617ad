"""EC2 credentials: a pair of access key and secret for a user on one project, as Amazon's API wants them."""

import json

from labkit.openstack.errors import Expecting, HttpError, Unauthorized
from labkit.openstack.keystone import credentials, projects, users
from labkit.openstack.keystone.collection import envelope
from labkit.openstack.keystone.web import Created, NoContent, route

HOME, ONE = "/v3/users/<user_id>/credentials/OS-EC2", "/v3/users/<user_id>/credentials/OS-EC2/<access>"


def shown(request, ref):
    """A credential in EC2's words."""
    blob = json.loads(ref["blob"])
    own = request.link("users", ref["user_id"], "credentials", "OS-EC2", blob["access"])
    return {
        "user_id": ref["user_id"],
        "tenant_id": ref["project_id"],
        "access": blob["access"],
        "secret": blob.get("secret"),
        "trust_id": blob.get("trust_id"),
        "links": {"self": own},
    }


def get(ks, access):
    """The EC2 credential of an access key. Raises NotFound; Unauthorized if it is of another type."""
    ref = credentials.get(ks, credentials.id_of(access))
    if ref["type"] != "ec2":
        raise Unauthorized("EC2 access key not found")
    return ref


def ec2_target(ks, request, user_id, access):
    """The owner is who the credential belongs to. Raises NotFound."""
    return {"credential": {"user_id": credentials.CREDENTIALS.get(ks.db, credentials.id_of(access))["user_id"]}}


@route("GET", HOME, rule="identity:ec2_list_credentials")
def list_keys(ks, request, user_id):
    credentials.require_own_rights(request)
    users.get(ks.db, user_id)
    return envelope(
        request, "credentials", [shown(request, ref) for ref in credentials.select(ks, user_id=user_id, type="ec2")]
    )


@route(
    "POST",
    HOME,
    rule="identity:ec2_create_credential",
    target=lambda ks, request, user_id: {"credential": {"user_id": user_id}},
)
def create_key(ks, request, user_id):
    users.get(ks.db, user_id)
    project_id = request.json.get("tenant_id")
    if not isinstance(project_id, str | None):
        raise Expecting("tenant_id", "request body")
    projects.get(ks.db, project_id)
    credentials.require_own_rights(request)
    blob = {"access": ks.new_id(), "secret": ks.new_id(), "trust_id": None}
    ref = {
        "id": credentials.id_of(blob["access"]),
        "user_id": user_id,
        "project_id": project_id,
        "type": "ec2",
        "blob": json.dumps(blob),
    }
    return Created({"credential": shown(request, credentials.create(ks, ref))})


@route("GET", ONE, rule="identity:ec2_get_credential", target=ec2_target)
def show_key(ks, request, user_id, access):
    users.get(ks.db, user_id)
    ref = get(ks, access)
    credentials.require_own_rights(request)
    return {"credential": shown(request, ref)}


@route("DELETE", ONE, rule="identity:ec2_delete_credential", target=ec2_target)
def delete_key(ks, request, user_id, access):
    users.get(ks.db, user_id)
    ref = get(ks, access)
    credentials.require_own_rights(request)
    credentials.CREDENTIALS.delete(ks.db, id=ref["id"])
    return NoContent()


class MethodOff(HttpError):
    """503: the authentication method `ec2credential` is off, as it is by default."""

    code, title = 503, "Service Unavailable"

    def __init__(self):
        super().__init__(
            "Cannot mint a token from an EC2 or S3 credential: the ec2credential auth method is not enabled. "
            "Add ec2credential to the [auth] methods configuration option."
        )


@route("POST", "/v3/ec2tokens", rule="identity:ec2tokens_validate")
@route("POST", "/v3/s3tokens", rule="identity:s3tokens_validate")
def exchange(ks, request):
    """Services that speak Amazon's API would get a token for a signed request here. Raises MethodOff."""
    raise MethodOff()
