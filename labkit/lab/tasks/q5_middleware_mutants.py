"""Q5.T1: the reference solution and the wrong ones. Every wrong one is a door-keeper with exactly one bad habit."""

from labkit.lab.task import Mutant


def middleware(request, keystone, cache, now):
    """The reference: the cache keeps what Keystone said and when; everything the service hears comes from there."""
    headers = request["headers"]

    def lookup(token, allow_expired=False):
        entry = cache.get(token)
        if entry is None or now - entry["at"] >= 300:
            said = keystone.validate(token, allow_expired) if token else None
            if said is None:
                return None
            entry = cache[token] = {"at": now, "said": said}
        return entry["said"] if allow_expired or entry["said"]["expires_at"] > now else None

    try:
        service = lookup(headers.get("X-Service-Token"))
        vouched = service is not None and "service" in service["roles"]
        user = lookup(headers.get("X-Auth-Token"), allow_expired=vouched)
    except ConnectionError:
        return 503, {}
    if user is None or ("X-Service-Token" in headers and not vouched):
        return 401, {}
    context = {"X-Identity-Status": "Confirmed", "X-User-Id": user["user_id"], "X-Roles": ",".join(user["roles"])}
    if user["project_id"]:
        context["X-Project-Id"] = user["project_id"]
    return 200, context


def altered(
    keep_s=300,
    slides=False,
    key=lambda token: token,
    heeds_expiry=True,
    old_helpers=False,
    vouches=lambda service: "service" in service["roles"],
    when_silent=(503, {}),
    refusal=401,
    finish=lambda request, user, context: (200, context),
):
    """A door-keeper with one bad habit: each argument is the place where one belief shows."""

    def wrong(request, keystone, cache, now):
        headers = request["headers"]

        def lookup(token, allow_expired=False):
            entry = cache.get(key(token))
            if entry is None or now - entry["at"] >= keep_s:
                said = keystone.validate(token, allow_expired) if token else None
                if said is None:
                    return None
                entry = cache[key(token)] = {"at": now, "said": said}
            if slides:
                entry["at"] = now
            return entry["said"] if not heeds_expiry or allow_expired or entry["said"]["expires_at"] > now else None

        try:
            helper = headers.get("X-Service-Token")
            service = lookup(helper, old_helpers) if helper else None
            vouched = service is not None and vouches(service)
            user = lookup(headers.get("X-Auth-Token"), vouched) if headers.get("X-Auth-Token") else None
        except ConnectionError:
            return when_silent
        if user is None or ("X-Service-Token" in headers and not vouched):
            return refusal, {}
        context = {"X-Identity-Status": "Confirmed", "X-User-Id": user["user_id"], "X-Roles": ",".join(user["roles"])}
        return finish(
            request, user, {**context, **({"X-Project-Id": user["project_id"]} if user["project_id"] else {})}
        )

    return wrong


def by_roles(request, user, context):
    writes = request["method"] in ("POST", "DELETE")
    return (403, {}) if writes and "member" not in user["roles"] and "service" not in user["roles"] else (200, context)


def needs_a_project(request, user, context):
    return (200, context) if user["project_id"] else (401, {})


def impatient(request, keystone, cache, now):
    """Keeps a cache for bad days only: right answers, but one validation per request."""
    fresh = {}
    answer = altered()(request, keystone, fresh, now)
    if answer[0] == 503:
        return altered()(request, keystone, cache, now)
    cache.update(fresh)
    return answer


STRIPS = (
    "X-Roles",
    "X-User-Id",
    "X-Project-Id",
    "X-Identity-Status",
    "X-Is-Admin-Project",
    "X-Role",
    "X-Tenant-Id",
    "X-User",
    "X-Service-Roles",
    "X-Service-Identity-Status",
)

MUTANTS = {
    "trusts incoming headers": Mutant(
        altered(finish=lambda r, user, context: (200, {**context, **r["headers"]})), "Q5.m8"
    ),
    "strips only headers in the usual spelling": Mutant(
        altered(
            finish=lambda r, user, context: (
                200,
                {**{k: v for k, v in r["headers"].items() if k not in STRIPS}, **context},
            )
        ),
        "Q5.m8",
    ),
    "caches for ever": Mutant(altered(keep_s=float("inf")), "Q5.m9"),
    "the cache starts anew with every use": Mutant(altered(slides=True), "Q5.m9"),
    "the cache hides that a token ran out": Mutant(altered(heeds_expiry=False), "Q5.m9"),
    "503 → let pass": Mutant(altered(when_silent=(200, {"X-Identity-Status": "Confirmed"})), "Q5.m10"),
    "401 when Keystone is down": Mutant(altered(when_silent=(401, {})), "Q5.m10"),
    "middleware decides on roles": Mutant(altered(finish=by_roles), "Q5.m1"),
    "403 for a bad token": Mutant(altered(refusal=403), "Q5.m1"),
    "asks Keystone every time": Mutant(altered(keep_s=0), "Q5.m2"),
    "asks every time while Keystone is there": Mutant(impatient),
    "one verdict for everybody": Mutant(altered(key=lambda token: "verdict"), "Q5.m5"),
    "anybody may vouch": Mutant(altered(vouches=lambda service: True)),
    "an old service token still vouches": Mutant(altered(old_helpers=True)),
    "nobody may vouch": Mutant(altered(vouches=lambda service: False), "Q5.m6"),
    "an unscoped token is no token": Mutant(altered(finish=needs_a_project)),
}
