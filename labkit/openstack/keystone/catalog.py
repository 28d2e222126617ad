"""The catalog: which services there are and where they answer, as one user in one project sees them.

It comes inside the token's answer. An endpoint whose address needs a project is left out when the token has none;
disabled services and endpoints are left out always. A project with chosen endpoints (OS-EP-FILTER) sees only those.
"""

from labkit.openstack.keystone import endpoint_groups
from labkit.openstack.keystone.endpoint_table import ENDPOINTS
from labkit.openstack.keystone.endpoints import filled
from labkit.openstack.keystone.services import SERVICES


def build(db, user_id, project_id):
    """The catalog as a list of services with their endpoints, in the order of creation. project_id may be None."""
    words = {"user_id": user_id, **({"project_id": project_id, "tenant_id": project_id} if project_id else {})}
    chosen = endpoint_groups.endpoints_of_project(db, project_id) if project_id else {}
    by_service = {}
    for ref in ENDPOINTS.select(db, enabled=True):
        address = None if chosen and ref["id"] not in chosen else address_of(ref, words)
        if address:
            by_service.setdefault(ref["service_id"], []).append(entry(ref, address))
    services = [
        {"endpoints": by_service.get(ref["id"], []), "id": ref["id"], "type": ref["type"], "name": ref.get("name", "")}
        for ref in SERVICES.select(db, enabled=True)
    ]
    return [service for service in services if service["endpoints"]] if chosen else services


def address_of(ref, words):
    """An endpoint's address with its $(…)s filled in, or None when it needs what is not known."""
    try:
        return filled(ref["url"], words)
    except (KeyError, TypeError, ValueError):
        return None


def entry(ref, address):
    """An endpoint as the catalog shows it, with whatever else was stored with it."""
    hidden = ("service_id", "enabled", "url")
    return {
        **{name: value for name, value in ref.items() if name not in hidden},
        "region": ref["region_id"],
        "url": address,
    }
