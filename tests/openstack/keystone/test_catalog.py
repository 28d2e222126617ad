"""The catalog: what one project sees of the services, and the regions around them."""

import pytest


@pytest.fixture
def nova(cloud):
    """The id of a compute service."""
    return cloud.make("service", type="compute", name="nova")


def endpoint(cloud, service_id, url, interface="public", **more):
    return cloud.make("endpoint", service_id=service_id, interface=interface, url=url, **more)


def addresses(cloud, token=None, **scope):
    """The compute addresses in a token's catalog."""
    catalog = cloud.login("admin", "sesame", **scope).json["token"]["catalog"]
    return sorted(one["url"] for service in catalog if service["type"] == "compute" for one in service["endpoints"])


def test_templates_are_filled_in_or_left_out(cloud, nova):
    endpoint(cloud, nova, "http://nova/v2.1/$(project_id)s")
    endpoint(cloud, nova, "http://nova/%(tenant_id)s", "internal")
    endpoint(cloud, nova, "http://nova/plain", "admin")
    project_id = cloud.get("/v3/projects?name=admin").json["projects"][0]["id"]
    assert addresses(cloud, project="admin") == [
        f"http://nova/{project_id}",
        "http://nova/plain",
        f"http://nova/v2.1/{project_id}",
    ]
    assert addresses(cloud, system=True) == ["http://nova/plain"]
    assert (
        cloud.send(
            "POST",
            "/v3/endpoints",
            {"endpoint": {"service_id": nova, "interface": "public", "url": "http://x/$(secret)s"}},
        ).status
        == 400
    )


def test_what_is_disabled_is_not_seen(cloud, nova):
    off = endpoint(cloud, nova, "http://nova")
    cloud.change("endpoint", off, enabled=False)
    assert addresses(cloud, project="admin") == []
    cloud.change("endpoint", off, enabled=True)
    cloud.change("service", nova, enabled=False)
    assert [service["type"] for service in cloud.get("/v3/auth/catalog").json["catalog"]] == ["identity"]


def test_a_service_takes_its_endpoints_along_and_a_region_does_not(cloud, nova):
    here = endpoint(cloud, nova, "http://nova", region="RegionAuto")
    assert cloud.get(f"/v3/endpoints/{here}").json["endpoint"]["region_id"] == "RegionAuto"
    assert cloud.send("PUT", "/v3/regions/Around", {"region": {}}).status == 201
    cloud.change("region", "RegionAuto", parent_region_id="Around")
    assert cloud.send("PATCH", "/v3/regions/Around", {"region": {"parent_region_id": "RegionAuto"}}).status == 400
    assert cloud.send("DELETE", "/v3/regions/Around").status == 403
    assert cloud.send("DELETE", f"/v3/services/{nova}").status == 204
    assert cloud.get(f"/v3/endpoints/{here}").status == 404
    assert cloud.send("DELETE", "/v3/regions/Around").status == 204
    assert cloud.get("/v3/regions/RegionAuto").status == 404


def test_a_project_with_chosen_endpoints_sees_nothing_else(cloud, nova):
    project_id = cloud.get("/v3/projects?name=admin").json["projects"][0]["id"]
    one, _ = endpoint(cloud, nova, "http://one"), endpoint(cloud, nova, "http://two")
    inner = endpoint(cloud, nova, "http://inner", "internal")
    chosen = f"/v3/OS-EP-FILTER/projects/{project_id}/endpoints"
    assert cloud.send("PUT", f"{chosen}/{one}").status == 204
    assert [service["type"] for service in cloud.get("/v3/auth/catalog").json["catalog"]] == ["compute"]
    group = cloud.make(
        "endpoint_group",
        "/v3/OS-EP-FILTER/endpoint_groups",
        name="inside",
        filters={"interface": "internal", "service_id": nova},
    )
    assert cloud.send("PUT", f"/v3/OS-EP-FILTER/endpoint_groups/{group}/projects/{project_id}").status == 204
    assert {ref["id"] for ref in cloud.get(chosen).json["endpoints"]} == {one, inner}
    assert addresses(cloud, project="admin") == ["http://inner", "http://one"]


def test_the_nearest_policy_counts(cloud, nova):
    here = endpoint(cloud, nova, "http://nova", region_id="RegionOne")
    general = cloud.make("policy", "/v3/policies", blob="general", type="text")
    special = cloud.make("policy", "/v3/policies", blob="special", type="text")
    assert cloud.get(f"/v3/endpoints/{here}/OS-ENDPOINT-POLICY/policy").status == 404
    cloud.send("PUT", f"/v3/policies/{general}/OS-ENDPOINT-POLICY/services/{nova}")
    assert cloud.get(f"/v3/endpoints/{here}/OS-ENDPOINT-POLICY/policy").json["policy"]["id"] == general
    cloud.send("PUT", f"/v3/policies/{special}/OS-ENDPOINT-POLICY/services/{nova}/regions/RegionOne")
    assert cloud.get(f"/v3/endpoints/{here}/OS-ENDPOINT-POLICY/policy").json["policy"]["id"] == special
    assert [
        ref["id"] for ref in cloud.get(f"/v3/policies/{general}/OS-ENDPOINT-POLICY/endpoints").json["endpoints"]
    ] == [here]


def test_limits_override_what_is_registered(cloud, nova):
    ram = {"service_id": nova, "resource_name": "ram_mb"}
    project_id = cloud.make("project", name="p")
    wish = {"limits": [{**ram, "resource_limit": 9, "project_id": project_id}]}
    assert cloud.send("POST", "/v3/limits", wish).status == 403
    default = cloud.send("POST", "/v3/registered_limits", {"registered_limits": [{**ram, "default_limit": 5}]}).json[
        "registered_limits"
    ][0]
    assert cloud.send("POST", "/v3/limits", wish).status == 201
    assert cloud.send("POST", "/v3/limits", wish).status == 409
    assert cloud.send("DELETE", f"/v3/registered_limits/{default['id']}").status == 403
    assert cloud.get(f"/v3/limits?project_id={project_id}").json["limits"][0]["resource_limit"] == 9
