"""An account that demands two methods: one of them alone opens nothing."""

import pytest

from tests.openstack.keystone.cloud import Cloud


@pytest.fixture
def careful(cloud, alice):
    """alice, whose account demands password and token together; a token of hers from before."""
    token = cloud.token("alice", project="alpha")
    cloud.change("user", alice[0], options={"multi_factor_auth_rules": [["password", "token"]]})
    return cloud, alice[0], token


def comes_back(cloud, receipt, identity):
    headers = {"Openstack-Auth-Receipt": receipt}
    demand = {"identity": identity, "scope": {"project": {"name": "alpha", "domain": {"id": "default"}}}}
    return cloud.ks.request("POST", "/v3/auth/tokens", headers, {"auth": demand})


def test_the_password_alone_gets_a_receipt_and_no_token(careful):
    cloud, user_id, _ = careful
    answer = cloud.login("alice", project="alpha")
    assert answer.status == 401 and answer.header("X-Subject-Token") is None
    assert answer.json["required_auth_methods"] == [["password", "token"]]
    assert (answer.json["receipt"]["methods"], answer.json["receipt"]["user"]["id"]) == (["password"], user_id)
    assert not cloud.is_good(answer.header("Openstack-Auth-Receipt")), "a receipt is no token"


def test_receipt_and_second_method_make_a_token(careful):
    cloud, _, token = careful
    receipt = cloud.login("alice", project="alpha").header("Openstack-Auth-Receipt")
    answer = comes_back(cloud, receipt, {"methods": ["token"], "token": {"id": token}})
    assert answer.status == 201 and set(answer.json["token"]["methods"]) == {"password", "token"}


def test_a_receipt_is_over_after_five_minutes_and_is_nobody_elses(careful):
    cloud, _, _ = careful
    cloud.person("bob")
    receipt = cloud.login("alice", project="alpha").header("Openstack-Auth-Receipt")
    bob = {"name": "bob", "domain": {"id": "default"}, "password": "bobpw"}
    for garbage in (receipt, receipt[:-4], "x"):
        answer = comes_back(cloud, garbage, {"methods": ["password"], "password": {"user": bob}})
        assert answer.status == 401 and "auth receipt" in answer.json["error"]["message"]
    cloud.wait(300)
    person = {"name": "alice", "domain": {"id": "default"}, "password": "alicepw"}
    assert comes_back(cloud, receipt, {"methods": ["password"], "password": {"user": person}}).status == 401


@pytest.mark.parametrize("options", [
    {"multi_factor_auth_rules": [["password", "token"]], "multi_factor_auth_enabled": False},
    {"multi_factor_auth_rules": [["token"], ["password"]]},
    {"multi_factor_auth_rules": [["password", "totp"]]},
    {"multi_factor_auth_rules": [["totp"]]},
    {"multi_factor_auth_rules": []},
])
def test_demands_that_the_password_meets(options):
    cloud = Cloud()
    cloud.person("carl", options=options)
    assert cloud.login("carl", unscoped=True).status == 201
