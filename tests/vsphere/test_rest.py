"""vCenter by plain HTTP: what the documents say of fields and errors comes back over the wire (document-only facts)."""

import pytest
import requests

from labkit.vim import Spec
from labkit.vsphere import VCenter
from labkit.world import World
from tests.vsphere.rest_client import ADMIN, URL, VMS, Client


@pytest.fixture()
def client():
    return Client(VCenter(World(seed=7), clusters={"prod": 2, "test": 1}, lean=True))


# -- sessions ---------------------------------------------------------------------------------------------------------
def test_a_session_begins_with_a_password_and_ends_with_delete(client):
    answer = client.http.post(f"{URL}/api/session", auth=ADMIN)
    token = answer.json()
    assert answer.status_code == 201 and answer.headers["vmware-api-session-id"] == token
    assert client.said("GET", "/api/session") == (200, {"user": ADMIN[0]})
    assert client.said("DELETE", "/api/session") == (204, None)
    assert client.refused("GET", VMS) == (401, "UNAUTHENTICATED")
    assert client.refused("DELETE", "/api/session") == (401, "UNAUTHENTICATED")
    assert client.refused("PUT", "/api/session") == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("header", [None, "Basic", "Basic !", "Basic w7w=", "Bearer abc", "Basic YTpi"])
def test_no_password_no_session(client, header):
    headers = {"Authorization": header} if header else {}
    answer = client.http.post(f"{URL}/api/session", headers=headers)
    assert answer.status_code == 401 and answer.json()["error_type"] == "UNAUTHENTICATED"


def test_sessions_end_with_vpxd_and_a_stopped_vpxd_refuses_the_connection(client):
    w = client.vcenter.world
    w.stop("vpxd")
    with pytest.raises(requests.ConnectionError, match="vpxd refused the connection"):
        client.http.get(f"{URL}/api/vcenter/host")
    w.start("vpxd")
    assert client.refused("GET", "/api/vcenter/host") == (401, "UNAUTHENTICATED")


# -- a VM's life ------------------------------------------------------------------------------------------------------
def test_a_vm_is_created_looked_at_and_deleted(client):
    vm = client.new(cpu={"count": 2}, memory={"size_MiB": 2048}, disks=[{"new_vmdk": {"capacity": 5 * 1024**3}}])
    assert client.said("GET", VMS) == (
        200,
        [{"vm": vm, "name": "erp", "power_state": "POWERED_OFF", "cpu_count": 2, "memory_size_MiB": 2048}],
    )
    status, details = client.said("GET", f"{VMS}/{vm}")
    assert status == 200 and details["cpu"]["count"] == 2 and details["cpu"]["cores_per_socket"] == 1
    assert details["memory"]["size_MiB"] == 2048 and details["guest_OS"] == "OTHER_LINUX_64"
    assert details["disks"]["2000"]["capacity"] == 5 * 1024**3
    assert details["disks"]["2000"]["backing"]["vmdk_file"].startswith("[san1] ")
    assert details["nics"]["4000"]["backing"]["network_name"] == "lan"
    assert client.said("DELETE", f"{VMS}/{vm}") == (204, None)
    for method in ("GET", "DELETE"):
        assert client.refused(method, f"{VMS}/{vm}") == (404, "NOT_FOUND")
    assert client.said("GET", VMS) == (200, [])


def test_power_every_act_in_every_state(client):
    vm, already, cannot = client.new(), (400, "ALREADY_IN_DESIRED_STATE"), (400, "NOT_ALLOWED_IN_CURRENT_STATE")
    expected = {
        "POWERED_OFF": {"stop": already, "suspend": cannot, "reset": cannot, "start": 204},
        "POWERED_ON": {"start": already, "reset": 204, "suspend": 204},
        "SUSPENDED": {"suspend": already, "reset": cannot, "stop": 204},
    }
    for state, acts in expected.items():
        clean = {"clean_power_off": True} if state == "POWERED_OFF" else {}
        assert client.said("GET", f"{VMS}/{vm}/power") == (200, {"state": state, **clean})
        for act, wanted in acts.items():
            path = f"{VMS}/{vm}/power?action={act}"
            if wanted == 204:
                assert client.said("POST", path) == (204, None), (state, act)
            else:
                assert client.refused("POST", path) == wanted, (state, act)
    assert client.said("GET", f"{VMS}/{vm}/power")[1]["state"] == "POWERED_OFF", "stopped while it was suspended"


