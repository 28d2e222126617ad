"""Q5.T1, the situations: short stories of requests at one service, while tokens run out, are revoked, and Keystone
stops.

A story is data: {"tokens": {token: what Keystone knows}, "events": [{"at_s", "do": "request", "method", "path",
"headers"} | {"at_s", "do": "revoke", "token"} | {"at_s", "do": "stop"} | {"at_s", "do": "start"}]}. Times are seconds.
Every seed draws people, times and forged values anew; what must happen follows from the story, never from a list of
answers.
"""

from labkit.lab.task import Scenario
from labkit.lab.tasks.q5_middleware_story import ALSO, FORGED, PEOPLE, PROJECTS, Draw, event, owner, request


def strangers(draw):
    """Family 'who are you?': requests without a valid token."""
    who, at = draw.pick(PEOPLE), draw.whole(0, 900)
    token, known = f"token-of-{who}", {f"token-of-{who}": owner(who, draw.pick(PROJECTS), expires_at_s=1000)}
    late = draw.whole(1, 500)
    yield "a request without any token", known, [request(at)]
    yield "a token that Keystone never issued", known, [request(at, "token-of-nobody")]
    yield f"{who}'s token ran out {late} s ago", known, [request(1000 + late, token)]
    yield (
        f"{who}'s token was revoked before its first use",
        known,
        [event(at, "revoke", token=token), request(at + 1, token)],
    )
    yield "a request whose token is an empty text", known, [request(at, **{"X-Auth-Token": ""})]
    yield (
        f"{who}'s token works, then runs out a little later",
        known,
        [request(1000 - late // 5 - 1, token), request(1001, token)],
    )
    yield (
        "good and bad requests in turn",
        known,
        [request(10, token), request(20), request(30, "token-of-nobody"), request(40, token)],
    )
    yield (
        f"{who}'s token is revoked and used again after the verdict is old",
        known,
        [request(5, token), event(10, "revoke", token=token), request(5 + 301 + late, token)],
    )


def forgers(draw):
    """Family 'forged headers': clients that claim to be somebody else."""
    for number, claimed in enumerate(FORGED):
        who, spelled = draw.pick(PEOPLE), draw.pick((str, str, str.lower, str.upper))
        forged = (
            {spelled(name): value for name, value in claimed.items()} | {draw.pick(ALSO): "root"} if number else claimed
        )
        token, known = f"token-of-{who}", {f"token-of-{who}": owner(who, draw.pick(PROJECTS), roles=("reader",))}
        claim = ", ".join(f"{name}: {value}" for name, value in forged.items())
        if number % 4 == 3:
            yield f"no token, but a header says {claim}", known, [request(1, **forged)]
        elif number % 2:
            yield (
                f"{who} (reader) claims {claim} on the second request",
                known,
                [request(1, token), request(draw.whole(2, 299), token, **forged)],
            )
        else:
            yield f"{who} (reader) claims {claim}", known, [request(1, token, **forged)]


def regulars(draw):
    """Family 'cache': the same tokens again and again."""
    who, other = draw.pick(PEOPLE[:3]), draw.pick(PEOPLE[3:])
    one, two = f"token-of-{who}", f"token-of-{other}"
    known = {one: owner(who, "shop"), two: owner(other, "lab", roles=("reader",))}
    start, gap, later = draw.whole(0, 500), draw.whole(1, 290), draw.whole(302, 900)
    short = {one: owner(who, "shop", expires_at_s=start + gap)}
    yield f"{who} asks twice within {gap} s", known, [request(start, one), request(start + gap, one)]
    yield f"{who} asks again after {later} s", known, [request(start, one), request(start + later, one)]
    yield f"{who} and {other} ask in turn", known, [request(start + i, (one, two)[i % 2]) for i in range(4)]
    yield (
        f"{who}'s token runs out {gap} s after its first use",
        short,
        [request(start, one), request(start + gap + 2, one)],
    )
    yield (
        f"{who} asks every minute for a quarter of an hour",
        known,
        [request(start + 60.5 * i, one) for i in range(15)],
    )
    yield (
        f"{who}'s token is revoked, the verdict is {later} s old",
        known,
        [request(start, one), event(start + 1, "revoke", token=one), request(start + later, one)],
    )
    yield (
        f"{who} asks every 100 s; the token is revoked after the first time",
        known,
        [request(start, one), event(start + 1, "revoke", token=one)]
        + [request(start + 101 * i, one) for i in range(1, 6)],
    )
    both = [request(start, one), request(start, two), event(start + 1, "revoke", token=two)]
    yield (
        f"{other}'s token is revoked, {who}'s is not",
        known,
        [*both, request(start + later, two), request(start + later, one)],
    )


def outages(draw):
    """Family 'Keystone down': Keystone is stopped, the service is not."""
    who, other = draw.pick(PEOPLE[:3]), draw.pick(PEOPLE[3:])
    one, two = f"token-of-{who}", f"token-of-{other}"
    known = {one: owner(who, "shop"), two: owner(other, "lab")}
    start, gap, later = draw.whole(0, 300), draw.whole(1, 290), draw.whole(302, 900)
    forged = draw.pick(FORGED)
    yield f"Keystone is stopped; {who}'s first request", known, [event(start, "stop"), request(start + 1, one)]
    yield "Keystone is stopped; a request without token", known, [event(start, "stop"), request(start + 1)]
    yield (
        f"Keystone stops after {who}'s first request; the next comes {gap} s later",
        known,
        [request(start, one), event(start + 0.5, "stop"), request(start + gap, one)],
    )
    yield (
        f"Keystone stops after {who}'s first request; the next comes {later} s later",
        known,
        [request(start, one), event(start + 0.5, "stop"), request(start + later, one)],
    )
    yield (
        f"Keystone is stopped; {who} is known here, {other} is not",
        known,
        [request(start, one), event(start + 0.5, "stop"), request(start + 2, two), request(start + 3, one)],
    )
    yield (
        "Keystone is stopped; a stranger claims an identity",
        known,
        [event(start, "stop"), request(start + 1, "token-of-nobody", **forged)],
    )
    back = [event(start, "stop"), request(start + 1, one), event(start + 60, "start")]
    yield (
        f"Keystone stops and comes back; {who} asks three times",
        known,
        [*back, request(start + 61, one), request(start + 62, one)],
    )
    script = [request(start + 60.5 * i, one) for i in range(10)]
    yield (
        f"{who}'s script asks every minute, Keystone stops after the third time",
        known,
        [*script[:3], event(start + 125, "stop"), *script[3:]],
    )


def scopes(draw):
    """Family 'scope and services': tokens that are valid but small, and services that speak for a user."""
    who, at, number = draw.pick(PEOPLE), draw.whole(0, 900), draw.whole(10, 99)
    token = f"token-of-{who}"
    known, unscoped = {token: owner(who, "shop", roles=("reader",))}, {token: owner(who, None, roles=())}
    yield f"{who} (reader) deletes server {number}", known, [request(at, token, "DELETE", f"/v2.1/servers/{number}")]
    yield f"{who} asks with an unscoped token", unscoped, [request(at, token)]
    yield (
        f"{who} (project shop) asks for a server of project bank",
        known,
        [request(at, token, path="/v2.1/servers/bank-1")],
    )
    yield from helpers(draw, who, at)


def helpers(draw, who, at):
    """The second half of that family: a service passes a user's request on and shows its own token, X-Service-Token."""
    token, nova, liar, late = f"token-of-{who}", "token-of-nova", "token-of-liar", draw.whole(1, 900)
    known = {
        token: owner(who, "shop", roles=("reader",)),
        liar: owner("liar", "shop", expires_at_s=9000),
        nova: owner("nova", "service", roles=("service",), expires_at_s=9000),
    }
    tired = known | {nova: owner("nova", "service", roles=("service",), expires_at_s=3500)}
    yield (
        "nova speaks for a user and shows its own token",
        known,
        [request(at, token, "POST", "/v2.0/ports", **{"X-Service-Token": nova})],
    )
    yield (
        f"{who}'s token ran out {late} s ago during a long boot; nova shows its service token",
        known,
        [request(3600 + late, token, "POST", "/v2.0/ports", **{"X-Service-Token": nova})],
    )
    yield (
        f"{who}'s token ran out; somebody without the service role shows a 'service token'",
        known,
        [request(3600 + late, token, **{"X-Service-Token": liar})],
    )
    yield (
        f"{who}'s token ran out, and nova's service token did so, too, after its first use",
        tired,
        [
            request(3499, token, **{"X-Service-Token": nova}),
            request(3600 + late % 190, token, **{"X-Service-Token": nova}),
        ],
    )
    yield (
        f"{who}'s token is good, nova's service token ran out",
        tired,
        [request(3501 + late % 90, token, **{"X-Service-Token": nova})],
    )
    yield (
        "a valid user token with an unknown service token",
        known,
        [request(at, token, **{"X-Service-Token": "token-of-nobody"})],
    )
    yield (
        f"{who}'s old token with a service token, then without",
        known,
        [request(3600 + late, token, **{"X-Service-Token": nova}), request(3601 + late, token)],
    )


FAMILIES = {
    "who are you?": strangers,
    "forged headers": forgers,
    "cache": regulars,
    "Keystone down": outages,
    "scope and services": scopes,
}


def scenarios(seed):
    """Forty-two stories for this seed, the shortest first."""
    draw = Draw(seed)
    told = [(family, *story) for family, tell in FAMILIES.items() for story in tell(draw)]
    told.sort(key=lambda story: len(story[-1]))
    return [
        Scenario(family, seed * 100 + number, title, {"tokens": tokens, "events": events})
        for number, (family, title, tokens, events) in enumerate(told)
    ]
