"""Who may do what: twelve people with one role each, one stranger, one forger, and what real Keystone (2026.1)
answered them.

All of them live in the domain `rec` (with one user more, `target`), beside the domain Default: project_* have their
role on the project `own`, domain_* on the domain, system_* on the system, `unscoped` has none; cloud_admin is admin
on the bootstrap's project.
"""

import pytest

from tests.openstack.keystone.cloud import Cloud

PEOPLE = [
    f"{scope}_{role}"
    for role in ("reader", "member", "manager", "admin")
    for scope in ("project", "domain", "system")
    if (scope, role) != ("system", "manager")
]
EVERYBODY = {*PEOPLE, "unscoped", "cloud_admin"}
STRANGERS = {"anonymous", "garbage"}
CLOUD = {"project_admin", "system_admin", "cloud_admin"}
ADMINS = CLOUD | {"domain_admin"}
MANAGERS = ADMINS | {"domain_manager"}
SYSTEM = {"system_reader", "system_member"}
LOOKERS = MANAGERS | SYSTEM | {"domain_reader", "domain_member"}

ALLOWED = {
    "add_project_tag": (MANAGERS, 201),
    "create_project_in_domain": (MANAGERS, 201),
    "delete_project_in_domain": (MANAGERS, 204),
    "update_own_project": (MANAGERS, 200),
    "update_user": (MANAGERS, 200),
    "auth_projects": (EVERYBODY, 200),
    "list_own_projects": (EVERYBODY, 200),
    "list_regions": (EVERYBODY, 200),
    "show_self": (EVERYBODY, 200),
    "validate_own_token": (EVERYBODY, 200),
    "show_own_project": (EVERYBODY - {"unscoped"}, 200),
    "list_grants": (LOOKERS, 200),
    "check_grant": (LOOKERS, 204),
    "list_assignments_own_project": (LOOKERS, 200),
    "list_domains": (LOOKERS, 200),
    "list_group_users": (LOOKERS, 200),
    "list_users_in_domain": (LOOKERS, 200),
    "show_user_same_domain": (LOOKERS, 200),
    "create_endpoint": (CLOUD, 201),
    "create_implied": (CLOUD, 201),
    "create_region": (CLOUD, 201),
    "create_service": (CLOUD, 201),
    "grant_on_system": (CLOUD, 204),
    "create_user_other_domain": (ADMINS, 201),
    "grant_admin_on_own_project": (ADMINS, 204),
    "grant_on_other_project": (ADMINS, 204),
    "revoke_other_token": (ADMINS, 204),
    "list_inferences": (CLOUD | SYSTEM, 200),
    "list_other_app_creds": (CLOUD | SYSTEM, 200),
    "list_policies": (CLOUD | SYSTEM, 200),
    "list_trusts": (CLOUD | SYSTEM, 200),
    "list_roles": (MANAGERS | SYSTEM, 200),
    "show_other_project": (ADMINS | SYSTEM, 200),
}
OF_DOMAIN = {"domain_reader", "domain_member", "domain_manager", "domain_admin"}
COUNTS = {
    "list_assignments_own_project": ("role_assignments", lambda who: 4),
    "list_domains": ("domains", lambda who: 1 if who in OF_DOMAIN else 2),
    "list_group_users": ("users", lambda who: 1),
    "list_users_in_domain": ("users", lambda who: 13),
    "list_inferences": ("role_inferences", lambda who: 3),
    "list_other_app_creds": ("application_credentials", lambda who: 0),
    "list_policies": ("policies", lambda who: 0),
    "list_trusts": ("trusts", lambda who: 0),
    "list_regions": ("regions", lambda who: 1),
    "list_roles": ("roles", lambda who: 6),
    "list_own_projects": ("projects", lambda who: 1 if who.startswith("project_") or who == "cloud_admin" else 0),
}


