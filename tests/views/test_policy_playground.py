"""The policy playground: change Nova's rule and only Nova's answers change; Keystone never says 403."""

import pytest

from labkit.views import PolicyPlayground
from labkit.views.policy_playground import TOKENS


@pytest.fixture(scope="module")
def fresh():
    return PolicyPlayground()


def row(view, operation):
    return {kind: view.cells[operation, kind].status for kind in TOKENS}


def test_who_are_you_comes_before_may_you_and_before_is_it_there(fresh):
    assert row(fresh, "delete the server") == {
        "no token": 401,
        "expired": 401,
        "unscoped": 404,
        "other project": 404,
        "reader": 403,
        "member": 204,
        "admin": 204,
    }
    assert row(fresh, "show an image") == {
        "no token": 401,
        "expired": 401,
        "unscoped": 200,
        "other project": 200,
        "reader": 200,
        "member": 200,
        "admin": 200,
    }


def test_every_401_is_the_middlewares_and_every_403_the_policys(fresh):
    for (operation, kind), told in fresh.cells.items():
        part = {401: "middleware", 403: "policy"}.get(told.status)
        assert part is None or told.who.endswith(part), (operation, kind, told)


def test_the_same_token_another_rule_another_answer():
    view = PolicyPlayground()
    before = view.cloud.validations()
    view.write("role:admin")
    assert row(view, "delete the server")["member"] == 403 and "403 (was 204)" in view.html()
    assert row(view, "create a server")["member"] == 202, "only the rewritten rule counts"
    assert len(view.cloud.validations()) == len(before), "Keystone was not told"
    view.reset()
    assert row(view, "delete the server")["member"] == 204


def test_a_rule_that_cannot_be_read_is_refused_and_the_old_one_stays():
    view = PolicyPlayground()
    view.write("role:admin and (")
    assert "not a rule" in view.html() and row(view, "delete the server")["member"] == 204
    view.write("!")
    assert "not a rule" not in view.html() and row(view, "delete the server")["admin"] == 403


def test_keystone_stopped_warm_caches_go_on_and_empty_ones_do_not():
    view = PolicyPlayground()
    running = dict(view.cells)
    view.switch("stopped, caches warm")
    for (operation, kind), told in view.cells.items():
        expected = 503 if kind == "expired" else running[operation, kind].status
        assert told.status == expected, (operation, kind)
    view.switch("stopped, caches empty")
    assert row(view, "list servers") == dict.fromkeys(TOKENS, 503) | {"no token": 401}
