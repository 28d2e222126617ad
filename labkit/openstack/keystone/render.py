"""The body of a token's answer: everything that the few bytes of a Fernet token stand for, looked up now.

Key by key as common/render_token.py of real Keystone: an unscoped token has no roles, no catalog, no project;
`is_domain` only with a project.
"""

from labkit.openstack.keystone import catalog, domains, passwords, tokens


def token_body(ks, auth, with_catalog=True):
    """{"token": {…}} for an Auth."""
    token = auth.token
    body = {
        "methods": list(token.methods),
        "user": person(ks, auth),
        "audit_ids": list(token.audit_ids),
        "expires_at": tokens.time_text(token.expires_at),
        "issued_at": tokens.time_text(token.issued_at),
        **scope(auth),
    }
    if with_catalog and (token.project_id or token.domain_id or token.system or token.trust_id):
        body["catalog"] = service_catalog(ks, auth)
    if auth.app_cred:
        body["application_credential"] = credential(auth.app_cred)
    return {"token": body}


def person(ks, auth):
    """The user that the bearer is, or acts as."""
    def make():
        domain = domains.find(ks.db, auth.actor["domain_id"])
        return {"domain": name_of(domain), "id": auth.actor["id"], "name": auth.actor["name"],
                "password_expires_at": passwords.expires_at(ks.db, auth.actor["id"])}
    return ks.db.memo(("person", auth.actor["id"]), make)


def scope(auth):
    """What the token is scoped to, and the roles there."""
    if auth.token.system:
        return {"roles": auth.roles_refs, "system": {"all": True}}
    if auth.domain:
        return {"domain": name_of(auth.domain), "roles": auth.roles_refs}
    if auth.trust:
        return {"OS-TRUST:trust": trust(auth.trust), **place(auth), "roles": auth.roles_refs}
    if auth.project:
        return {**place(auth), "is_domain": bool(auth.project.get("is_domain")), "roles": auth.roles_refs}
    return {}


def place(auth):
    project_domain = auth.project_domain or auth.project
    return {"project": {"domain": name_of(project_domain), **name_of(auth.project)}}


def trust(ref):
    return {
        "id": ref["id"],
        "trustor_user": {"id": ref["trustor_user_id"]},
        "trustee_user": {"id": ref["trustee_user_id"]},
        "impersonation": ref["impersonation"],
    }


def credential(ref):
    shown = {"id": ref["id"], "name": ref["name"], "restricted": not ref["unrestricted"]}
    return {**shown, "access_rules": ref["access_rules"]} if ref.get("access_rules") else shown


def name_of(ref):
    return {"id": ref["id"], "name": ref["name"]}


def service_catalog(ks, auth):
    """Where the services are, for this scope; with a trust, as the trustor would see it."""
    user_id = auth.trust["trustor_user_id"] if auth.trust else auth.user["id"]
    return ks.db.memo(("catalog", user_id, auth.project_id), lambda: catalog.build(ks.db, user_id, auth.project_id))
