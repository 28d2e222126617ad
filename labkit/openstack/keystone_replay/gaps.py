"""The steps that may be put into a gap: a fixed, small vocabulary, each a request to our own Keystone (or time that
passes).

A recording has gaps: exchanges that were kept back. What they did shows only in later answers. The player may assume
such steps, few and simple ones first, and only if the *whole* answer is then the recorded one; it never touches an
answer.
"""

from dataclasses import dataclass
from itertools import product

from labkit.openstack.keystone_replay.cast import MEMBERS, PASSWORDS

ENDING = (
    "used",
    "passed",
    "revoked",
    "password",
    "lost",
    "left",
    "no more",
    "disabled",
    "delet",
)  # what ends something; the gentle first
ROLES = ("member", "reader", "admin")
SHORT_S = 600  # nobody who records waits for tokens that live longer
PLURAL = {
    "user": "users",
    "project": "projects",
    "domain": "domains",
    "group": "groups",
    "role": "roles",
    "region": "regions",
    "service": "services",
    "endpoint": "endpoints",
}


@dataclass(frozen=True)
class Step:
    """Something that must have happened: `text` says what, `do(stage)` does it and says whether it could be done."""

    text: str
    do: object

    def __str__(self):
        return self.text


def request(text, method, path, body=None):
    """A step that is one request as the cloud's admin; {name} in it is a member's id."""
    return Step(text, lambda stage: stage.admin(method, stage.filled(f"/v3/{path}"), stage.filled(body)))


def appear(name):
    return Step(f"{name} was made", lambda stage: stage.appear(name))


def passing(s):
    def do(stage):
        stage.pass_time(s)
        return True

    return Step(f"{s:g} s passed", do)


def both(text, *steps):
    return Step(text, lambda stage: all(step.do(stage) for step in steps))


def kind_of(name):
    """The kind of a member, of the cast or of what every Keystone has."""
    if name in MEMBERS:
        return MEMBERS[name].kind
    if name.startswith(("role.", "svc.", "ep.")):
        return {"role": "role", "svc": "service", "ep": "endpoint"}[name.partition(".")[0]]
    return {"admin": "user", "adminproj": "project", "default": "domain"}.get(name)


def of_user(name):
    """What may have become of a user."""
    where, enabled = f"users/{{{name}}}", {"user": {"enabled": True}}
    off = request(f"{name} was disabled", "PATCH", where, {"user": {"enabled": False}})
    yield request(f"{name} got a new password", "PATCH", where, {"user": {"password": PASSWORDS.get(name, "x")}})
    yield off
    yield both(f"{name} was disabled and enabled", off, request("", "PATCH", where, enabled))
    yield request(f"{name} was enabled", "PATCH", where, enabled)
    yield from changed(name, "user", where)
    yield request(f"{name} was deleted", "DELETE", where)


def changed(name, kind, where):
    member = MEMBERS.get(name)
    if member and member.later:
        yield request(f"{name} was changed", "PATCH", where, {kind: member.later})


def of_container(name, kind):
    """What may have become of a project or domain."""
    where = f"{PLURAL[kind]}/{{{name}}}"
    off = request(f"{name} was disabled", "PATCH", where, {kind: {"enabled": False}})
    yield off
    yield request(f"{name} was enabled", "PATCH", where, {kind: {"enabled": True}})
    gone = request(f"{name} was deleted", "DELETE", where)
    yield both(f"{name} was disabled and deleted", off, gone) if kind == "domain" else gone
    if kind == "project":
        yield request(f"{name} got the tags blue and green", "PUT", f"{where}/tags", {"tags": ["blue", "green"]})
        yield request(f"{name} lost its tags", "DELETE", f"{where}/tags")


def of_entry(name, kind):
    """What may have become of a service, endpoint, region, group or role."""
    where = f"{PLURAL[kind]}/{{{name}}}"
    if kind in ("service", "endpoint"):
        yield request(f"{name} was disabled", "PATCH", where, {kind: {"enabled": False}})
        yield request(f"{name} was enabled", "PATCH", where, {kind: {"enabled": True}})
    yield request(f"{name} was deleted", "DELETE", where)


