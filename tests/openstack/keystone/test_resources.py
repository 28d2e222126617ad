"""Users, groups, projects, domains, roles: made, changed, found, protected, deleted with all that hangs on them."""

import json

import pytest

from tests.openstack.keystone.cloud import Cloud


def message(answer):
    return answer.status, answer.json["error"]["message"]


def test_a_user_keeps_what_a_client_sends_and_never_shows_the_password(cloud):
    made = cloud.send(
        "POST", "/v3/users", {"user": {"name": " erin ", "password": "hush", "email": "e@x.org", "shoe-size": 38}}
    ).json["user"]
    assert (made["name"], made["email"], made["shoe_size"], made["enabled"], made["options"]) == (
        "erin",
        "e@x.org",
        38,
        True,
        {},
    )
    assert "password" not in made and "default_project_id" not in made
    changed = cloud.send(
        "PATCH", f"/v3/users/{made['id']}", {"user": {"email": "new@x.org", "options": {"lock_password": True}}}
    ).json["user"]
    assert changed["extra"] == {"email": "new@x.org", "shoe_size": 38} and changed["options"] == {"lock_password": True}
    everything = json.dumps(
        [tuple(row) for table in ("user", "password") for row in cloud.ks.db.all(f"SELECT * FROM {table}")]
    )
    assert "hush" not in everything


def test_names_need_to_differ_within_one_domain_only(cloud):
    other = cloud.make("domain", name="other")
    for kind in ("user", "group", "project"):
        cloud.make(kind, name="twin")
        cloud.make(kind, name="twin", domain_id=other)
        assert cloud.send("POST", f"/v3/{kind}s", {kind: {"name": "twin"}}).status == 409
    assert message(cloud.send("POST", "/v3/groups", {"group": {"name": "twin"}})) == (
        409, "Conflict occurred attempting to store group - Duplicate entry found with name twin at domain ID default.")


def test_whoever_leaves_a_group_logs_in_again(cloud, alice):
    user_id, project_id = alice
    group_id = cloud.make("group", name="staff")
    place = f"/v3/groups/{group_id}/users/{user_id}"
    assert [cloud.send(method, place).status for method in ("GET", "PUT", "PUT", "GET", "DELETE", "DELETE")] == [
        404,
        204,
        204,
        204,
        204,
        404,
    ]
    cloud.send("PUT", place)
    cloud.wait(2)
    token = cloud.token("alice", project_id=project_id)
    cloud.wait(2)
    cloud.send("DELETE", place)
    assert not cloud.is_good(token)


def test_the_tree_of_projects_has_its_rules(cloud):
    top = cloud.make("project", name="top")
    below = cloud.make("project", name="below", parent_id=top)
    assert cloud.get(f"/v3/projects/{below}?parents_as_ids").json["project"]["parents"] == {top: {"default": None}}
    assert message(cloud.send("PATCH", f"/v3/projects/{top}", {"project": {"enabled": False}})) == (
        403, f"Cannot disable project {top} since its subtree contains enabled projects.")
    assert cloud.send("DELETE", f"/v3/projects/{top}").status == 403
    assert message(cloud.send("PATCH", f"/v3/projects/{below}", {"project": {"parent_id": "default"}})) == (
        403, "Update of `parent_id` is not allowed.")
    cloud.change("project", below, enabled=False)
    cloud.change("project", top, enabled=False)
    assert cloud.send("PATCH", f"/v3/projects/{below}", {"project": {"enabled": True}}).status == 403
    assert cloud.send("POST", "/v3/projects", {"project": {"name": "late", "parent_id": top}}).status == 400


def test_five_levels_and_no_more(cloud):
    parent = "default"
    for level in range(5):
        parent = cloud.make("project", name=f"level {level}", parent_id=parent)
    assert message(cloud.send("POST", "/v3/projects", {"project": {"name": "level 5", "parent_id": parent}})) == (
        403, f"Max hierarchy depth reached for {parent} branch.")


