"""Where a token shall hold: unscoped, a project, a domain, the system, or what a trust says.

A scope is looked up before the password is, and a scope that does not exist answers exactly like a wrong password.
Source: auth/core.py, AuthInfo.
"""

from dataclasses import dataclass

from labkit.openstack.errors import BadRequest, Expecting, NotFound, Unauthorized
from labkit.openstack.keystone import assignments, domains, login, projects, trusts, users

KINDS = ("project", "domain", "unscoped", "system", "OS-TRUST:trust")


@dataclass(frozen=True)
class Scope:
    """At most one of system ('all'), project_id and domain_id; `trust` besides project_id; `chosen` when the client
    named any."""

    project_id: str | None = None
    domain_id: str | None = None
    system: str | None = None
    trust: dict | None = None
    chosen: bool = True


NOT_CHOSEN = Scope(chosen=False)


def wanted(ks, demand):
    """The scope that a request asks for. Raises BadRequest, Unauthorized."""
    if "application_credential" in demand["identity"]["methods"]:
        if "scope" in demand:
            raise Unauthorized(
                "an application credential has its scope already",
                message="Error authenticating with application credential: Application credentials cannot request a "
                "scope.",
                identity={},
            )
        ref = login.named_credential(ks, demand["identity"]["application_credential"])
        return Scope(project_id=ref["project_id"])
    if "scope" not in demand:
        return NOT_CHOSEN
    asked = demand["scope"]
    if sum(kind in asked for kind in KINDS) != 1 or (isinstance(asked, str) and "unscoped" not in asked):
        raise Expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    return looked_up(ks, asked)


def looked_up(ks, asked):
    """A scope document with exactly one kind."""
    if "unscoped" in asked:
        return Scope()
    if "system" in asked:
        return Scope(system="all")
    if "project" in asked:
        return Scope(project_id=named_project(ks, asked["project"])["id"])
    if "domain" in asked:
        return Scope(domain_id=login.named_domain(ks, asked["domain"])["id"])
    return of_trust(ks, asked["OS-TRUST:trust"])


def named_project(ks, named):
    """The enabled project in an enabled domain that {"id"} or {"name", "domain"} means; remembered while nobody
    writes.
    """
    there = named.get("domain", {})
    key = ("named project", named.get("id"), named.get("name"), "domain" in named, there.get("id"), there.get("name"))
    return ks.db.memo(key, lambda: find_project(ks, named))


def find_project(ks, named):
    if named.get("name"):
        if "domain" not in named:
            raise Expecting("domain", "project")
        project = projects.by_name(ks.db, named["name"], login.named_domain(ks, named["domain"])["id"])
    else:
        project = projects.find(ks.db, named.get("id"))
    if project is None or not project.get("domain_id") or not project["enabled"]:
        raise Unauthorized("no such project, or disabled")
    login.named_domain(ks, {"id": project["domain_id"]})
    return project


def of_trust(ks, named):
    """The project of a trust; a trust that is gone, over or used up is a plain 401."""
    if not named.get("id"):
        raise Expecting("trust_id", "trust")
    try:
        trust = trusts.usable(ks, named["id"])
    except NotFound:
        raise Unauthorized("no such trust, or over") from None
    if trust["project_id"] is not None:
        named_project(ks, {"id": trust["project_id"]})
    return Scope(project_id=trust["project_id"], trust=trust)


def default(ks, user_id):
    """Without a wish: the user's default project if he has a role there and it is enabled, else unscoped."""
    project_id = users.find(ks.db, user_id).get("default_project_id")
    project = projects.find(ks.db, project_id) if project_id else None
    domain = domains.find(ks.db, project["domain_id"]) if project and project.get("domain_id") else None
    usable = domain and project["enabled"] and domain["enabled"]
    if usable and assignments.effective_roles(ks.db, user_id, project_id=project_id):
        return Scope(project_id=project_id)
    return Scope()


def check_named(demand):
    """What the schema cannot say: who and where need an id or a name. Raises BadRequest."""
    scope = demand.get("scope")
    scope = scope if isinstance(scope, dict) else {}
    for path, there in (("identity/password/user", demand["identity"].get("password", {}).get("user")),
                        ("scope/project", scope.get("project")), ("scope/domain", scope.get("domain"))):
        need_name(path, there)
        if path != "scope/domain" and there is not None:
            need_name(f"{path}/domain", there.get("domain"))


def need_name(path, there):
    if there is not None and "id" not in there and "name" not in there:
        raise BadRequest(f"Invalid input for field {path}: id or name must be present.")