class Stage:
    """The cloud with everybody in it, and everybody's token."""

    def __init__(self):
        self.cloud = cloud = Cloud()
        self.domain = cloud.make("domain", name="rec")
        self.own = cloud.make("project", name="own", domain_id=self.domain)
        self.other = cloud.make("project", name="other")
        self.role = cloud.make("role", name="sixth")
        self.ids = {who: cloud.person(who, domain_id=self.domain) for who in (*PEOPLE, "unscoped", "target")}
        self.group = cloud.make("group", name="g", domain_id=self.domain)
        assert cloud.send("PUT", f"/v3/groups/{self.group}/users/{self.ids['target']}").status == 204
        self.ids["cloud_admin"] = cloud.get("/v3/users?name=admin").json["users"][0]["id"]
        self.service = cloud.get("/v3/services").json["services"][0]["id"]
        self.serial = 0
        self.tokens = {who: self.enter(who) for who in PEOPLE} | {
            "unscoped": self.log_in("unscoped", "unscoped"),
            "cloud_admin": cloud.admin,
            "anonymous": "",
            "garbage": "gAAAAforged",
        }

    def enter(self, who):
        """Give a person his role and log him in with it."""
        scope, role = who.split("_")
        place = {"project": f"projects/{self.own}", "domain": f"domains/{self.domain}", "system": "system"}[scope]
        granted = self.cloud.send("PUT", f"/v3/{place}/users/{self.ids[who]}/roles/{self.cloud.roles[role]}")
        assert granted.status == 204
        where = {"project": {"id": self.own}, "domain": {"id": self.domain}, "system": {"all": True}}
        return self.log_in(who, {scope: where[scope]})

    def log_in(self, who, scope):
        person = {"id": self.ids[who], "password": f"{who}pw"}
        demand = {"identity": {"methods": ["password"], "password": {"user": person}}, "scope": scope}
        answer = self.cloud.ks.request("POST", "/v3/auth/tokens", body={"auth": demand})
        assert answer.status == 201, answer.body
        return answer.header("X-Subject-Token")

    def new_name(self):
        self.serial += 1
        return f"thing{self.serial}"

    def act(self, operation, who):
        """One person tries one operation; what it made is taken away again."""
        token, send = self.tokens[who], self.cloud.send
        method, path, body, more = self.request(operation, who)
        try:
            with self.cloud.ks.db.transaction():
                answer = send(method, path, body, token=token, **more)
                raise Undo
        except Undo:
            return answer

    def request(self, operation, who):
        """(method, path, body, further arguments) of an operation."""
        own, target, role, roles = f"/v3/projects/{self.own}", self.ids["target"], self.role, self.cloud.roles
        me = self.ids.get(who, target)
        grants = f"{own}/users/{self.ids['project_reader']}/roles"
        endpoint = {"service_id": self.service, "interface": "public", "url": "http://h"}
        table = {
            "add_project_tag": ("PUT", f"{own}/tags/red"),
            "create_project_in_domain": (
                "POST",
                "/v3/projects",
                {"project": {"name": self.new_name(), "domain_id": self.domain}},
            ),
            "delete_project_in_domain": ("DELETE", own),
            "update_own_project": ("PATCH", own, {"project": {"description": "new"}}),
            "update_user": ("PATCH", f"/v3/users/{target}", {"user": {"description": "new"}}),
            "auth_projects": ("GET", "/v3/auth/projects"),
            "list_own_projects": ("GET", f"/v3/users/{me}/projects"),
            "list_regions": ("GET", "/v3/regions"),
            "show_self": ("GET", f"/v3/users/{me}"),
            "show_own_project": ("GET", own),
            "validate_own_token": ("GET", "/v3/auth/tokens", None, {"subject": self.tokens[who] or "none"}),
            "list_grants": ("GET", grants),
            "check_grant": ("GET", f"{grants}/{roles['reader']}"),
            "list_assignments_own_project": ("GET", f"/v3/role_assignments?scope.project.id={self.own}"),
            "list_domains": ("GET", "/v3/domains"),
            "list_group_users": ("GET", f"/v3/groups/{self.group}/users"),
            "list_users_in_domain": ("GET", f"/v3/users?domain_id={self.domain}"),
            "show_user_same_domain": ("GET", f"/v3/users/{target}"),
            "create_endpoint": ("POST", "/v3/endpoints", {"endpoint": endpoint}),
            "create_implied": ("PUT", f"/v3/roles/{role}/implies/{roles['reader']}"),
            "create_region": ("POST", "/v3/regions", {"region": {"id": self.new_name()}}),
            "create_service": ("POST", "/v3/services", {"service": {"type": "compute"}}),
            "grant_on_system": ("PUT", f"/v3/system/users/{target}/roles/{roles['reader']}"),
            "create_user_other_domain": (
                "POST",
                "/v3/users",
                {"user": {"name": self.new_name(), "domain_id": "default"}},
            ),
            "grant_admin_on_own_project": ("PUT", f"{own}/users/{target}/roles/{roles['admin']}"),
            "grant_on_other_project": ("PUT", f"/v3/projects/{self.other}/users/{target}/roles/{roles['reader']}"),
            "revoke_other_token": (
                "DELETE",
                "/v3/auth/tokens",
                None,
                {"subject": self.tokens["unscoped" if who != "unscoped" else "domain_reader"]},
            ),
            "list_inferences": ("GET", "/v3/role_inferences"),
            "list_other_app_creds": ("GET", f"/v3/users/{target}/application_credentials"),
            "list_policies": ("GET", "/v3/policies"),
            "list_trusts": ("GET", "/v3/OS-TRUST/trusts"),
            "list_roles": ("GET", "/v3/roles"),
            "show_other_project": ("GET", f"/v3/projects/{self.other}"),
        }
        method, path, *rest = table[operation]
        return method, path, rest[0] if rest else None, rest[1] if len(rest) > 1 else {}


class Undo(Exception):
    """Leaves a transaction without keeping what was written."""


@pytest.fixture(scope="module")
def stage():
    return Stage()


def wanted(operation, who):
    """What the real server answered."""
    if who in STRANGERS:
        return 401
    allowed, status = ALLOWED[operation]
    return status if who in allowed else 403


@pytest.mark.parametrize("operation", sorted(ALLOWED))
def test_everybody_tries(stage, operation):
    answers = {who: stage.act(operation, who) for who in sorted(EVERYBODY | STRANGERS)}
    assert {who: answer.status for who, answer in answers.items()} == {who: wanted(operation, who) for who in answers}
    if operation in COUNTS:
        name, count = COUNTS[operation]
        passed = {who: answer for who, answer in answers.items() if answer.status == 200}
        assert {who: len(answer.json[name]) for who, answer in passed.items()} == {who: count(who) for who in passed}


def test_a_refusal_names_the_rule_and_comes_before_not_found(stage):
    answer = stage.cloud.get("/v3/users/nosuch", token=stage.tokens["project_reader"])
    assert (answer.status, answer.json["error"]["message"]) == (
        403, "You are not authorized to perform the requested action: identity:get_user.")
    assert stage.cloud.get("/v3/users/nosuch").status == 404
