"""What an operator enters into Keystone before anybody can work: projects, people, service accounts, and the catalog.

    nova   ── role service on project service ── endpoint http://nova-api:8774/v2.1 (public, internal, admin)
    anna   ── role member  on project shop

Done with Keystone's own API as the bootstrapped admin, as `openstack project create …` would.
"""

import json

from labkit.openstack.service_user import password_login
from labkit.world.errors import LabError

SERVICES = {  # node: (account, catalog name, type, address)
    "nova-api": ("nova", "nova", "compute", "http://nova-api:8774/v2.1"),
    "glance-api": ("glance", "glance", "image", "http://glance-api:9292"),
    "neutron-server": ("neutron", "neutron", "network", "http://neutron-server:9696"),
    "cinder-api": ("cinder", "cinderv3", "volumev3", "http://cinder-api:8776/v3/$(project_id)s"),
}
PEOPLE = {"anna": ("shop", "member"), "ben": ("shop", "reader"), "carla": ("lab", "member")}


def secret(name):
    """Everybody's password in the lab."""
    return f"{name}-secret"


class Operator:
    """Requests to one Keystone, in-process, as its admin. Raises LabError with Keystone's words when one is refused."""

    def __init__(self, keystone):
        self.keystone, self.headers = keystone, {}
        login = self.send("POST", "/v3/auth/tokens", password_login("admin", secret("admin"), "admin"))
        self.headers = {"X-Auth-Token": dict(login.headers)["X-Subject-Token"]}

    def send(self, method, path, body=None):
        said = self.keystone.request(method, path, headers=self.headers, body=body)
        if said.status >= 300:
            raise LabError(
                f"Keystone refused {method} {path}: {said.status} {said.body!r}", code=said.status, definite=True
            )
        return said

    def create(self, path, kind, **values):
        """POST a thing, return its id."""
        return json.loads(self.send("POST", path, {kind: values}).body)[kind]["id"]

    def role(self, name):
        return json.loads(self.send("GET", f"/v3/roles?name={name}").body)["roles"][0]["id"]


def furnish(keystone, people, accounts):
    """Enter projects, people, the services' accounts, roles and the catalog."""
    operator = Operator(keystone)
    roles = {name: operator.role(name) for name in ("member", "reader", "admin", "service", "manager")}
    accounts = dict.fromkeys(accounts, ("service", "service"))
    projects = {}
    for user, (project, role) in [*accounts.items(), *people.items()]:
        if project not in projects:
            projects[project] = operator.create("/v3/projects", "project", name=project, domain_id="default")
        user_id = operator.create("/v3/users", "user", name=user, password=secret(user), domain_id="default")
        operator.send("PUT", f"/v3/projects/{projects[project]}/users/{user_id}/roles/{roles[role]}")
    for _, name, kind, address in SERVICES.values():
        service_id = operator.create("/v3/services", "service", name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            operator.create(
                "/v3/endpoints",
                "endpoint",
                service_id=service_id,
                interface=interface,
                url=address,
                region_id="RegionOne",
            )
