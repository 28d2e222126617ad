"""A client's session: one token, one catalog, and requests that travel the network like everybody's.

    session.get("compute", "/servers") ─▶ catalog: compute is http://nova-api:8774/v2.1 ─▶ GET /v2.1/servers at nova-api

The session never asks Keystone again: it carries the token to each service, and each service asks. Like keystoneauth1's
sessions, but it does not log in again by itself, so that you see what a token alone is worth.
"""

from datetime import datetime
from urllib.parse import urlsplit

from labkit.openstack import rest
from labkit.world.errors import LabError
from labkit.world.journal import action


class Session:
    """What `cloud.login` gives: `token`, `fingerprint` (names the token without giving it away), `expires_at`,
    `project_id`, `catalog`.

    Each request returns an Answer (status, headers, body); raises Unanswered when none comes, LabError for a service
    that the catalog does not know. Headers are written with underscores: session.get("compute", "/servers",
    X_Roles="admin").
    """

    @action
    def __init__(self, world, name, client, token, body):
        self.world, self.name, self.client, self.token = world, name, client, token
        self.fingerprint = rest.fingerprint(token)
        self.expires_at = datetime.fromisoformat(body["expires_at"])
        self.user_id, self.project_id = body["user"]["id"], body.get("project", {}).get("id")
        self.roles = [role["name"] for role in body.get("roles", ())]
        self.catalog = body.get("catalog", [])

    def __repr__(self):
        return f"<Session {self.name}: token {self.fingerprint}, until {self.expires_at:%H:%M:%S}>"

    def url(self, service):
        """The public address of a service type in this token's catalog."""
        for entry in self.catalog:
            if service in (entry["type"], entry.get("name")):
                return next(endpoint["url"] for endpoint in entry["endpoints"] if endpoint["interface"] == "public")
        known = (
            ", ".join(sorted(entry["type"] for entry in self.catalog)) or "nothing: an unscoped token has no catalog"
        )
        raise LabError(f"the catalog of this token has no service {service!r}", next_step=f"it has: {known}")

    @action
    def request(self, method, service, path, body=None, timeout_s=60.0, **headers):
        """Any request; `service` is a type of the catalog or an address (http://nova-api:8774/v2.1)."""
        node, path = self.address(service, path)
        return send(self.world, self.client, method, node, path, self.token, body, timeout_s, **headers)

    def sending(self, method, service, path, body=None, timeout_s=60.0):
        """The same for a script inside the world: `payload = yield session.sending("GET", "compute", "/servers")`."""
        node, path = self.address(service, path)
        return self.world.call(
            self.client, node, "rest", f"{method} {path}", timeout_s, **rest.detail(method, path, self.token, body)
        )

    def address(self, service, path):
        """(node, path) of a request to a service type of the catalog or an address."""
        url = urlsplit(service if "://" in service else self.url(service))
        return url.hostname, url.path.rstrip("/") + path

    def get(self, service, path, **headers):
        return self.request("GET", service, path, **headers)

    def post(self, service, path, body=None, **headers):
        return self.request("POST", service, path, body, **headers)

    def put(self, service, path, body=None, **headers):
        return self.request("PUT", service, path, body, **headers)

    def patch(self, service, path, body=None, **headers):
        return self.request("PATCH", service, path, body, **headers)

    def delete(self, service, path, **headers):
        return self.request("DELETE", service, path, **headers)


def send(world, client, method, node, path, token=None, body=None, timeout_s=60.0, **headers):
    """One request from the node `client`, waited for from outside the world; returns its Answer."""
    detail = rest.detail(method, path, token, body, **headers)
    return rest.Answer.of(world.ask(client, node, "rest", f"{method} {path.partition('?')[0]}", timeout_s, **detail))
