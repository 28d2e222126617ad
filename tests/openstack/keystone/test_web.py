"""HTTP at the edge: paths, methods, bodies, headers; and that nothing a client sends is ever a 500."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.openstack.keystone import web
from tests.openstack.keystone.cloud import Cloud

MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


def test_the_root_offers_one_choice(cloud):
    answer = cloud.ks.request("GET", "/")
    assert answer.status == 300 and answer.header("Location") == "http://keystone:5000/v3/"
    assert answer.json["versions"]["values"][0]["id"] == "v3.14"
    assert cloud.ks.request("GET", "/v3").json["version"]["status"] == "stable"


def test_links_lead_back_the_way_the_client_came(cloud):
    answer = cloud.ks.request("GET", "/v3", {"Host": "127.0.0.1:5009"})
    assert answer.json["version"]["links"][0]["href"] == "http://127.0.0.1:5009/v3/"


def test_json_home_lists_what_can_be_asked(cloud):
    answer = cloud.ks.request("GET", "/v3", {"Accept": "application/json-home"})
    assert answer.header("Content-Type") == "application/json-home"
    resources = answer.json["resources"]
    base = "https://docs.openstack.org/api/openstack-identity/3"
    assert len(resources) == 121 and resources[f"{base}/rel/users"] == {"href": "/users"}
    home = cloud.ks.request("GET", "/", {"Accept": "application/json-home"}).json["resources"]
    assert home[f"{base}/ext/OS-TRUST/1.0/rel/trust"] == {
        "href-template": "/v3/OS-TRUST/trusts/{trust_id}",
        "href-vars": {"trust_id": f"{base}/ext/OS-TRUST/1.0/param/trust_id"},
    }
    assert home[f"{base}/rel/limits"]["hints"] == {"status": "experimental"}


def test_every_answer_says_that_it_depends_on_the_token_and_has_a_number(cloud):
    answers = [cloud.ks.request("GET", path) for path in ("/", "/v3", "/v3/users", "/nosuch")]
    assert all(answer.header("Vary") == "X-Auth-Token" for answer in answers)
    numbers = {answer.header("x-openstack-request-id") for answer in answers}
    assert len(numbers) == 4 and all(len(number) == 40 and number.startswith("req-") for number in numbers)


def test_an_unknown_path_is_a_page_an_unknown_method_is_json(cloud):
    answer = cloud.ks.request("GET", "/v3/nosuch")
    assert answer.status == 404 and answer.body.startswith(b"<!doctype html>")
    answer = cloud.ks.request("PATCH", "/v3/auth/tokens")
    assert (answer.status, answer.json) == (405, {"message": "The method is not allowed for the requested URL."})
    assert set(answer.header("Allow").split(", ")) == {"OPTIONS", "DELETE", "GET", "HEAD", "POST"}
    assert cloud.ks.request("OPTIONS", "/v3/auth/tokens").header("Allow") == answer.header("Allow")


def test_head_is_get_without_a_body(cloud):
    started = []
    body = cloud.ks.wsgi(
        {"REQUEST_METHOD": "HEAD", "PATH_INFO": "/v3", "wsgi.input": io.BytesIO()}, lambda *start: started.append(start)
    )
    (status, headers), = started
    assert status == "200 OK" and b"".join(body) == b"" and int(dict(headers)["Content-Length"]) > 200


def test_healthcheck_is_for_load_balancers(cloud):
    answer = cloud.ks.request("GET", "/healthcheck")
    assert (answer.status, answer.body, answer.header("Vary")) == (200, b"", None)


@pytest.mark.parametrize(
    "body, why",
    [
        ("this is not json", "valid JSON in request body"),
        ("[1, 2]", "valid JSON in request body"),
        ("{" * 100000, "valid JSON in request body"),
        ('{"a": "\\ud800"}', "valid JSON in request body"),
    ],
)
def test_a_body_is_a_json_object(cloud, body, why):
    answer = cloud.ks.request("POST", "/v3/auth/tokens", body=body)
    assert (answer.status, answer.json["error"]["message"]) == (400, f"Expecting to find {why}. {MALFORMED}")


def test_another_content_type_is_refused(cloud):
    answer = cloud.ks.request("POST", "/v3/auth/tokens", {"Content-Type": "text/plain"}, "{}")
    assert answer.json["error"]["message"] == f"Expecting to find application/json in Content-Type header. {MALFORMED}"


def test_a_long_body_is_not_read(cloud):
    longest = json.dumps({"auth": "x" * (web.LONGEST_BODY_BYTES - 11)})
    assert len(longest) == web.LONGEST_BODY_BYTES + 1
    assert cloud.ks.request("POST", "/v3/auth/tokens", body=longest).status == 413
    assert (
        cloud.ks.request("POST", "/v3/auth/tokens", {"Accept": "application/json"}, longest).json["title"]
        == "Request Entity Too Large"
    )
    assert cloud.ks.request("POST", "/v3/auth/tokens", body=longest.replace("xx", "x", 1)).status == 400


def test_a_bad_token_counts_like_none(cloud):
    """401 where a token is needed, and no harm where none is."""
    answers = {
        path: cloud.ks.request("GET", path, {"X-Auth-Token": "garbage"}).status
        for path in ("/v3/users", "/v3", "/v3/nosuch")
    }
    assert answers == {"/v3/users": 401, "/v3": 200, "/v3/nosuch": 404}


def test_a_token_whose_project_sleeps_is_404_wherever_it_is_shown(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    cloud.change("project", alice[1], enabled=False)
    answer = cloud.get("/v3/auth/projects", token=token)
    assert (answer.status, answer.json["error"]["message"]) == (
        404,
        f"Unable to validate token because project {alice[1]} is disabled",
    )


def test_slashes_at_the_end_and_in_a_row(cloud):
    assert cloud.get("/v3/users/").status == 200
    answer = cloud.get("/v3//users")
    assert (answer.status, answer.header("Location")) == (308, "http://keystone:5000/v3/users")


def test_access_rules_bind_the_identity_service_too(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    rules = [
        {"service": "compute", "method": "GET", "path": "/v2.1/servers"},
        {"service": "identity", "method": "GET", "path": "/v3/users/{id}"},
    ]
    wish = {"application_credential": {"name": "ci", "secret": "s", "access_rules": rules}}
    key = cloud.send("POST", f"/v3/users/{alice[0]}/application_credentials", wish, token=token).json[
        "application_credential"
    ]["id"]
    login = cloud.prove({"methods": ["application_credential"], "application_credential": {"id": key, "secret": "s"}})
    bound = login.header("X-Subject-Token")
    assert cloud.get(f"/v3/users/{alice[0]}", token=bound).status == 200
    assert cloud.get("/v3/auth/projects", token=bound).status == 401
    assert cloud.validate(bound).status == 404, (
        "a service that does not know access rules must not be told that the token is good"
    )


def test_403_names_the_rule_and_comes_before_404(cloud, alice):
    token = cloud.token("alice", project_id=alice[1])
    answer = cloud.get(f"/v3/users/{'e' * 32}", token=token)
    assert (
        answer.json["error"]["message"] == "You are not authorized to perform the requested action: identity:get_user."
    )
    assert cloud.get(f"/v3/users/{'e' * 32}").status == 404


FUZZED = Cloud(seed=13)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "domain", "user", "password", "project", "system", "methods", "token", "secret", "all"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
METHODS = st.lists(
    st.sampled_from(["password", "token", "application_credential", "external", "mapped", "totp"]), max_size=3
)
IDENTITY = st.fixed_dictionaries(
    {"methods": METHODS}, optional={"password": JSON, "token": JSON, "application_credential": JSON, "mapped": JSON}
)
AUTH = st.fixed_dictionaries({"identity": IDENTITY | JSON}, optional={"scope": JSON | st.dictionaries(st.sampled_from(
    ["project", "domain", "system", "OS-TRUST:trust", "unscoped"]), JSON, max_size=2)})
UNTOUCHED = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNTOUCHED
@given(AUTH | JSON)
def test_no_login_whatever_it_holds_is_a_500(auth):
    assert FUZZED.ks.request("POST", "/v3/auth/tokens", body={"auth": auth}).status in (400, 401, 404)


ROUTES = sorted({(route.method, route.template) for route in web.ROUTES})


@UNTOUCHED
@given(
    st.sampled_from(ROUTES),
    st.text(max_size=6),
    JSON,
    st.sampled_from(["user", "project", "domain", "role", "group", "trust", "x"]),
    st.dictionaries(
        st.sampled_from(["limit", "marker", "name", "enabled", "allow_expired", "since", "name__icontains"]),
        st.text(max_size=4),
    ),
)
def test_no_request_whatever_it_holds_is_a_500(route, key, value, kind, query):
    from urllib.parse import quote, urlencode
    method, template = route
    path = "/".join(quote(key or "x", safe="") if part.startswith("<") else part for part in template.split("/"))
    body = {kind: value} if method in ("POST", "PUT", "PATCH") else None
    answer = FUZZED.send(method, f"{path}?{urlencode(query)}", body, subject=key)
    assert answer.status != 500, answer.body   # 503 is the real answer where a method is switched off


@UNTOUCHED
@given(st.binary(max_size=40), st.text(max_size=30))
def test_no_bytes_are_a_500(body, token):
    for headers in ({"X-Auth-Token": token}, {}):
        assert FUZZED.ks.request("POST", "/v3/auth/tokens", headers, body).status in (400, 401)
