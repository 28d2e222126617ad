"""Several methods for one login: whoever shows less than his account demands gets a receipt, and returns with the rest.

    POST password ──▶ 401, Openstack-Auth-Receipt: gAAAAA…, required_auth_methods [["password", "token"]]
    POST token    ──▶ 201        (with the receipt in the header; what it vouches for counts as shown)

The demand is the user's option `multi_factor_auth_rules`: a list of lists of methods, one of which must be complete;
methods that this Keystone does not know (totp) count as shown, so that nobody is locked out for ever. A receipt is
sealed like a token, by keys of its own, and lasts five minutes. Source: auth/core.py, receipt/handlers.py.
"""

import msgpack

from labkit.openstack.errors import Unauthorized
from labkit.openstack.keystone import domains, tokens
from labkit.openstack.keystone.web import as_json

HEADER = "Openstack-Auth-Receipt"
LIFE_S = 300


def unmet(ks, request, proof):
    """The rules of which none is complete, or [] when this login is enough. What a receipt vouches for is added to
    the proof. Raises Unauthorized for a receipt that is over, somebody else's, or none at all."""
    receipt = request.header(HEADER)
    if receipt:
        proof.methods |= vouched(ks, receipt, proof.user_id)
    options = proof.user["options"]
    rules = options.get("multi_factor_auth_rules") or []
    if not options.get("multi_factor_auth_enabled", True):
        return []
    known = [wanted for wanted in (set(rule) & set(tokens.METHODS) for rule in rules) if wanted]
    return rules if known and not any(wanted <= proof.methods for wanted in known) else []


def vouched(ks, receipt, user_id):
    """The methods that a receipt of this user stands for. Raises Unauthorized."""
    try:
        user, methods, ends = msgpack.unpackb(ks.receipt_keys.open(receipt)[0])
    except ValueError:
        user, methods, ends = None, 0, 0.0
    if user != user_id or ends <= ks.now_s():
        raise Unauthorized("no such receipt", message=f"Could not find auth receipt: {receipt}.")
    return set(tokens.method_names(methods))


def answer(ks, proof, rules):
    """401 with a receipt for what was shown, and what is demanded."""
    now_s, user = int(ks.now_s()), proof.user
    shown = [method for method in tokens.METHODS if method in proof.methods]
    payload = msgpack.packb([user["id"], tokens.method_bits(shown), float(now_s + LIFE_S)])
    receipt = ks.receipt_keys.seal(payload, now_s, ks.draw.getrandbits(128).to_bytes(16, "big"))
    domain = domains.get(ks.db, user["domain_id"])
    ks.note("refuse", why="another method is demanded", user_id=user["id"])
    body = {
        "methods": shown,
        "user": {"id": user["id"], "name": user["name"], "domain": {"id": domain["id"], "name": domain["name"]}},
        "expires_at": tokens.time_text(now_s + LIFE_S),
        "issued_at": tokens.time_text(now_s),
    }
    return as_json({"receipt": body, "required_auth_methods": rules}, 401, [(HEADER, receipt)])