def test_a_domain_goes_only_when_disabled_and_takes_everything_along(cloud):
    domain = cloud.make("domain", name="d")
    project = cloud.make("project", name="p", domain_id=domain)
    child = cloud.make("project", name="c", domain_id=domain, parent_id=project)
    user, group = cloud.make("user", name="u", domain_id=domain), cloud.make("group", name="g", domain_id=domain)
    outsider = cloud.person("outsider", child)
    assert cloud.send("DELETE", f"/v3/domains/{domain}").status == 403
    cloud.change("domain", domain, enabled=False)
    assert cloud.send("DELETE", f"/v3/domains/{domain}").status == 204
    gone = [
        f"/v3/projects/{project}",
        f"/v3/projects/{child}",
        f"/v3/users/{user}",
        f"/v3/groups/{group}",
        f"/v3/domains/{domain}",
    ]
    assert [cloud.get(path).status for path in gone] == [404] * 5
    assert cloud.get(f"/v3/role_assignments?user.id={outsider}").json["role_assignments"] == []


def test_a_refused_deletion_changes_nothing(cloud):
    domain = cloud.make("domain", name="d")
    cloud.make("project", name="safe", domain_id=domain, options={"immutable": True})
    user = cloud.make("user", name="u", domain_id=domain)
    other = cloud.make("project", name="other", domain_id=domain)
    cloud.change("domain", domain, enabled=False)
    assert cloud.send("DELETE", f"/v3/domains/{domain}").status == 403
    assert [cloud.get(path).status for path in (f"/v3/users/{user}", f"/v3/projects/{other}")] == [200, 200]


def test_an_immutable_thing_gives_way_only_to_being_mutable_again(cloud):
    project = cloud.make("project", name="p", options={"immutable": True})
    path = f"/v3/projects/{project}"
    assert cloud.send("PATCH", path, {"project": {"name": "q"}}).status == 403
    assert cloud.send("PATCH", path, {"project": {"name": "q", "options": {"immutable": False}}}).status == 403
    assert cloud.send("PUT", f"{path}/tags/red").status == 403
    assert cloud.send("PATCH", path, {"project": {"options": {"immutable": None}}}).json["project"]["options"] == {}
    assert cloud.send("DELETE", path).status == 204


def test_implied_roles_are_worked_out_never_stored(cloud, alice):
    user_id, project_id = alice
    operator = cloud.make("role", name="operator")
    assert cloud.send("PUT", f"/v3/roles/{operator}/implies/{cloud.roles['reader']}").status == 201
    assert message(cloud.send("PUT", f"/v3/roles/{operator}/implies/{cloud.roles['admin']}")) == (
        403, f"{cloud.roles['admin']} cannot be an implied roles.")
    cloud.send("PUT", f"/v3/projects/{project_id}/users/{user_id}/roles/{operator}")
    names = {role["name"] for role in cloud.login("alice", project_id=project_id).json["token"]["roles"]}
    assert names == {"member", "reader", "operator"}
    assert len(cloud.get(f"/v3/projects/{project_id}/users/{user_id}/roles").json["roles"]) == 2


def test_a_domains_own_role_reaches_a_token_only_by_what_it_implies(cloud, alice):
    user_id, project_id = alice
    local = cloud.make("role", name="local", domain_id="default")
    cloud.send("PUT", f"/v3/roles/{local}/implies/{cloud.roles['service']}")
    cloud.send("PUT", f"/v3/projects/{project_id}/users/{user_id}/roles/{local}")
    names = {role["name"] for role in cloud.login("alice", project_id=project_id).json["token"]["roles"]}
    assert names == {"member", "reader", "service"}
    elsewhere = cloud.make("project", name="far", domain_id=cloud.make("domain", name="far"))
    assert cloud.send("PUT", f"/v3/projects/{elsewhere}/users/{user_id}/roles/{local}").status == 403


