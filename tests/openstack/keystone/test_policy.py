"""The rule language, beside the real oslo.policy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.openstack.policy import Policy, PolicyError

RULES = {"admin": "role:admin", "owner": "user_id:%(target.user.id)s",
         "manager": "'manager':%(target.role.name)s or 'member':%(target.role.name)s"}
TARGET = {"target.user.id": "u1", "target.role.name": "member", "target.domain_id": None, "user_id": "u1", "n": 1}
CREDENTIALS = {
    "user_id": "u1",
    "roles": ["Admin", "reader"],
    "system_scope": "all",
    "domain_id": None,
    "is_admin": False,
    "token": {"project": {"domain": {"id": "d1"}}},
    "groups": [{"id": "g1"}, {"id": "g2"}],
}
CHECKS = [
    "",
    "@",
    "!",
    "role:admin",
    "role:nobody",
    "rule:admin",
    "rule:owner",
    "rule:manager",
    "rule:missing",
    "is_admin:1",
    "is_admin:False",
    "system_scope:all",
    "user_id:%(user_id)s",
    "user_id:u1",
    "user_id:%(missing)s",
    "None:%(target.domain_id)s",
    "domain_id:None",
    "domain_id:%(target.domain_id)s",
    "token.project.domain.id:d1",
    "groups.id:g2",
    "'member':%(target.role.name)s",
    "True:True",
    "1:%(n)s",
    "missing:x",
    "role:%(target.role.name)s",
]


def real_answer(text):
    """What oslo.policy says."""
    policy = pytest.importorskip("oslo_policy.policy")
    from oslo_config import cfg
    configuration = cfg.ConfigOpts()
    configuration([], project="none")
    enforcer = policy.Enforcer(configuration, use_conf=False, rules=policy.Rules.from_dict({**RULES, "asked": text}))
    return bool(enforcer.enforce("asked", dict(TARGET), dict(CREDENTIALS)))


def our_answer(text):
    return Policy({**RULES, "asked": text}).check("asked", TARGET, CREDENTIALS)


@pytest.mark.parametrize("text", CHECKS)
def test_each_check_means_what_the_real_one_means(text):
    assert our_answer(text) == real_answer(text)


def nested(children):
    return st.one_of(
        st.tuples(children, st.sampled_from(["and", "or"]), children).map(lambda three: f"({' '.join(three)})"),
        children.map(lambda one: f"not {one}"),
    )


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.sampled_from(CHECKS[1:]), nested, max_leaves=6))
def test_so_does_every_combination(text):
    assert our_answer(text) == real_answer(text)


@pytest.mark.parametrize(
    "text", ["role:a and or role:b", "(role:a", "role:a)", "justaword", "not", "role:a role:b", "'open:x"]
)
def test_a_rule_that_cannot_be_read_says_so(text):
    with pytest.raises(PolicyError, match="rule language"):
        Policy({"asked": text})


def test_a_token_of_another_scope_fails_before_the_rule_is_read():
    policy = Policy({"asked": ("role:reader", ["system", "project"])})
    assert policy.check("asked", {}, {"roles": ["reader"], "project_id": "p"})
    assert policy.check("asked", {}, {"roles": ["reader"], "system_scope": "all"})
    assert not policy.check("asked", {}, {"roles": ["reader"], "domain_id": "d"})


def test_an_unknown_rule_lets_nobody():
    assert not Policy({}).check("asked", {}, CREDENTIALS)


@pytest.mark.parametrize("rules, why", [
    ({"a": "rule:b", "b": "role:x or not rule:a"}, "leads back to itself"),
    ({"a": "rule:a"}, "leads back to itself"),
    ({"a": "(" * 5000 + "@" + ")" * 5000}, "nested more than 50 deep"),
    ({"a": "not " * 5000 + "@"}, "nested more than 50 deep"),
    ({"a": None}, "neither a text nor"),
    ({"a": ["role:admin"]}, "neither a text nor"),
])
def test_a_table_that_could_never_be_decided_is_refused_when_it_is_made(rules, why):
    with pytest.raises(PolicyError, match=why):
        Policy(rules)
