"""Whatever a client sends to the REST API, it gets an answer in the API's own words, and nothing half done is left."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.vsphere import VCenter
from labkit.world import World
from tests.vsphere.rest_client import ADMIN, URL, VMS, Client

LINUX = {"guest_OS": "OTHER_LINUX_64"}


def vcenter():
    return VCenter(World(seed=7), hosts=2, lean=True)


@pytest.fixture(scope="module")
def client():
    return Client(vcenter())


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x" * 256},
        {"name": "x" * 81},
        {"name": "two\nlines"},
        {"name": ""},
        {"name": 7},
        {"name": "a", "guest_OS": None},
        {"name": "a", "cpu": 7},
        {"name": "a", "cpu": {"count": -1}},
        {"name": "a", "cpu": {"count": 1.5}},
        {"name": "a", "cpu": {"count": True}},
        {"name": "a", "cpu": {"count": 10**9}},
        {"name": "a", "memory": {"size_MiB": 0}},
        {"name": "a", "memory": {"size_MiB": 10**400}},
        {"name": "a", "memory": {"size_MiB": "1024"}},
        {"name": "a", "disks": {}},
        {"name": "a", "disks": 3},
        {"name": "a", "disks": [3]},
        {"name": "a", "disks": [{"new_vmdk": {"capacity": 10**400}}]},
        {"name": "a", "disks": [{"new_vmdk": {"capacity": -1}}]},
        {"name": "a", "placement": 3},
        {"name": "a", "placement": {"host": [1]}},
    ],
)
def test_values_that_cannot_be_meant_are_refused_by_name(client, body):
    assert client.refused("POST", VMS, **{**LINUX, **body}) == (400, "INVALID_ARGUMENT")
    assert client.said("GET", VMS) == (200, [])


@pytest.mark.parametrize("body", ["{", "[1]", "7", '"erp"', "[" * 100_000, "1" * 5000, "\ud800", "\x00"])
def test_a_body_that_is_no_json_object(client, body):
    answer = client.http.post(URL + VMS, data=body.encode("utf-8", "replace"))
    assert (answer.status_code, answer.json()["error_type"]) == (400, "INVALID_REQUEST")
    assert len(answer.text) < 500, "a refusal does not send the whole body back"


def test_things_that_are_not_there(client):
    for place in ({"host": "host-99"}, {"cluster": "vm-1"}, {"datastore": "san1"}):
        assert client.refused("POST", VMS, name="a", placement=place, **LINUX) == (404, "NOT_FOUND")
    assert client.refused("POST", f"{VMS}?action=clone", source="vm-99", name="b") == (404, "NOT_FOUND")
    assert client.refused("POST", f"{VMS}/vm-99?action=relocate", placement={}) == (404, "NOT_FOUND")
    assert client.refused("POST", f"{VMS}/vm-99/power?action=start") == (404, "NOT_FOUND")
    assert client.refused("POST", f"{VMS}/vm-99/power?action=explode") == (404, "OPERATION_NOT_FOUND")


def test_a_vm_larger_than_any_host_and_a_name_that_is_taken():
    client = Client(vcenter())
    big = client.refused("POST", VMS, name="big", memory={"size_MiB": 20 * 1024**2}, **LINUX)
    assert big == (500, "UNABLE_TO_ALLOCATE_RESOURCE")
    vm = client.new("erp")
    assert client.refused("POST", VMS, name="erp", **LINUX) == (400, "ALREADY_EXISTS")
    assert client.refused("POST", f"{VMS}?action=clone", source=vm, name="erp") == (400, "ALREADY_EXISTS")
    assert client.refused("POST", f"{VMS}/{vm}?action=relocate") == (400, "INVALID_ARGUMENT")
    assert [row["name"] for row in client.said("GET", VMS)[1]] == ["erp"], "'big' has not stayed half made"


def test_a_vm_whose_name_looks_like_a_moref_is_not_mistaken_for_another():
    client = Client(vcenter())
    erp = client.new("erp")
    client.new(erp)  # its name is the other one's reference
    client.power(erp, "start")
    states = {row["name"]: row["power_state"] for row in client.said("GET", VMS)[1]}
    assert states == {"erp": "POWERED_ON", erp: "POWERED_OFF"}


def together(client, *requests):
    """Send requests in the same instant; (status, error type or None) of each."""
    world, headers = client.vcenter.world, dict(client.http.headers)
    calls = [
        world.call("laptop", "vpxd", "rest", f"{method} {path}", 60, method=method, path=path, headers=headers, body="")
        for method, path in requests
    ]
    world.run(until=world.now + 60)
    said = [(call.value["status"], call.value["body"]) for call in calls]
    return [(status, json.loads(body)["error_type"] if body else None) for status, body in said]


def test_two_deletes_and_two_starts_in_the_same_instant():
    client = Client(vcenter())
    vm = client.new()
    start, stop, delete = (
        ("POST", f"{VMS}/{vm}/power?action=start"),
        ("POST", f"{VMS}/{vm}/power?action=stop"),
        ("DELETE", f"{VMS}/{vm}"),
    )
    assert together(client, start, start) == [(204, None), (400, "RESOURCE_BUSY")]
    assert together(client, stop, delete) == [(204, None), (400, "NOT_ALLOWED_IN_CURRENT_STATE")]
    assert together(client, delete, delete) == [(204, None), (404, "NOT_FOUND")]
    assert together(client, delete, start) == [(404, "NOT_FOUND")] * 2


def test_vpxd_dies_while_it_works_on_a_request():
    client = Client(vcenter())
    vm, w = client.new(), client.vcenter.world
    call = w.call("laptop", "vpxd", "rest", "POST", 60, method="POST", path=f"{VMS}/{vm}/power?action=start",
                  headers=dict(client.http.headers))  # fmt: skip
    w.at(w.now + 0.05, w.stop, "vpxd")
    w.run(until=w.now + 30)
    assert "closed the connection" in str(call.value), "nobody knows whether it was done …"
    assert client.vcenter.vmms["esx1"].domains["erp"].active, "… it was"


# -- the same as a web server ------------------------------------------------------------------------------------------
def asked(rest, method, path, body=b"", **headers):
    """(status line, headers, body) of a WSGI request."""
    said = []
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }  # fmt: skip
    answer = b"".join(rest.wsgi(environ, lambda status, pairs: said.append((status, dict(pairs)))))
    return *said[0], answer


def test_the_wsgi_application_speaks_the_same_and_says_503_when_vpxd_is_down():
    made = vcenter()
    status, headers, body = asked(made.rest, "POST", "/api/session", authorization="Basic " + coded(":".join(ADMIN)))
    assert status == "201 Created" and headers["vmware-api-session-id"] == json.loads(body)
    token = {"vmware_api_session_id": json.loads(body)}
    status, headers, body = asked(made.rest, "GET", "/api/vcenter/host?names=esx2", **token)
    assert status == "200 OK" and [row["name"] for row in json.loads(body)] == ["esx2"]
    assert headers["Content-Length"] == str(len(body)) and headers["Content-Type"] == "application/json"
    assert asked(made.rest, "GET", "/api/vcenter/host", vmware_api_session_id="guessed")[0] == "401 Unauthorized"
    made.world.stop("vpxd")
    status, _, body = asked(made.rest, "GET", "/api/vcenter/host", **token)
    assert status == "503 Service Unavailable" and json.loads(body)["error_type"] == "SERVICE_UNAVAILABLE"


def coded(words):
    import base64

    return base64.b64encode(words.encode()).decode()


# -- anything at all --------------------------------------------------------------------------------------------------
WORDS = st.sampled_from(["name", "source", "placement", "host", "cpu", "count", "memory", "size_MiB", "disks",
                         "new_vmdk", "capacity", "guest_OS", "power_on", "erp", "vm-8", "host-4"])  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3))
BODIES = st.dictionaries(WORDS, VALUES, max_size=5).map(json.dumps) | st.text(max_size=20)
PARTS = st.sampled_from(["/api", "/vcenter", "/vm", "/vm-8", "/power", "/guest", "/host", "/host-4", "/cluster",
                         "/datastore", "/datastore-2", "/session", "/[", "/%00", "//"])  # fmt: skip
QUERIES = st.sampled_from(["", "?action=start", "?action=stop", "?action=clone", "?action=relocate", "?action=reset",
                           "?names=erp&hosts=", "?power_states=X", "?action", "?&=&=", "?names=%ff"])  # fmt: skip
PATHS = st.builds(
    lambda head, tail, query: head + "".join(tail) + query,
    st.sampled_from(["/api/vcenter", VMS, f"{VMS}/vm-8", ""]), st.lists(PARTS, max_size=2), QUERIES,
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "DELETE", "PUT"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(METHODS, PATHS, BODIES), min_size=10, max_size=10))
def test_no_request_makes_the_server_stumble(requests):
    made = vcenter()
    client = Client(made)
    client.new(placement={"host": "host-4"})
    token = {"vmware_api_session_id": client.http.headers["vmware-api-session-id"]}
    for method, path, body in requests:
        status, _, said = asked(made.rest, method, path, body.encode("utf-8", "replace"), **token)
        code = int(status[:3])
        assert code in (200, 201, 204) or json.loads(said)["error_type"] not in ("ERROR", ""), (method, path, body)
        if (method, path) == ("DELETE", "/api/session"):
            break
