"""Implied roles: admin implies manager implies member implies reader. Only what is granted is stored; what follows is
worked out each time.
"""

from labkit.openstack.errors import Conflict, Forbidden, NotFound
from labkit.openstack.keystone import roles
from labkit.openstack.keystone.web import Created, NoContent, route

SCHEMA = """CREATE TABLE IF NOT EXISTS implied_role (
    prior_role_id TEXT NOT NULL, implied_role_id TEXT NOT NULL, PRIMARY KEY (prior_role_id, implied_role_id));"""
NEVER_IMPLIED = ("admin",)   # prohibited_implied_role
COLLECTION, ONE = "/v3/roles/<prior_role_id>/implies", "/v3/roles/<prior_role_id>/implies/<implied_role_id>"


def pairs(db):
    """All (prior role, implied role) ids, in the order of creation."""
    return [tuple(row) for row in db.all("SELECT prior_role_id, implied_role_id FROM implied_role ORDER BY rowid")]


def implied_by(db, prior_id):
    """The ids that a role implies directly."""
    return [
        row[0]
        for row in db.all(
            "SELECT implied_role_id FROM implied_role WHERE prior_role_id = ? ORDER BY rowid", (prior_id,)
        )
    ]


def followers(db):
    """For every role that implies others, these: id → ids."""
    implied = {}
    for prior, follower in pairs(db):
        implied.setdefault(prior, []).append(follower)
    return implied


def closure(db, role_ids):
    """These roles and everything they imply, directly or not, each once."""
    implied = followers(db)
    known, waiting = dict.fromkeys(role_ids), list(role_ids)
    while waiting:
        for follower in implied.get(waiting.pop(0), ()):
            if follower not in known:
                known[follower] = None
                waiting.append(follower)
    return list(known)


def imply(ks, prior_id, implied_id):
    """Let one role imply another (itself is accepted). Raises NotFound, Forbidden (admin; a domain's role from a
    global one), Conflict."""
    implied, prior = roles.get(ks.db, implied_id), roles.get(ks.db, prior_id)
    if implied["name"] in NEVER_IMPLIED or (prior["domain_id"] is None and implied["domain_id"]):
        raise Forbidden(text=f"{implied_id} cannot be an implied roles.")
    if implied_id in implied_by(ks.db, prior_id):
        raise Conflict("implied_role", "Duplicate entry")
    ks.db.run("INSERT INTO implied_role VALUES (?, ?)", (prior_id, implied_id))


def existing_target(ks, request, prior_role_id, implied_role_id=None):
    """Both roles must exist before the rule is asked. Raises NotFound."""
    target = {"prior_role": roles.get(ks.db, prior_role_id)}
    if implied_role_id:
        target["implied_role"] = roles.get(ks.db, implied_role_id)
    return target


def brief(request, ref):
    """A role in an inference: id, name and its address."""
    return {"id": ref["id"], "name": ref["name"], "links": {"self": request.link("roles", ref["id"])}}


def inference(ks, request, prior_id, implies, *path):
    return {"role_inference": {"prior_role": brief(request, roles.get(ks.db, prior_id)), "implies": implies},
            "links": {"self": request.link("roles", prior_id, "implies", *path)}}


@route("GET", COLLECTION, rule="identity:list_implied_roles", target=existing_target)
def list_implied(ks, request, prior_role_id):
    implied = roles.of_ids(ks.db, implied_by(ks.db, prior_role_id))
    return inference(ks, request, prior_role_id, [brief(request, ref) for ref in implied])


@route("HEAD", ONE, rule="identity:check_implied_role", target=existing_target)
def check_implied(ks, request, prior_role_id, implied_role_id):
    require_implied(ks.db, prior_role_id, implied_role_id)
    return NoContent()


def require_implied(db, prior_id, implied_id):
    """Raises NotFound unless one role implies the other directly."""
    if implied_id not in implied_by(db, prior_id):
        raise NotFound(text=f"{prior_id} does not imply {implied_id}.")


@route("GET", ONE, rule="identity:get_implied_role", target=existing_target)
def show_implied(ks, request, prior_role_id, implied_role_id):
    require_implied(ks.db, prior_role_id, implied_role_id)
    return inference(ks, request, prior_role_id, brief(request, roles.get(ks.db, implied_role_id)), implied_role_id)


@route("PUT", ONE, rule="identity:create_implied_role", target=existing_target)
def create_implied(ks, request, prior_role_id, implied_role_id):
    imply(ks, prior_role_id, implied_role_id)
    return Created(show_implied(ks, request, prior_role_id, implied_role_id))


@route("DELETE", ONE, rule="identity:delete_implied_role", target=existing_target)
def delete_implied(ks, request, prior_role_id, implied_role_id):
    require_implied(ks.db, prior_role_id, implied_role_id)
    ks.db.run(
        "DELETE FROM implied_role WHERE prior_role_id = ? AND implied_role_id = ?", (prior_role_id, implied_role_id)
    )
    return NoContent()


@route("GET", "/v3/role_inferences", rule="identity:list_role_inference_rules")
def list_inferences(ks, request):
    known = {ref["id"]: brief(request, ref) for ref in roles.ROLES.select(ks.db)}
    return {"role_inferences": [{"prior_role": known[prior], "implies": [known[role_id] for role_id in implied]}
                                for prior, implied in followers(ks.db).items()]}
