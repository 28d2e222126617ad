"""Who takes part in the recordings: users, projects and things by the names that they bear there, and how each comes
to be.

A recording names them in its placeholders ({rec-alice.id}) and does not show how all of them were made. AT_START are
there when a recording begins, the others appear when they are first needed. `make` is a request to our own Keystone;
{name} is the id of another member.
"""

from dataclasses import dataclass

ALPHA = {"project": {"name": "rec-alpha", "domain": {"id": "default"}}}
PASSWORDS = {
    "admin": "labadmin",
    "rec-alice": "alicepw",
    "rec-bob": "bobpw",
    "rec-carol": "carolpw",
    "rec-dana": "danapw",
    "rec-erin": "erinpw",
    "rec-exp-alice": "alicepw",
    "rec-exp-bob": "bobpw",
}


@dataclass(frozen=True)
class Member:
    """Something with a name: made by `by` (whose token) with POST `path` {kind: make}; `later` are the attributes it
    has after a change."""

    name: str
    kind: str
    path: str
    make: dict
    by: str = "admin"
    later: dict | None = None
    roles: tuple = ()


def user(name, later=None, roles=(), **attributes):
    domain = attributes.pop("domain_id", "default")
    return Member(
        name,
        "user",
        "users",
        {"name": name, "password": PASSWORDS[name], "domain_id": domain, **attributes},
        later=later,
        roles=roles,
    )


def project(name, **attributes):
    return Member(name, "project", "projects", {"name": name, **attributes})


def app_cred(name, by="rec-alice@rec-alpha", **attributes):
    return Member(
        name, "application_credential", "users/{rec-alice}/application_credentials", {"name": name, **attributes}, by
    )


def trust(name, trustor="rec-alice", trustee="rec-bob", project="rec-alpha", roles=("member",), **attributes):
    make = {
        "trustor_user_id": f"{{{trustor}}}",
        "trustee_user_id": f"{{{trustee}}}",
        "project_id": f"{{{project}}}",
        "roles": [{"name": role} for role in roles],
        **attributes,
    }
    return Member(name, "trust", "OS-TRUST/trusts", make, f"{trustor}@{project}")


AT_START = (
    project("rec-alpha"),
    project("rec-beta"),
    Member("rec-dom", "domain", "domains", {"name": "rec-dom", "description": "a domain"}),
    user("rec-alice", roles=(("member", "projects/{rec-alpha}"),)),
    user("rec-bob", roles=(("reader", "projects/{rec-alpha}"),)),
    user("rec-carol", default_project_id="{rec-alpha}", roles=(("member", "projects/{rec-alpha}"),)),
    user("rec-dana", domain_id="{rec-dom}", roles=(("admin", "domains/{rec-dom}"),)),
    Member("rec-group", "group", "groups", {"name": "rec-group", "domain_id": "default"}),
)
LATER = (
    project("rec-par", description="p"),
    project("rec-child", parent_id="{rec-par}"),
    Member("rec-op", "role", "roles", {"name": "rec-op"}),
    user("rec-erin", later={"name": "rec-erin2", "email": "new@x.org"}, description="d", email="e@x.org"),
    Member("rec-dom2", "domain", "domains", {"name": "rec-dom2", "description": "x"}),
    Member("rec-g2", "group", "groups", {"name": "rec-g2", "description": "dd"}),
    Member("rec-min", "user", "users", {"name": "rec-min"}),
    Member(
        "RegionTwo", "region", "regions", {"id": "RegionTwo", "description": "two", "parent_region_id": "RegionOne"}
    ),
    Member("RegionThree", "region", "regions", {"id": "RegionThree", "description": "three"}),
    Member("svc.compute", "service", "services", {"type": "compute", "name": "nova"}),
    Member(
        "ep.nova",
        "endpoint",
        "endpoints",
        {
            "service_id": "{svc.compute}",
            "interface": "public",
            "region_id": "RegionOne",
            "url": "http://127.0.0.1:8774/v2.1/$(project_id)s",
        },
    ),
    Member(
        "ep.nova2",
        "endpoint",
        "endpoints",
        {
            "service_id": "{svc.compute}",
            "interface": "internal",
            "region": "RegionAuto",
            "url": "http://127.0.0.1:8774/v2.1",
        },
    ),
    Member(
        "ec2", "credential", "users/{rec-alice}/credentials/OS-EC2", {"tenant_id": "{rec-alpha}"}, "rec-alice@rec-alpha"
    ),
    Member(
        "totp",
        "credential",
        "credentials",
        {"type": "totp", "blob": "ONSWG4TFOQYTMNZQ", "user_id": "{rec-alice}"},
        "rec-alice@rec-alpha",
    ),
    app_cred("ci", description="for CI"),
    app_cred("ci2", secret="s3cret", roles=[{"name": "reader"}], expires_at="{in:7200}"),
    app_cred("ci5", by="rec-alice"),
    app_cred("ci9", access_rules=[{"service": "compute", "method": "GET", "path": "/v2.1/servers"}]),
    trust("trust", impersonation=True),
    trust("trust1", impersonation=False, remaining_uses=1),
    project("rec-exp"),
    user("rec-exp-alice", roles=(("member", "projects/{rec-exp}"),)),
    user("rec-exp-bob"),
    Member(
        "short",
        "application_credential",
        "users/{rec-exp-alice}/application_credentials",
        {"name": "short", "secret": "s", "expires_at": "{in:2}"},
        "rec-exp-alice@rec-exp",
    ),
    trust(
        "exp-trust",
        "rec-exp-alice",
        "rec-exp-bob",
        "rec-exp",
        roles=("member", "reader"),
        impersonation=True,
        expires_at="{in:4}",
    ),
)
MEMBERS = {member.name: member for member in (*AT_START, *LATER)}
LOGINS = {  # who may log in where: label → (user, scope)
    "admin": ("admin", {"project": {"name": "admin", "domain": {"id": "default"}}}),
    "admin@system": ("admin", {"system": {"all": True}}),
    "admin@": ("admin", "unscoped"),
    **{f"{name}@rec-alpha": (name, ALPHA) for name in ("rec-alice", "rec-bob", "rec-carol")},
    **{f"{name}": (name, "unscoped") for name in ("rec-alice", "rec-bob", "rec-carol", "rec-dana")},
    **{
        f"{name}@rec-beta": (name, {"project": {"name": "rec-beta", "domain": {"id": "default"}}})
        for name in ("rec-alice", "rec-bob")
    },
    "rec-dana@rec-dom": ("rec-dana", {"domain": {"name": "rec-dom"}}),
    "rec-exp-alice@rec-exp": ("rec-exp-alice", {"project": {"name": "rec-exp", "domain": {"id": "default"}}}),
    "rec-exp-alice": ("rec-exp-alice", "unscoped"),
    "rec-exp-bob": ("rec-exp-bob", "unscoped"),
}
