"""Revocation: the list of what is no longer believed, though its seal is good and its time has not come.

A token cannot be recalled from whoever bears it, so Keystone notes an event ("tokens of this user that were issued
before …") and compares every token with the list. Times are whole seconds, on both sides: a token issued *in the same
second* as the event dies too. Source of the behaviour: revoke/core.py and models/revoke_model.py.
"""

from labkit.openstack.errors import BadRequest
from labkit.openstack.keystone import tokens
from labkit.openstack.keystone.web import route

SCHEMA = """
CREATE TABLE IF NOT EXISTS revocation_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, attribute TEXT NOT NULL, value TEXT NOT NULL,
    issued_before INTEGER NOT NULL, revoked_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS revocation_event_value ON revocation_event (attribute, value, issued_before);
"""
SHOWN_AS = {"trust_id": "OS-TRUST:trust_id"}
KEPT_S = 1800   # events stay this long after the last token that they can concern is over ([revoke] expiration_buffer)


def revoke(ks, attribute, value):
    """Note that all tokens with this attribute that were issued up to this second are void."""
    now_s = int(ks.now_s())
    ks.db.run("DELETE FROM revocation_event WHERE revoked_at < ?", (now_s - ks.token_s - KEPT_S,))
    ks.db.run("INSERT INTO revocation_event (attribute, value, issued_before, revoked_at) VALUES (?, ?, ?, ?)",
              (attribute, value, now_s, now_s))
    ks.note("revoke", **{attribute: value})


def by_user(ks, user_id):
    """All tokens of a user: after disabling, deleting, or a new password. Enabling again does not bring them back."""
    revoke(ks, "user_id", user_id)


def by_project(ks, project_id):
    """All tokens of a deleted project. (Disabling one needs no event: validation sees it, and enabling revives them.)
    """
    revoke(ks, "project_id", project_id)


def by_trust(ks, trust_id):
    """All tokens made from a deleted trust."""
    revoke(ks, "trust_id", trust_id)


def by_token(ks, token, chain=True):
    """One token, and with `chain` those that were made from it (not the one that it was made from)."""
    revoke(ks, "audit_id", token.audit_id)
    if chain:
        revoke(ks, "audit_chain_id", token.audit_id)


def is_revoked(db, auth):
    """Does any event concern this token?"""
    token, trust = auth.token, auth.trust or {}
    wanted = [("user_id", token.user_id), ("audit_id", token.audit_id), ("audit_chain_id", token.parent_audit_id),
              ("project_id", token.project_id), ("trust_id", token.trust_id), ("user_id", trust.get("trustor_user_id"))]
    return any(db.one("SELECT 1 FROM revocation_event WHERE attribute = ? AND value = ? AND issued_before >= ?",
                      (attribute, value, token.issued_at)) for attribute, value in wanted if value)


@route("GET", "/v3/OS-REVOKE/events", rule="identity:list_revoke_events")
def list_events(ks, request):
    """GET /v3/OS-REVOKE/events[?since=time]: what services that cache tokens would have to know."""
    since = request.query.get("since")
    try:
        since_s = tokens.epoch(since) if since else 0
    except (ValueError, OverflowError):
        raise BadRequest(f"invalidate date format {since}") from None
    rows = ks.db.all("SELECT * FROM revocation_event WHERE revoked_at >= ? ORDER BY id", (since_s,))
    links = {"next": None, "self": request.link("OS-REVOKE/events"), "previous": None}
    return {"events": [shown(row) for row in rows], "links": links}


def shown(row):
    return {SHOWN_AS.get(row["attribute"], row["attribute"]): row["value"],
            "issued_before": tokens.time_text(row["issued_before"]), "revoked_at": tokens.time_text(row["revoked_at"])}