def of_grants(users, places, roles):
    """Who may have got or lost which role where, directly or by inheritance."""
    for role, user, place in product(roles, users, places):
        whom = f"{'groups' if kind_of(user) == 'group' else 'users'}/{{{user}}}"
        where = (
            "system"
            if place == "system"
            else f"{PLURAL[kind_of(place)]}/{{{place}}}"
            if place != "default"
            else "domains/default"
        )
        path, inherited = (
            f"{where}/{whom}/roles/{{{role}}}",
            f"OS-INHERIT/{where}/{whom}/roles/{{{role}}}/inherited_to_projects",
        )
        yield request(f"{user} got {role} on {place}", "PUT", path)
        yield request(f"{user} lost {role} on {place}", "DELETE", path)
        if place != "system":
            yield request(f"{user} got {role} on what is under {place}", "PUT", inherited)
            yield request(f"{user} lost {role} on what is under {place}", "DELETE", inherited)


def of_roles(roles):
    for prior, implied in product(roles, roles):
        path = f"roles/{{{prior}}}/implies/{{{implied}}}"
        yield request(f"{prior} came to imply {implied}", "PUT", path)
        yield request(f"{prior} implies {implied} no more", "DELETE", path)


def of_groups(groups, users):
    for group, user in product(groups, users):
        yield request(f"{user} joined {group}", "PUT", f"groups/{{{group}}}/users/{{{user}}}")
        yield request(f"{user} left {group}", "DELETE", f"groups/{{{group}}}/users/{{{user}}}")


def of_delegation(name):
    """What may have become of an application credential or a trust."""
    member = MEMBERS[name]

    def drop(stage):
        token = stage.holder(member.by)
        return stage.send("DELETE", stage.filled(f"/v3/{member.path}/{{{name}}}"), token)[0] == 204

    yield Step(f"{name} was used", lambda stage: use(stage, name) is not None)
    yield Step(f"{name} was deleted", drop)


def use(stage, name, by_token=False):
    """A token through a trust (by the trustee's password, or a token of his) or an application credential; None if
    that is refused."""
    member = MEMBERS[name]
    if name not in stage.members:
        return None
    if member.kind == "application_credential":
        secret = {"id": stage.members[name], "secret": stage.passwords.get(name, "")}
        return stage.token(
            f"{member.by} by {name}", {"methods": ["application_credential"], "application_credential": secret}
        )
    trustee = member.make["trustee_user_id"].strip("{}")
    if trustee not in stage.members:
        return None
    identity = {
        "methods": ["password"],
        "password": {"user": {"id": stage.members[trustee], "password": stage.passwords[trustee]}},
    }
    if by_token:
        held = stage.holder(trustee)
        identity = {"methods": ["token"], "token": {"id": held.text if held else ""}}
    return stage.token(
        f"{trustee} by {name}{' again' if by_token else ''}", identity, {"OS-TRUST:trust": {"id": stage.members[name]}}
    )


def of_tokens(tokens):
    def revoke(token):
        def do(stage):
            admin = stage.login("admin")
            done = stage.send("DELETE", "/v3/auth/tokens", admin, X_Subject_Token=token.text)[0] == 204
            stage.pass_time(1.0)
            return done

        return do

    for token in tokens:
        yield Step(f"a token of {token.label} was revoked", revoke(token))


def vocabulary(names, tokens, token_s):
    """All single steps that concern these members and tokens, in a fixed order."""
    kinds = {name: kind_of(name) for name in names}
    of = {
        kind: [name for name in names if kinds[name] == kind] for kind in ("user", "project", "domain", "group", "role")
    }
    roles = [*dict.fromkeys([*of["role"], *(f"role.{role}" for role in ROLES)])]
    if token_s < SHORT_S:
        yield from (passing(5), passing(token_s + 1))
    yield from (
        step for name in names if kinds[name] in ("trust", "application_credential") for step in of_delegation(name)
    )
    yield from of_tokens(tokens)
    yield from (step for name in of["user"] for step in of_user(name))
    yield from (step for kind in ("project", "domain") for name in of[kind] for step in of_container(name, kind))
    yield from (
        step
        for name in names
        if kinds[name] in ("service", "endpoint", "region", "group", "role")
        for step in of_entry(name, kinds[name])
    )
    yield from of_roles(of["role"])
    yield from of_groups(of["group"], of["user"])
    yield from of_grants([*of["user"], *of["group"]], [*of["project"], *of["domain"], "system"], roles)


def gentleness(step, refused):
    """The order in which steps are tried: first those that fit (an end before a refusal, a beginning before a
    success), the gentle first."""
    rank = next((n for n, word in enumerate(ENDING) if word in step.text), None)
    return refused != (rank is not None), rank or 0
