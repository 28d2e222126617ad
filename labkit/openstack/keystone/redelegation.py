"""Redelegation: a trust that is made from a trust, and gives a part of what that one gives.

    trustor ──trust (may be passed on 2 times)──▶ bob ──trust (1 time)──▶ carol ──trust (0 times)──▶ dave

The first trustor's roles count, however long the chain is. Each link must be no longer, no wider and no more of a
disguise than the one before it; that is asked when it is made and at every use. Source: trust/core.py.
"""

from labkit.openstack.errors import BadRequest, Forbidden

LONGEST_CHAIN = 3  # max_redelegation_count


def require_part(parent, child):
    """What is passed on is a part of what was got: shorter, not longer, no other roles, no new impersonation. Raises
    Forbidden."""
    if not 0 < (parent["redelegation_count"] or 0) <= LONGEST_CHAIN or child["remaining_uses"] is not None:
        raise Forbidden()
    if parent["expires_at"] and child["expires_at"] and child["expires_at"] > parent["expires_at"]:
        raise Forbidden()
    if not {role["id"] for role in child["roles"]} <= {role["id"] for role in parent["roles"]}:
        raise Forbidden()
    if child["impersonation"] and not parent["impersonation"]:
        raise Forbidden()


def chained(ref, pedigree):
    """The new trust `ref` with how often it may be passed on and what it was made from.

    pedigree: the trust that its maker's token stands on and those before it, nearest first; [] for a token of his own.
    Raises BadRequest, Forbidden.
    """
    wanted = ref.get("redelegation_count")
    again = bool(ref.pop("allow_redelegation", False)) and wanted != 0
    if again and ref["remaining_uses"] is not None:
        raise BadRequest("remaining_uses must not be set if redelegation is allowed")
    if again and wanted and wanted > LONGEST_CHAIN:
        raise Forbidden()
    if not pedigree:
        return {**ref, "redelegated_trust_id": None, "redelegation_count": (wanted or LONGEST_CHAIN) if again else 0}
    left = pedigree[0]["redelegation_count"] - 1
    if again and wanted and wanted != left:
        raise Forbidden()
    ref = {**ref, "redelegated_trust_id": pedigree[0]["id"], "redelegation_count": left if again else 0}
    ref["expires_at"] = ref["expires_at"] or pedigree[0]["expires_at"]
    for parent in pedigree:
        require_part(parent, ref)
    return ref