def test_inherited_means_below_and_not_here(cloud):
    top = cloud.make("project", name="top")
    cloud.make("project", name="below", parent_id=top)
    user_id = cloud.person("bob")
    path = f"/v3/OS-INHERIT/projects/{top}/users/{user_id}/roles/{cloud.roles['member']}/inherited_to_projects"
    assert [cloud.send(method, path).status for method in ("HEAD", "PUT", "HEAD")] == [404, 204, 204]
    assert (cloud.login("bob", project="below").status, cloud.login("bob", project="top").status) == (201, 401)
    entry, implied = cloud.get(f"/v3/role_assignments?effective&include_names&user.id={user_id}").json[
        "role_assignments"
    ]
    assert entry["links"]["assignment"].endswith(path.removeprefix("/v3"))
    assert entry["scope"]["OS-INHERIT:inherited_to"] == "projects" and entry["scope"]["project"]["name"] == "below"
    assert (entry["role"]["name"], implied["role"]["name"]) == ("member", "reader") and "prior_role" in implied["links"]


def test_a_page_is_cut_before_the_inexact_filter_looks(cloud):
    for number in range(6):
        cloud.make("user", name=f"a{number}")
    first = cloud.get("/v3/users?limit=3").json
    assert len(first["users"]) == 3 and first["truncated"] and "marker=" in first["links"]["next"]
    seen, following = [user["id"] for user in first["users"]], first["links"]["next"]
    while following:
        page = cloud.get(following.partition(":5000")[2]).json
        seen += [user["id"] for user in page["users"]]
        following = page["links"]["next"]
    assert seen == sorted(user["id"] for user in cloud.get("/v3/users").json["users"])
    assert cloud.get("/v3/users?limit=3&name__startswith=zz").json["truncated"]


BAD = [
    ("POST", "/v3/users", {}),
    ("POST", "/v3/users", {"user": []}),
    ("POST", "/v3/users", {"user": {"name": 5}}),
    ("POST", "/v3/users", {"user": {"name": " "}}),
    ("POST", "/v3/users", {"user": {"name": "x", "options": {"nosuch": True}}}),
    ("POST", "/v3/projects", {"project": {"name": "x", "tags": ["a,b"]}}),
    ("POST", "/v3/projects", {}),
    ("POST", "/v3/projects", {"project": {"name": "x", "parent_id": "nosuch"}}),
    ("POST", "/v3/domains", {"domain": {"name": "x" * 65}}),
    ("POST", "/v3/roles", {"role": None}),
    ("POST", "/v3/groups", {"group": {"name": "x", "domain_id": "!"}}),
    ("POST", "/v3/regions", {}),
    ("POST", "/v3/services", {"service": {"type": ""}}),
    ("POST", "/v3/endpoints", {"endpoint": {"interface": "public"}}),
    ("POST", "/v3/credentials", {}),
    ("POST", "/v3/policies", {}),
    ("POST", "/v3/OS-TRUST/trusts", {"trust": {"roles": 1}}),
    ("POST", "/v3/limits", {"limits": []}),
    ("GET", "/v3/users?limit=many", None),
    ("GET", "/v3/users?enabled=perhaps", None),
    ("GET", "/v3/regions?unknown=1", None),
    ("GET", "/v3/role_assignments?include_subtree", None),
    ("GET", "/v3/users?password_expires_at=lt:soon", None),
    ("POST", "/v3/users/me/credentials/OS-EC2", {"tenant_id": []}),
]


@pytest.mark.parametrize("method, path, body", BAD)
def test_bad_input_is_the_clients_fault(cloud, method, path, body):
    before = cloud.ks.db.connection.total_changes
    assert cloud.send(method, path, body).status in (400, 404)
    assert cloud.ks.db.connection.total_changes == before


def test_deep_or_odd_documents_are_refused_or_kept_but_break_nothing(cloud):
    deep = {"a": 1}
    for _ in range(200):
        deep = {"a": deep}
    for value in (deep, [], None, 1e308, "\u0000", "ü" * 300, True):
        answer = cloud.send("POST", "/v3/projects", {"project": {"name": "odd", "description": value, "thing": value}})
        assert answer.status in (201, 400, 409)


def test_two_clouds_of_one_seed_are_equal():
    one, other = Cloud(seed=5), Cloud(seed=5)
    assert one.make("user", name="same") == other.make("user", name="same")
