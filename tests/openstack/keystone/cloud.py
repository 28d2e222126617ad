"""The words in which the stories about Keystone are told: people, projects, logins, tokens."""

from labkit.openstack.keystone import Keystone
from labkit.world import World


class Cloud:
    """A fresh Keystone with admin logged in. All answers are Responses; tokens are texts."""

    def __init__(self, seed=7, world=None, **settings):
        self.world = world or World(seed)
        self.ks = Keystone(self.world, admin_password="sesame", **settings)
        self.admin = self.token("admin", "sesame", project="admin")
        self.roles = {role["name"]: role["id"] for role in self.get("/v3/roles").json["roles"]}

    def send(self, method, path, body=None, token=None, subject=None):
        headers = {"X-Auth-Token": token or ("" if token == "" else self.admin)}
        if subject:
            headers["X-Subject-Token"] = subject
        return self.ks.request(method, path, headers, body)

    def get(self, path, token=None, **more):
        return self.send("GET", path, token=token, **more)

    # -- who there is -----------------------------------------------------------------------------
    def make(self, kind, path=None, **ref):
        """Create a resource as admin; returns its id."""
        answer = self.send("POST", path or f"/v3/{kind}s", {kind: ref})
        assert answer.status == 201, answer.body
        return answer.json[kind]["id"]

    def person(self, name, project_id=None, role="member", **more):
        """A user with the password '<name>pw', perhaps with a role on a project; returns the id."""
        user_id = self.make("user", name=name, password=f"{name}pw", **more)
        if project_id:
            self.grant(role, user_id, project_id)
        return user_id

    def grant(self, role, user_id, project_id, method="PUT"):
        answer = self.send(method, f"/v3/projects/{project_id}/users/{user_id}/roles/{self.roles[role]}")
        assert answer.status == 204, answer.body

    def take_away(self, role, user_id, project_id):
        self.grant(role, user_id, project_id, "DELETE")

    def change(self, kind, key, **changes):
        answer = self.send("PATCH", f"/v3/{kind}s/{key}", {kind: changes})
        assert answer.status == 200, answer.body

    # -- logging in -------------------------------------------------------------------------------
    def login(self, user, password=None, **scope):
        """Log in by name and password; scope: project=name, project_id=, domain_id=, system=True, unscoped=True,
        trust=id."""
        person = {"name": user, "domain": {"id": "default"}, "password": password or f"{user}pw"}
        return self.prove({"methods": ["password"], "password": {"user": person}}, **scope)

    def exchange(self, token, **scope):
        """A new token from an old one."""
        return self.prove({"methods": ["token"], "token": {"id": token}}, **scope)

    def prove(self, identity, **scope):
        demand = {"identity": identity}
        if scope:
            demand["scope"] = scope_document(**scope)
        return self.ks.request("POST", "/v3/auth/tokens", body={"auth": demand})

    def token(self, user, password=None, **scope):
        answer = self.login(user, password, **scope)
        assert answer.status == 201, answer.body
        return answer.header("X-Subject-Token")

    def validate(self, subject, token=None, query=""):
        return self.send("GET", f"/v3/auth/tokens{query}", token=token, subject=subject)

    def is_good(self, token):
        """What every service wants to know."""
        return self.validate(token).status == 200

    def wait(self, seconds):
        self.world.run(until=self.world.now + seconds)


def scope_document(project=None, project_id=None, domain_id=None, system=False, unscoped=False, trust=None):
    if project:
        return {"project": {"name": project, "domain": {"id": "default"}}}
    if project_id:
        return {"project": {"id": project_id}}
    if domain_id:
        return {"domain": {"id": domain_id}}
    if trust:
        return {"OS-TRUST:trust": {"id": trust}}
    return {"system": {"all": True}} if system else "unscoped"
