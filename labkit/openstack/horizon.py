"""Horizon, the dashboard: a web page that is a client of the same APIs. It has no power of its own.

    browser ──POST /auth/login──▶ horizon ──POST /v3/auth/tokens──▶ keystone
                                  horizon ──GET /v2.1/servers──▶ nova-api, with the user's token

What the real one does differently: sessions by cookie, many panels, and a page that loads even when the services behind
it do not answer. This one signs in and shows the list of servers: 200, 401 for a bad password, 503 when it cannot reach
what it needs.
"""

from labkit.openstack import rest
from labkit.openstack.service_user import password_login
from labkit.world.errors import Unanswered


class Horizon:
    """The dashboard's process."""

    def __init__(self, world, name="horizon", keystone="keystone", nova="nova-api"):
        self.world, self.name, self.keystone, self.nova = world, name, keystone, nova
        self.node = world.node(name, serve=self.serve)

    def serve(self, message):
        """Generator: sign in and show the overview."""
        form = {"user": "", "password": "", "project": "", **rest.Request.of(message).json}
        login = yield from self.ask(
            self.keystone,
            "POST",
            "/v3/auth/tokens",
            body=password_login(form["user"], form["password"], form["project"]),
        )
        if login.status != 201:
            return rest.answer(
                401 if login.status == 401 else 503, {"page": "Login", "message": f"Keystone: {login.status}"}
            )
        listed = yield from self.ask(self.nova, "GET", "/v2.1/servers", login.headers["X-Subject-Token"])
        if listed.status != 200:
            return rest.answer(503, {"page": "Overview", "message": f"Nova: {listed.status}"})
        return rest.answer(200, {"page": "Overview", **listed.body})

    def ask(self, node, method, path, token=None, body=None):
        """Generator: the Answer of a service; status 503 when none comes."""
        try:
            payload = yield self.world.call(
                self.name, node, "rest", f"{method} {path}", 30.0, **rest.detail(method, path, token, body)
            )
        except Unanswered as silence:
            return rest.Answer(503, {}, {"message": str(silence)})
        return rest.Answer.of(payload)
