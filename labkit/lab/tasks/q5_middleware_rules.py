"""Q5.T1, the rules: which one an answer of the middleware breaks, told in the words of the story.

status too kind: safety · status too strict: liveness · context wrong: either · asked too often: economy
"""

from labkit.lab.task import Failure
from labkit.openstack.auth_token import STRIPPED

FORGED = "nothing that a client claims about its own identity reaches the service"
LOCKED = "without a valid token nobody gets in: 401"
UNSURE = "while nobody can confirm a token it opens nothing: 503"
ROLES = "the middleware asks who you are, never what you may: 403 belongs to the service's policy"
PASS = "a valid token is passed on to the service: 200"
NOT_A_NO = "no answer from Keystone is not a 'no': 503, not 401"
WHO = "the service learns who asks: X-Identity-Status, X-User-Id, X-Project-Id and X-Roles as Keystone says"
ONCE = "Keystone is asked at most once in 300 s for a token that it confirmed"
SHAPE = "middleware returns (status, context): 200, 401, 403 or 503 and a dict"
RULES = (FORGED, LOCKED, UNSURE, ROLES, PASS, NOT_A_NO, WHO, ONCE, SHAPE)


def compare(event, true, said, keystone):
    """One answer against the rules; None when it keeps them all."""
    if not (
        isinstance(said, list)
        and len(said) == 2
        and said[0] in (200, 401, 403, 503)
        and isinstance(said[1] or {}, dict)
    ):
        return Failure("type", SHAPE, f"{story(event)} → you returned {said!r}")
    if said[0] != true[0]:
        return wrong_status(event, true[0], said[0], keystone)
    return wrong_context(event, true[1], said[1] or {}) if true[0] == 200 else None


def wrong_status(event, true, said, keystone):
    """The rule behind a wrong status."""
    token = event["headers"].get("X-Auth-Token")
    seen = [at for at, confirmed in keystone.confirmed if confirmed == token and at < event["at_s"]]
    did = f"{story(event)} → you answered {said}."
    if said == 200:
        if seen and "X-Service-Token" not in event["headers"]:
            return Failure(
                "safety", LOCKED if true == 401 else UNSURE, f"{did} {aged(event, keystone, token, seen[0])}", "Q5.m9"
            )
        if true == 503:
            return Failure(
                "safety",
                UNSURE,
                f"{did} Keystone did not answer, and this service has never seen the token before.",
                "Q5.m10",
            )
        return Failure("safety", LOCKED, f"{did} {why_bad(event, keystone)}", None)
    if said == 403:
        return Failure(
            "liveness",
            ROLES,
            f"{did} The request belongs to a {'valid' if true == 200 else 'missing, bad or unconfirmed'} token.",
            "Q5.m1",
        )
    if true == 200:
        if said == 401 and token in keystone.revoked:
            return None  # asked although the cache knew: that is a matter of thrift, not a wrong answer
        belief = "Q5.m2" if said == 503 else "Q5.m6" if "X-Service-Token" in event["headers"] else None
        return Failure("liveness", PASS, f"{did} {why_good(event, keystone)}", belief)
    if true == 503:
        return Failure(
            "liveness", NOT_A_NO, f"{did} Keystone did not answer; nobody said that the token is bad.", "Q5.m10"
        )
    return Failure("liveness", LOCKED, f"{did} {why_bad(event, keystone)} That is a clear no.", None)


def story(event):
    """The request in words."""
    headers = dict(event["headers"])
    token = headers.pop("X-Auth-Token", "") or "no token"
    more = "".join(f", {name}: {value}" for name, value in headers.items())
    return f"second {event['at_s']:g}, {event['method']} {event['path']} with {token}{more}"


def aged(event, keystone, token, first_at):
    """What has become of a token that was good once."""
    known = keystone.tokens[token]
    late = event["at_s"] - known["expires_at"]
    state = (
        "It was revoked."
        if token in keystone.revoked
        else f"It ran out {late:g} s ago."
        if late >= 0
        else "Keystone does not answer now."
    )
    return f"Keystone first confirmed this token {event['at_s'] - first_at:g} s ago. {state}"


def why_bad(event, keystone):
    """Why Keystone, or the rule about service tokens, says no."""
    token, helper = event["headers"].get("X-Auth-Token"), event["headers"].get("X-Service-Token")
    if not token:
        return "There is no token in the request."
    if token not in keystone.tokens:
        return "Keystone never issued this token."
    if token in keystone.revoked:
        return "The token was revoked."
    if helper and helper not in keystone.tokens:
        return f"Keystone never issued {helper}; somebody pretends to vouch for the request."
    if helper and "service" not in keystone.tokens[helper]["roles"]:
        return f"{helper} is no service token: its owner has no role 'service'."
    if helper and event["at_s"] >= keystone.tokens[helper]["expires_at"]:
        return f"The service token {helper} ran out {event['at_s'] - keystone.tokens[helper]['expires_at']:g} s ago."
    return f"The token ran out {event['at_s'] - keystone.tokens[token]['expires_at']:g} s ago."


def why_good(event, keystone):
    """Why the request must pass."""
    if not keystone.running:
        return "Keystone is down, but it confirmed this token less than 300 s ago."
    if event["at_s"] >= keystone.tokens[event["headers"]["X-Auth-Token"]]["expires_at"]:
        return "A service with role 'service' vouches for the request, so the user's token may have run out."
    return "Keystone says that the token is valid."


def wrong_context(event, true, said):
    """What the service would believe, against what Keystone said."""
    claims = {name.title(): value for name, value in event["headers"].items()}
    for name, value in said.items():
        told, name = true.get(name.title()), name.title()
        if name in STRIPPED and value and not same(name, value, told):
            if same(name, value, claims.get(name)):
                return Failure(
                    "safety",
                    FORGED,
                    f"{story(event)} → your context says {name}: {value}, as the client claimed.",
                    "Q5.m8",
                )
            return Failure(
                "safety",
                WHO,
                f"{story(event)} → your context says {name}: {value}, Keystone says {told or 'nothing of it'}.",
                "Q5.m5" if name in ("X-User-Id", "X-Project-Id") else None,
            )
    given = {name.title() for name, value in said.items() if value}
    missing = [
        name
        for name in ("X-Identity-Status", "X-User-Id", "X-Project-Id", "X-Roles")
        if true.get(name) and name not in given
    ]
    has = ", ".join(sorted(said)) or "nothing"
    return (
        Failure("liveness", WHO, f"{story(event)} → your context lacks {missing[0]}; it has: {has}.")
        if missing
        else None
    )


def same(name, value, told):
    """Equal headers; roles are a set, written as text with commas or as a list."""
    if name.endswith("-Roles") and told is not None:
        return as_set(value) == as_set(told)
    return value == told


def as_set(roles):
    return set(filter(None, roles.split(",")) if isinstance(roles, str) else roles if isinstance(roles, list) else [])


def thrift(confirmed):
    """Two confirmations of one token within 300 s: the second was not needed."""
    last = {}
    for at, token in confirmed:
        if at - last.get(token, float("-inf")) < 300:
            return Failure(
                "economy", ONCE, f"you had {token} confirmed at second {last[token]:g} and again at second {at:g}."
            )
        last[token] = at
    return None