def test_a_running_vm_is_not_deleted_and_its_disk_stays(client):
    vm = client.new()
    client.power(vm, "start")
    assert client.refused("DELETE", f"{VMS}/{vm}") == (400, "NOT_ALLOWED_IN_CURRENT_STATE")
    assert client.said("GET", f"{VMS}/{vm}/power")[1]["state"] == "POWERED_ON"


def test_the_guest_shuts_down_in_its_own_time_and_only_if_it_runs(client):
    vm, guest = client.new(), "guest/power"
    for act in ("shutdown", "reboot"):
        assert client.refused("POST", f"{VMS}/{vm}/{guest}?action={act}") == (503, "SERVICE_UNAVAILABLE")
    client.power(vm, "start")
    client.vcenter.world.run(until=60)
    assert client.said("GET", f"{VMS}/{vm}/{guest}") == (200, {"state": "RUNNING", "operations_ready": True})
    assert client.said("POST", f"{VMS}/{vm}/{guest}?action=reboot") == (204, None)
    assert client.refused("POST", f"{VMS}/{vm}/{guest}?action=shutdown") == (400, "RESOURCE_BUSY")
    client.vcenter.world.run(until=120)
    assert client.said("GET", f"{VMS}/{vm}/power")[1]["state"] == "POWERED_ON"
    assert client.said("POST", f"{VMS}/{vm}/{guest}?action=shutdown") == (204, None)
    client.vcenter.world.run(until=180)
    assert client.said("GET", f"{VMS}/{vm}/power") == (200, {"state": "POWERED_OFF", "clean_power_off": True})


def test_clone_and_relocate(client):
    erp = client.new(cpu={"count": 2}, memory={"size_MiB": 512}, placement={"host": host(client, "esx1")})
    status, twin = client.said("POST", f"{VMS}?action=clone", source=erp, name="twin", power_on=True)
    assert status == 201 and client.said("GET", f"{VMS}/{twin}")[1]["memory"]["size_MiB"] == 512
    assert client.said("GET", f"{VMS}/{twin}/power")[1]["state"] == "POWERED_ON"
    target = host(client, "esx2")
    client.power(erp, "start")
    assert client.said("POST", f"{VMS}/{erp}?action=relocate", placement={"host": target}) == (204, None)
    assert [vm["name"] for vm in client.said("GET", f"{VMS}?hosts={target}")[1]].count("erp") == 1


def host(client, name):
    """The MoRef of a host."""
    [row] = client.said("GET", f"/api/vcenter/host?names={name}")[1]
    return row["host"]


# -- the inventory ----------------------------------------------------------------------------------------------------
def test_filters_by_host_cluster_name_and_power_state(client):
    client.vcenter.world.run(until=20)
    clusters = {row["name"]: row["cluster"] for row in client.said("GET", "/api/vcenter/cluster")[1]}
    for name, cluster in (("a", "prod"), ("b", "prod"), ("c", "test")):
        client.new(name, placement={"cluster": clusters[cluster]})
    client.power(client.said("GET", f"{VMS}?names=b")[1][0]["vm"], "start")

    def names(query):
        status, rows = client.said("GET", f"{VMS}?{query}")
        assert status == 200
        return [row["name"] for row in rows]

    assert names(f"clusters={clusters['prod']}") == ["a", "b"]
    assert names(f"clusters={clusters['prod']}&clusters={clusters['test']}&power_states=POWERED_OFF") == ["a", "c"]
    assert names("names=a&names=c&names=z") == ["a", "c"] and names("hosts=host-99") == []
    assert names(f"hosts={host(client, 'esx3')}") == ["c"]
    assert client.refused("GET", f"{VMS}?power_states=OFF") == (400, "INVALID_ARGUMENT")
    assert client.refused("GET", f"{VMS}?colour=red") == (400, "INVALID_ARGUMENT")


