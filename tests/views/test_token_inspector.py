"""The token inspector: what a token shows to everybody, what only a key shows, and who answers what."""

from base64 import urlsafe_b64decode

import pytest

from labkit.openstack.cloud import OpenStack
from labkit.openstack.keystone import KeyRepository
from labkit.views import TokenInspector
from labkit.views.envelope import open_with, sealed_at, take_apart
from labkit.views.frame import said_html
from labkit.views.token_inspector import inspect
from labkit.world import World


def test_the_five_parts_are_the_token(session):
    parts = take_apart(session.token)
    padded = session.token + "=" * (-len(session.token) % 4)
    assert b"".join(raw for _, _, raw in parts) == urlsafe_b64decode(padded)
    assert [(name, first, len(raw)) for name, first, raw in parts] == [
        ("version", 0, 1),
        ("time stamp", 1, 8),
        ("IV", 9, 16),
        ("ciphertext", 25, 80),
        ("HMAC", 105, 32),
    ]


def test_the_time_stamp_can_be_read_without_a_key_and_nothing_else(cloud, session):
    seen = inspect(cloud, session.token, repositories={})
    assert sealed_at(seen.parts) == int(cloud.world.start_time.timestamp())
    html = TokenInspector(cloud, session, repositories={}).html()
    assert "no key that opens it" in html and session.user_id not in html and "anna" not in html


def test_with_the_key_user_scope_and_end_are_there_but_no_role(cloud, session):
    token = inspect(cloud, session.token).token
    assert (token.user_id, token.project_id, token.methods) == (session.user_id, session.project_id, ("password",))
    assert token.expires_at == session.expires_at.timestamp()
    html = TokenInspector(cloud, session).html()
    assert "anna" in html and "shop" in html and "role:member" not in html


def test_another_nodes_keys_do_not_open_it(cloud, session):
    strange = KeyRepository(cloud.world, "strange-keys")
    assert open_with(session.token, {"keystone-2": strange}) is None
    assert open_with(session.token, {"keystone-2": strange, "keystone": cloud.keystone.keys})[:2] == ("keystone", 1)


@pytest.mark.parametrize(
    "text, why",
    [("hell", "3 bytes"), ("hello", "cut off"), ("übel", "not base64"), ("A" * 140, "begins with 00"), ("", "nothing")],
)
def test_what_is_no_token_says_why_and_the_services_answer_401(cloud, text, why):
    seen = inspect(cloud, text)
    assert why in seen.problem
    assert {told.status for told in seen.answers.values()} == {401}


def test_one_changed_letter_and_no_key_fits(cloud, session):
    forged = session.token[:60] + ("A" if session.token[60] != "A" else "B") + session.token[61:]
    seen = inspect(cloud, forged)
    assert not seen.problem and seen.opened is None
    assert seen.answers["nova-api", "GET /v2.1/servers"].who == "nova-api's middleware"


def test_caches_stand_on_the_time_line_and_outlive_keystone(cloud, session):
    view = TokenInspector(cloud, session)
    assert list(inspect(cloud, session.token).caches) == ["nova-api"]
    view.switch("stop")
    answers = {node: told.status for (node, _), told in inspect(cloud, session.token).answers.items()}
    assert answers == {"keystone": None, "nova-api": 200, "glance-api": 503, "neutron-server": 503, "cinder-api": 503}
    view.later(300)
    assert {told.status for told in inspect(cloud, session.token).answers.values()} == {None, 503}


def test_issue_paste_and_send():
    view = TokenInspector(OpenStack(World(seed=5)))
    assert "no token yet" in view.text()
    view.user, view.scope = "ben", "unscoped"
    view.issue()
    assert "unscoped" in view.text() and "nova-api GET /v2.1/servers: 403" in view.text()
    view.user, view.scope = "ben", "own"
    view.issue()
    view.send()
    assert sorted(inspect(view.cloud, view.token).caches) == ["cinder-api", "glance-api", "neutron-server", "nova-api"]
    view.paste("  not a token ")
    assert "no Fernet token" in view.html() or "not base64" in view.html()


def test_a_changed_time_stamp_breaks_the_seal_and_the_picture_stays_small(cloud, session):
    """One letter of the stamp moves it by centuries: that is said, not drawn as a line of a million ticks."""
    view = TokenInspector(cloud)
    for first in ("gAAAAAAA", "gP______"):
        view.paste(first + session.token[8:])
        assert "years from now" in view.html() and len(view.html()) < 20_000
        assert "no key at hand opens it" in view.text()


@pytest.mark.parametrize(
    "text, why", [("gAAAAA" + "B" * 1_000_000, "1,000,006 characters"), ("\ud800" * 10, "not base64")]
)
def test_whatever_is_pasted_gets_a_short_answer(cloud, text, why):
    view = TokenInspector(cloud)
    view.paste(text)
    assert why in view.html() or "no Fernet token" in view.html()
    assert len(view.html()) < 20_000


def test_names_are_shown_as_text_whatever_they_contain():
    evil = "<img src=x onerror=alert(1)>"
    view = TokenInspector(OpenStack(World(seed=5), people={evil: (evil + "p", "member")}))
    view.user = evil
    view.issue()
    assert "<img" not in view.html() and "&lt;img src=x" in view.html()
    assert "<img" not in said_html(evil)
    view.paste(evil)
    assert "<img" not in view.html()
