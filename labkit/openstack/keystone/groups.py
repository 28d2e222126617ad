"""Groups: users who get roles together. Whoever leaves a group loses all his tokens, whatever they were for."""

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.keystone import domains, memberships, revocation, users
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.immutable import require_same_id
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.shapes import ID, NAME, ORDER, PAGE, TEXT, body, query
from labkit.openstack.keystone.store import Table, normalised
from labkit.openstack.keystone.users import user_target
from labkit.openstack.keystone.web import Created, NoContent, route

GROUPS = Table(
    "group",
    "group",
    {"id": "TEXT PRIMARY KEY", "name": "TEXT NOT NULL", "domain_id": "TEXT NOT NULL", "description": "TEXT"},
    unique=("domain_id, name",),
    longest={"name": 64},
)
SCHEMA = GROUPS.schema

CREATE = Schema(body("group", {"domain_id": ID, "description": TEXT, "name": NAME}, required=["name"]))
UPDATE = Schema(body("group", {"description": TEXT, "name": NAME}, minProperties=1))
LIST = Schema(query({"domain_id": ID, "name": NAME, **PAGE, **ORDER}))


def find(db, group_id):
    """The group with this id, or None."""
    return GROUPS.find(db, group_id)


def get(db, group_id):
    """The group with this id. Raises NotFound."""
    return GROUPS.get(db, group_id)


def create(ks, ref):
    """Store a new group. Raises NotFound (domain), Conflict (name taken)."""
    ref = {"id": ks.new_id(), "description": "", **ref}
    domains.get(ks.db, ref["domain_id"])
    return GROUPS.insert(ks.db, {**ref, "name": ref["name"].strip()})


def add(ks, user_id, group_id):
    """Put a user into a group; again is no error. Raises NotFound."""
    get(ks.db, group_id)
    users.get(ks.db, user_id)
    memberships.join(ks.db, user_id, group_id)


def require_member(db, user_id, group_id):
    """Raises NotFound: the group, the user, or his place in it."""
    get(db, group_id)
    users.get(db, user_id)
    if group_id not in memberships.groups_of(db, user_id):
        raise NotFound(text=f"User '{user_id}' not found in group '{group_id}'")


def group_target(ks, request, group_id, **_):
    found = find(ks.db, group_id)
    return {"group": found} if found else {}


def existing_target(ks, request, group_id, **_):
    return {"group": get(ks.db, group_id)}


def both_target(ks, request, group_id, user_id):
    return {**group_target(ks, request, group_id), **user_target(ks, request, user_id)}


@route("GET", "/v3/groups", query=LIST)
def list_groups(ks, request):
    own = request.authenticated().domain_id
    ks.enforce(request, "identity:list_groups", {"group": {"domain_id": own}} if own else {})
    refs = [ref for ref in GROUPS.select(ks.db) if own in (None, ref["domain_id"])]
    return collection(request, "groups", refs, ("domain_id", "name"), paged=True)


@route(
    "POST",
    "/v3/groups",
    rule="identity:create_group",
    body=CREATE,
    target=lambda ks, request: {"group": request.json["group"]},
)
def create_group(ks, request):
    ref = normalised(request.json["group"])
    ref = {**ref, "domain_id": ref.get("domain_id") or request.auth.domain_id or "default", "id": ks.new_id()}
    return Created(member(request, "group", create(ks, ref)))


@route("GET", "/v3/groups/<group_id>", rule="identity:get_group", target=group_target)
def show_group(ks, request, group_id):
    return member(request, "group", get(ks.db, group_id))


@route("PATCH", "/v3/groups/<group_id>", rule="identity:update_group", target=group_target, body=UPDATE)
def update_group(ks, request, group_id):
    changes = request.json["group"]
    require_same_id(changes, group_id)
    old = get(ks.db, group_id)
    if changes.get("domain_id", old["domain_id"]) != old["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    if "name" in changes:
        changes = {**changes, "name": changes["name"].strip()}
    return member(request, "group", GROUPS.update(ks.db, group_id, changes))


@route("DELETE", "/v3/groups/<group_id>", rule="identity:delete_group", target=existing_target)
def delete_group(ks, request, group_id):
    from labkit.openstack.keystone import deletion
    deletion.group(ks, get(ks.db, group_id))
    return NoContent()


@route("GET", "/v3/groups/<group_id>/users", rule="identity:list_users_in_group", target=group_target)
def list_group_users(ks, request, group_id):
    get(ks.db, group_id)
    refs = users.USERS.select(ks.db, id=memberships.members_of(ks.db, group_id))
    return collection(request, "users", users.listed(ks, request, refs), users.FILTERS)


@route("GET", "/v3/users/<user_id>/groups", rule="identity:list_groups_for_user", target=user_target)
def list_user_groups(ks, request, user_id):
    users.get(ks.db, user_id)
    own = request.auth.domain_id
    refs = [
        {**ref, "membership_expires_at": None}
        for ref in GROUPS.select(ks.db, id=memberships.groups_of(ks.db, user_id))
        if own in (None, ref["domain_id"])
    ]
    return collection(request, "groups", refs, ("name",))


@route("GET", "/v3/groups/<group_id>/users/<user_id>", rule="identity:check_user_in_group", target=both_target)
def check_membership(ks, request, group_id, user_id):
    require_member(ks.db, user_id, group_id)
    return NoContent()


@route("PUT", "/v3/groups/<group_id>/users/<user_id>", rule="identity:add_user_to_group", target=both_target)
def add_member(ks, request, group_id, user_id):
    add(ks, user_id, group_id)
    return NoContent()


@route("DELETE", "/v3/groups/<group_id>/users/<user_id>", rule="identity:remove_user_from_group", target=both_target)
def remove_member(ks, request, group_id, user_id):
    require_member(ks.db, user_id, group_id)
    memberships.leave(ks.db, user_id, group_id)
    revocation.by_user(ks, user_id)
    return NoContent()
