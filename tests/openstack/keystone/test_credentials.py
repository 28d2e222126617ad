"""Application credentials, access rules, EC2 keys and other secrets: shown once or sealed, and never more than their
owner.
"""

from tests.openstack.keystone.cloud import Cloud


def credential(cloud, user_id, project_id, token=None, **ref):
    return cloud.send(
        "POST",
        f"/v3/users/{user_id}/application_credentials",
        {"application_credential": {"name": "ci", **ref}},
        token=token or cloud.token("alice", project_id=project_id),
    )


def login(cloud, ref, secret=None):
    return cloud.prove(
        {
            "methods": ["application_credential"],
            "application_credential": {"id": ref["id"], "secret": secret or ref["secret"]},
        }
    )


def test_the_secret_is_shown_once_and_kept_as_a_hash(cloud, alice):
    ref = credential(cloud, *alice).json["application_credential"]
    assert len(ref["secret"]) == 86 and ref["unrestricted"] is None
    shown = cloud.get(f"/v3/users/{alice[0]}/application_credentials/{ref['id']}").json["application_credential"]
    assert "secret" not in shown and "secret_hash" not in shown
    assert ref["secret"] not in "".join(
        map(str, (tuple(row) for row in cloud.ks.db.all("SELECT * FROM application_credential")))
    )
    assert login(cloud, ref).status == 201 and login(cloud, ref, "guess").status == 401


def test_it_outlives_the_role_but_does_not_replace_it(cloud, alice):
    ref = credential(cloud, *alice).json["application_credential"]
    cloud.take_away("member", *alice)
    assert login(cloud, ref).status == 401
    cloud.grant("member", *alice)
    assert {role["name"] for role in login(cloud, ref).json["token"]["roles"]} == {"member", "reader"}


def test_fewer_roles_yes_more_roles_no(cloud, alice):
    small = credential(cloud, *alice, roles=[{"name": "reader"}]).json["application_credential"]
    assert [role["name"] for role in login(cloud, small).json["token"]["roles"]] == ["reader"]
    refused = credential(cloud, *alice, name="big", roles=[{"name": "admin"}])
    assert (refused.status, refused.json["error"]["message"]) == (
        400, "Invalid application credential: Cannot create an application credential with unassigned role")


def test_a_restricted_credential_makes_no_other(cloud, alice):
    for unrestricted, status in ((None, 403), (False, 403), (True, 201)):
        ref = credential(cloud, *alice, name=f"first {unrestricted}", unrestricted=unrestricted).json[
            "application_credential"
        ]
        token = login(cloud, ref).header("X-Subject-Token")
        assert credential(cloud, *alice, token=token, name=f"second {unrestricted}").status == status


def test_nobody_reads_anothers_not_even_through_his_own_address(cloud, alice):
    user_id, project_id = alice
    bob = cloud.person("bob", project_id)
    ref = credential(cloud, *alice).json["application_credential"]
    bobs = cloud.token("bob", project_id=project_id)
    for owner in (user_id, bob):
        assert cloud.get(f"/v3/users/{owner}/application_credentials/{ref['id']}", token=bobs).status == 403
        assert cloud.send("DELETE", f"/v3/users/{owner}/application_credentials/{ref['id']}", token=bobs).status == 403


def test_access_rules_are_shared_and_stay_while_used(cloud, alice):
    user_id, project_id = alice
    rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers"}
    one = credential(cloud, *alice, access_rules=[rule]).json["application_credential"]
    two = credential(cloud, *alice, name="other", access_rules=[rule]).json["application_credential"]
    assert one["access_rules"] == two["access_rules"]
    token, rules = cloud.token("alice", project_id=project_id), f"/v3/users/{user_id}/access_rules"
    path = f"{rules}/{one['access_rules'][0]['id']}"
    assert len(cloud.get(rules, token=token).json["access_rules"]) == 1
    assert cloud.send("DELETE", path, token=token).status == 403
    for ref in (one, two):
        cloud.send("DELETE", f"/v3/users/{user_id}/application_credentials/{ref['id']}")
    assert cloud.send("DELETE", path, token=token).status == 204


def test_stored_secrets_are_sealed(cloud, alice):
    user_id, project_id = alice
    token = cloud.token("alice", project_id=project_id)
    seed = {"credential": {"type": "totp", "blob": "ONSWG4TFOQ", "user_id": user_id}}
    ref = cloud.send("POST", "/v3/credentials", seed, token=token).json["credential"]
    assert (ref["blob"], ref["project_id"]) == ("ONSWG4TFOQ", None)
    sealed = cloud.ks.db.one("SELECT sealed_blob FROM credential")["sealed_blob"]
    assert "ONSWG4TFOQ" not in sealed and cloud.ks.credential_keys.open(sealed)[0] == b"ONSWG4TFOQ"
    cloud.person("bob", project_id)
    assert cloud.get(f"/v3/credentials/{ref['id']}", token=cloud.token("bob", project_id=project_id)).status == 403


def test_ec2_keys(cloud, alice):
    user_id, project_id = alice
    token, home = cloud.token("alice", project_id=project_id), f"/v3/users/{user_id}/credentials/OS-EC2"
    key = cloud.send("POST", home, {"tenant_id": project_id}, token=token).json["credential"]
    assert cloud.get(f"{home}/{key['access']}", token=token).json["credential"] == key
    assert cloud.get(home, token=token).json["credentials"] == [key]
    assert cloud.send("DELETE", f"{home}/{key['access']}", token=token).status == 204
    assert cloud.get(f"{home}/{key['access']}", token=token).status == 404


def test_a_deleted_user_leaves_no_secret():
    cloud = Cloud()
    project_id = cloud.make("project", name="alpha")
    user_id = cloud.person("alice", project_id)
    credential(cloud, user_id, project_id, access_rules=[{"service": "compute", "method": "GET", "path": "/"}])
    cloud.send("POST", f"/v3/users/{user_id}/credentials/OS-EC2", {"tenant_id": project_id})
    assert cloud.send("DELETE", f"/v3/users/{user_id}").status == 204
    for table in ("application_credential", "access_rule", "credential"):
        assert cloud.ks.db.one(f"SELECT count(*) FROM {table}")[0] == 0