def test_a_silent_host_is_not_responding_and_nothing_is_done_there(client):
    w = client.vcenter.world
    vm = client.new(placement={"host": host(client, "esx1")})
    client.power(vm, "start")
    w.stop("esx1-vpxa")
    w.run(until=w.now + 100)
    rows = {row["name"]: row for row in client.said("GET", "/api/vcenter/host")[1]}
    assert rows["esx1"]["connection_state"] == "NOT_RESPONDING" and "power_state" not in rows["esx1"]
    assert rows["esx2"]["connection_state"] == "CONNECTED" and rows["esx2"]["power_state"] == "POWERED_ON"
    assert [row["name"] for row in client.said("GET", "/api/vcenter/host?connection_states=CONNECTED")[1]] == [
        "esx2",
        "esx3",
    ]
    for action in ("start", "stop", "suspend", "reset"):
        assert client.refused("POST", f"{VMS}/{vm}/power?action={action}") == (503, "SERVICE_UNAVAILABLE")
    assert client.refused("DELETE", f"{VMS}/{vm}") == (503, "SERVICE_UNAVAILABLE")
    assert client.said("GET", f"{VMS}/{vm}/power") == (200, {"state": "POWERED_ON"}), "what was reported last"


def test_clusters_datastores_and_the_rest_of_the_inventory(client):
    prod, test = client.said("GET", "/api/vcenter/cluster")[1]
    assert (prod["name"], prod["ha_enabled"], prod["drs_enabled"]) == ("prod", True, False)
    status, details = client.said("GET", f"/api/vcenter/cluster/{prod['cluster']}")
    assert status == 200 and details["name"] == "prod" and details["resource_pool"].startswith("resgroup-")
    [store] = client.said("GET", "/api/vcenter/datastore")[1]
    assert store["type"] == "VMFS" and 0 < store["free_space"] <= store["capacity"] == 1_000_000 * 1024**3
    status, details = client.said("GET", f"/api/vcenter/datastore/{store['datastore']}")
    assert status == 200 and details["accessible"] and details["free_space"] == store["free_space"]
    [center] = client.said("GET", "/api/vcenter/datacenter")[1]
    assert center["datacenter"].startswith("datacenter-")
    assert client.said("GET", "/api/vcenter/network")[1][0]["name"] == "lan"
    kinds = {row["type"] for row in client.said("GET", "/api/vcenter/folder")[1]}
    assert kinds == {"VIRTUAL_MACHINE", "HOST", "DATASTORE", "NETWORK"}
    assert len(client.said("GET", "/api/vcenter/resource-pool")[1]) == 2
    for path in ("cluster/prod", "cluster/domain-c99", "datastore/san1", f"datastore/{prod['cluster']}", "vm/erp"):
        assert client.refused("GET", f"/api/vcenter/{path}") == (404, "NOT_FOUND"), "a name is not a MoRef"
    assert client.refused("GET", "/api/vcenter/toaster") == (404, "OPERATION_NOT_FOUND")
    assert client.refused("PATCH", VMS) == (404, "OPERATION_NOT_FOUND")


def test_more_than_4000_vms_must_be_filtered():
    w = World(seed=7, journal=False)
    vcenter = VCenter(w, clusters={"prod": 32, "test": 32}, lean=True, ha=False)
    order = {"spec": Spec(memory_mib=64, disk_gib=1, datastore="san1"), "running": False}
    vcenter.vim.create_many([{"name": f"vm{at}", "cluster": ("prod", "test")[at % 2], **order} for at in range(4001)])
    w.run(until=10)
    client = Client(vcenter)
    assert client.refused("GET", VMS) == (500, "UNABLE_TO_ALLOCATE_RESOURCE")
    prod = client.said("GET", "/api/vcenter/cluster?names=prod")[1][0]["cluster"]
    assert len(client.said("GET", f"{VMS}?clusters={prod}")[1]) == 2001
    vm = client.said("GET", f"{VMS}?names=vm7")[1][0]["vm"]
    assert client.said("DELETE", f"{VMS}/{vm}") == (204, None)
    assert len(client.said("GET", VMS)[1]) == 4000
