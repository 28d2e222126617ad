"""OS-ENDPOINT-POLICY: which policy document is meant for which endpoint.

The nearest counts: for the endpoint itself, for its service in its region (or one around it), for its service anywhere.
"""

from labkit.openstack.errors import NotFound
from labkit.openstack.keystone import endpoints, policies, regions, services
from labkit.openstack.keystone.collection import collection, member
from labkit.openstack.keystone.endpoint_table import ENDPOINTS
from labkit.openstack.keystone.web import NoContent, route

SCHEMA = """CREATE TABLE IF NOT EXISTS policy_association (
    policy_id TEXT NOT NULL, endpoint_id TEXT, service_id TEXT, region_id TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS policy_association_target
    ON policy_association (ifnull(endpoint_id, ''), ifnull(service_id, ''), ifnull(region_id, ''));"""
HOME = "/v3/policies/<policy_id>/OS-ENDPOINT-POLICY"
LOOK_UP = {"endpoint_id": endpoints, "service_id": services, "region_id": regions}


def policy_of(db, endpoint_id=None, service_id=None, region_id=None):
    """The id of the policy associated with exactly this, or None."""
    row = db.one(
        "SELECT policy_id FROM policy_association WHERE endpoint_id IS ? AND service_id IS ? AND region_id IS ?",
        (endpoint_id, service_id, region_id),
    )
    return row and row["policy_id"]


def known(ks, policy_id, what):
    """The policy and everything named must exist. Raises NotFound."""
    policies.get(ks.db, policy_id)
    for name, key in what.items():
        LOOK_UP[name].get(ks.db, key)


def check(ks, request, policy_id, **what):
    known(ks, policy_id, what)
    if policy_of(ks.db, **what) != policy_id:
        raise NotFound(text="Could not find policy association.")
    return NoContent()


def create(ks, request, policy_id, **what):
    known(ks, policy_id, what)
    ks.db.run("DELETE FROM policy_association WHERE endpoint_id IS ? AND service_id IS ? AND region_id IS ?",
              tuple(what.get(name) for name in LOOK_UP))
    ks.db.run("INSERT INTO policy_association VALUES (?, ?, ?, ?)", (policy_id, *(what.get(name) for name in LOOK_UP)))
    return NoContent()


def delete(ks, request, policy_id, **what):
    known(ks, policy_id, what)
    ks.db.run(
        "DELETE FROM policy_association WHERE policy_id = ? AND endpoint_id IS ? AND service_id IS ? AND region_id"
        " IS ?",
        (policy_id, *(what.get(name) for name in LOOK_UP)),
    )
    return NoContent()


def enter(path, what):
    """The routes of one kind of association."""
    for method, doing, handler in (("GET", "check", check), ("PUT", "create", create), ("DELETE", "delete", delete)):
        route(method, HOME + path, rule=f"identity:{doing}_policy_association_for_{what}")(handler)


enter("/endpoints/<endpoint_id>", "endpoint")
enter("/services/<service_id>", "service")
enter("/services/<service_id>/regions/<region_id>", "region_and_service")


@route("GET", HOME + "/endpoints", rule="identity:list_endpoints_for_policy")
def list_endpoints(ks, request, policy_id):
    policies.get(ks.db, policy_id)
    rows = ks.db.all("SELECT * FROM policy_association WHERE policy_id = ? ORDER BY rowid", (policy_id,))
    return collection(request, "endpoints", [ref for row in rows for ref in concerned(ks.db, row)])


def concerned(db, row):
    """The endpoints that one association means."""
    if row["endpoint_id"]:
        return ENDPOINTS.select(db, id=row["endpoint_id"])
    place = {"region_id": regions.within(db, row["region_id"])} if row["region_id"] else {}
    return ENDPOINTS.select(db, service_id=row["service_id"], **place)


@route("GET", "/v3/endpoints/<endpoint_id>/OS-ENDPOINT-POLICY/policy", rule="identity:get_policy_for_endpoint")
def show_for_endpoint(ks, request, endpoint_id):
    ref = endpoints.get(ks.db, endpoint_id)
    policy_id = (
        policy_of(ks.db, endpoint_id=endpoint_id)
        or for_region(ks.db, ref)
        or policy_of(ks.db, service_id=ref["service_id"])
    )
    if policy_id is None:
        raise NotFound(text=f"No policy is associated with endpoint {endpoint_id}.")
    return member(request, "policy", policies.get(ks.db, policy_id), ("endpoints",))


def for_region(db, ref):
    """The policy for an endpoint's service in its region, or in the nearest region around it."""
    region_id = ref["region_id"]
    while region_id:
        policy_id = policy_of(db, service_id=ref["service_id"], region_id=region_id)
        if policy_id:
            return policy_id
        region_id = regions.get(db, region_id)["parent_region_id"]
    return None
