"""What if somebody asked right now: the very answers that a real request gets, and no trace of the question."""

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.views.token_inspector import requests_of, subject, would_answer
from labkit.views.what_if import Aside
from labkit.world import LabError, World


def fingerprint(cloud):
    """Everything a question could have changed."""
    world = cloud.world
    return (
        world.trace.digest(),
        world.now,
        len(world.journal.entries),
        world.random("keystone").getstate(),
        list(cloud.keystone.db.connection.iterdump()),
        {node: sorted(service.door.cache) for node, service in cloud.services.items()},
        sorted(cloud.nova.servers),
        sorted(cloud.neutron.ports),
    )


def test_looking_leaves_no_trace(cloud, session):
    before = fingerprint(cloud)
    would_answer(cloud, session.token, None)
    aside = Aside(cloud)
    assert (
        aside.ask(
            "nova-api", "POST", "/v2.1/servers", session.token, {"server": {"name": "x", "imageRef": cloud.image_id}}
        ).status
        == 202
    )
    assert aside.ask("neutron-server", "POST", "/v2.0/ports", session.token, {"port": {}}).status == 201
    assert fingerprint(cloud) == before


def test_a_failed_login_of_a_service_leaves_no_trace_either(cloud, session):
    cloud.glance.account.password = "wrong"
    before = fingerprint(cloud)
    told = Aside(cloud).ask("glance-api", "GET", f"/v2/images/{cloud.image_id}", session.token)
    assert (told.status, told.who) == (503, "glance-api's middleware") and "own account" in told.why
    assert fingerprint(cloud) == before


@pytest.mark.parametrize(
    "trouble",
    [
        "none",
        "expired",
        "revoked",
        "keystone stopped",
        "keystone crashed",
        "nova stopped",
        "link cut",
        "neutron disabled",
    ],
)
def test_the_answers_are_those_that_real_requests_get(trouble):
    cloud = OpenStack(World(seed=11))
    world, session = cloud.world, cloud.login("anna")
    session.get("compute", "/servers")
    {
        "none": lambda: None,
        "expired": lambda: world.run(until=3700),
        "revoked": lambda: cloud.revoke(session),
        "keystone stopped": lambda: world.stop("keystone"),
        "keystone crashed": lambda: world.crash("keystone"),
        "nova stopped": lambda: world.stop("nova-api"),
        "link cut": lambda: world.cut("glance-api", "keystone"),
        "neutron disabled": lambda: cloud.set_user("neutron", enabled=False),
    }[trouble]()
    for node, path in requests_of(cloud, None).items():
        guessed = Aside(cloud).ask(node, "GET", path, session.token, **subject(node, session.token)).status
        try:
            real = cloud.request("GET", node, path, session.token, **subject(node, session.token)).status
        except LabError:
            real = None
        assert guessed == real, (trouble, node)


def test_two_keystone_nodes_without_common_keys_answer_by_turns():
    cloud = OpenStack(World(seed=3), keystones=2, same_keys=False)
    session, aside = cloud.login("anna"), Aside(cloud)
    answers = [
        aside.ask("keystone-1", "GET", "/v3/auth/tokens", session.token, **subject("keystone", session.token)).status,
        aside.ask("keystone-2", "GET", "/v3/auth/tokens", session.token, **subject("keystone", session.token)).status,
    ]
    assert sorted(answers) == [200, 401]


def test_keystone_does_not_remember_what_was_asked_aside(cloud):
    """What Keystone looked up for a what-if question it looks up again when it is truly asked: else a fork would
    differ.
    """
    session = cloud.login("anna")
    counted = cloud.keystone.db.reads, cloud.keystone.db.writes, cloud.keystone.db.version()
    assert Aside(cloud).ask("nova-api", "GET", "/v2.1/servers", session.token).status == 200
    assert (cloud.keystone.db.reads, cloud.keystone.db.writes, cloud.keystone.db.version()) == counted
    session.get("compute", "/servers")
    assert cloud.world.fork().trace == cloud.world.trace
