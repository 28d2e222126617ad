"""Logging in: who, where, and how little a refusal tells."""

import json

import pytest

REFUSED = {
    "error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}
}


def password(**user):
    return {"methods": ["password"], "password": {"user": {"domain": {"id": "default"}, **user}}}


def test_all_failures_look_the_same(cloud, alice):
    """Unknown user, wrong password, disabled user, unknown project, no role there: byte for byte one answer."""
    cloud.make("project", name="beta")
    disabled = cloud.person("dora", alice[1])
    cloud.change("user", disabled, enabled=False)
    answers = [
        cloud.login("nobody", "x", project="alpha"),
        cloud.login("alice", "wrong", project="alpha"),
        cloud.login("dora", project="alpha"),
        cloud.login("alice", project="nosuch"),
        cloud.login("alice", project_id="f" * 32),
        cloud.login("alice", project="beta"),
        cloud.login("alice", domain_id="default"),
        cloud.login("alice", domain_id="nosuch"),
        cloud.login("alice", system=True),
        cloud.login("alice", trust="f" * 32),
        cloud.prove(password(name="alice")),
    ]
    assert {answer.status for answer in answers} == {401}
    assert {answer.body for answer in answers} == {json.dumps(REFUSED).encode()}
    assert {answer.header("WWW-Authenticate") for answer in answers} == {'Keystone uri="http://keystone:5000/v3"'}


def test_the_trace_knows_why(cloud, alice):
    cloud.login("alice", "wrong", project="alpha")
    assert cloud.world.trace.where(kind="token", what="refuse")[-1].detail["why"] == f"wrong password for {alice[0]}"


@pytest.mark.parametrize(
    "auth, message",
    [
        (None, "Expecting to find auth in request body."),
        ({"identity": {"methods": ["password"]}}, "Expecting to find password in identity."),
        (
            {"identity": password(name="alice"), "scope": {"project": {"name": "alpha"}}},
            "Expecting to find domain in project.",
        ),
        (
            {"identity": password(name="alice"), "scope": {"project": {"id": "x"}, "domain": {"id": "default"}}},
            "Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope.",
        ),
        (
            {"identity": password(name="alice"), "scope": {}},
            "Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope.",
        ),
        ({"identity": password()}, "Invalid input for field identity/password/user: id or name must be present."),
        (
            {"identity": password(name="alice"), "scope": {"project": {}}},
            "Invalid input for field scope/project: id or name must be present.",
        ),
        (
            {"identity": {"methods": ["password"], "password": {"user": {"name": "alice", "password": "x"}}}},
            "Expecting to find domain in user.",
        ),
        ({"identity": {"methods": ["token"], "token": {}}}, "'id' is a required property"),
        ({"identity": {"methods": "password"}}, "'password' is not of type 'array'"),
    ],
)
def test_what_is_malformed_is_400(cloud, alice, auth, message):
    answer = cloud.ks.request("POST", "/v3/auth/tokens", body={"auth": auth} if auth is not None else {})
    assert answer.status == 400 and message in answer.json["error"]["message"]


def test_an_unknown_method_is_401_and_lists_the_known_ones(cloud):
    answer = cloud.prove({"methods": ["telepathy"], "telepathy": {}})
    assert answer.status == 401 and answer.json["error"]["identity"]["methods"][:3] == ["external", "password", "token"]


def test_a_default_project_scopes_by_itself(cloud, alice):
    cloud.change("user", alice[0], default_project_id=alice[1])
    assert cloud.login("alice").json["token"]["project"]["id"] == alice[1]
    assert "project" not in cloud.login("alice", unscoped=True).json["token"]
    cloud.take_away("member", *alice)
    assert "project" not in cloud.login("alice").json["token"]


def test_nocatalog(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    assert "catalog" in cloud.validate(token).json["token"]
    assert "catalog" not in cloud.validate(token, query="?nocatalog").json["token"]


def test_two_methods_must_speak_of_the_same_user(cloud, alice):
    token = cloud.token("admin", "sesame", unscoped=True)
    both = {"methods": ["password", "token"], "token": {"id": token}}
    person = {"name": "alice", "domain": {"id": "default"}, "password": "alicepw"}
    assert cloud.prove({**both, "password": {"user": person}}, unscoped=True).status == 401
    person = {"name": "admin", "domain": {"id": "default"}, "password": "sesame"}
    assert cloud.prove({**both, "password": {"user": person}}, unscoped=True).json["token"]["methods"] == [
        "password",
        "token",
    ]


def test_everyone_may_look_at_his_own_token_and_readers_of_the_system_at_all(cloud, alice):
    bob = cloud.person("bob", alice[1], role="reader")
    hers, his = cloud.token("alice", project_id=alice[1]), cloud.token("bob", project_id=alice[1])
    assert cloud.validate(hers, token=hers).status == 200
    refused = cloud.validate(hers, token=his)
    assert refused.status == 403
    assert (
        refused.json["error"]["message"]
        == "You are not authorized to perform the requested action: identity:validate_token."
    )
    assert cloud.send("HEAD", "/v3/auth/tokens", token=his, subject=hers).status == 403
    cloud.send("PUT", f"/v3/system/users/{bob}/roles/{cloud.roles['reader']}")
    assert cloud.validate(hers, token=cloud.token("bob", system=True)).status == 200


def test_a_service_user_may_validate_but_not_list_users(cloud, alice):
    cloud.person("nova", alice[1], role="service")
    nova, hers = cloud.token("nova", project_id=alice[1]), cloud.token("alice", project_id=alice[1])
    assert cloud.validate(hers, token=nova).status == 200
    assert cloud.get("/v3/users", token=nova).status == 403


def test_a_subject_token_is_needed(cloud, alice):
    assert cloud.get("/v3/auth/tokens").status == 404
    assert cloud.get("/v3/auth/tokens", token=cloud.token("alice", unscoped=True)).status == 403


def test_where_could_i_go(cloud, alice):
    token = cloud.token("alice", unscoped=True)
    assert [project["name"] for project in cloud.get("/v3/auth/projects", token=token).json["projects"]] == ["alpha"]
    assert cloud.get("/v3/auth/domains", token=token).json["domains"] == []
    assert cloud.get("/v3/auth/system", token=token).json["system"] == []
    assert cloud.get("/v3/auth/system").json["system"] == [{"all": True}]
    assert cloud.get("/v3/auth/catalog", token=token).status == 403
    assert cloud.get("/v3/auth/catalog").json["catalog"][0]["type"] == "identity"


def test_there_is_no_list_of_tokens(cloud):
    assert cloud.get("/v3/auth/tokens/OS-PKI/revoked").status == 403
