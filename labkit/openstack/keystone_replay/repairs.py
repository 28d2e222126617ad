"""From the difference between two answers to the steps that would explain it: what is missing was made or granted,
what is too much is gone.

recorded: role_assignments […, alice has rec-op on beta]      ours: […]      ⇒  PUT
…/projects/beta/users/alice/roles/rec-op
"""

import json
import re

from labkit.openstack.keystone_replay.cast import MEMBERS
from labkit.openstack.keystone_replay.equal import plain
from labkit.openstack.keystone_replay.gaps import Step, appear, kind_of, request

SINGULAR = {
    "users": "user",
    "projects": "project",
    "domains": "domain",
    "groups": "group",
    "roles": "role",
    "regions": "region",
    "services": "service",
    "endpoints": "endpoint",
    "credentials": "credential",
}
SHOWN = {
    "user": ("name", "description", "email", "domain_id", "enabled"),
    "project": ("name", "description", "domain_id", "parent_id", "tags"),
    "domain": ("name", "description"),
    "group": ("name", "description", "domain_id"),
    "role": ("name", "description"),
    "region": ("id", "description", "parent_region_id"),
    "service": ("type", "name", "description"),
    "endpoint": ("service_id", "interface", "url", "region_id"),
}


def repairs(exchange, ours, stage, known, said):
    """Steps after which our answer may be the recorded one; [] if there is nothing to go by. known: {raw id: name};
    said: values that occur in the recording's own requests."""
    real = exchange.answer
    if not isinstance(real, dict) or not isinstance(ours, dict) or "error" in real:
        return []
    if "catalog" in real and "catalog" in ours:
        return of_catalog(real["catalog"], ours["catalog"], stage)
    if "token" in real and "token" in ours:
        return of_token(real["token"], ours["token"], stage, known)
    steps = []
    for key, value in real.items():
        if isinstance(value, list) and isinstance(ours.get(key), list):
            steps += of_list(exchange, key, value, ours[key], stage, known, said)
        elif isinstance(value, dict) and isinstance(ours.get(key), dict) and key in SHOWN:
            steps += of_member(key, value, ours[key], known, said)
    return steps


def difference(real, ours, stage):
    """(items only in the recording, items only in ours)."""

    def text(items, label):
        return [json.dumps(plain(item, label, stage.origin), sort_keys=True) for item in items]

    theirs, mine = text(real, stage.ids.theirs), text(ours, stage.ids.ours)
    missing, surplus = [], list(range(len(ours)))
    for n, item in enumerate(theirs):
        match = next((m for m in surplus if mine[m] == item), None)
        if match is None:
            missing.append(real[n])
        else:
            surplus.remove(match)
    return missing, [ours[m] for m in surplus]


def of_list(exchange, key, real, ours, stage, known, said):
    missing, surplus = difference(real, ours, stage)
    steps = []
    for item in missing:
        steps += missing_item(exchange, key, item, surplus, known, said)
    for item in surplus:
        steps += surplus_item(exchange, key, item, stage)
    return steps


def missing_item(exchange, key, item, surplus, known, said):
    if key == "events":
        return of_event(item, known)
    if key == "role_assignments":
        return [raw_request("PUT", item["links"]["assignment"])] if "prior_role" not in item["links"] else []
    name = known.get(item.get("id"), item.get("name") or item.get("id"))
    twin = next((other for other in surplus if other.get("name") == item.get("name") and SINGULAR.get(key)), None)
    if twin is not None:
        surplus.remove(twin)
        return of_member(SINGULAR[key], item, twin, known, said)
    path = re.sub(r"\?.*", "", exchange.path)
    if re.search(r"/(users|groups)/[^/]+/roles$", path) or re.fullmatch(r"/v3/groups/[^/]+/users", path):
        return [raw_request("PUT", f"{path}/{item['id']}")]
    found = re.fullmatch(r"/v3/users/([^/]+)/groups", path)
    if found:
        return [raw_request("PUT", f"/v3/groups/{item['id']}/users/{found[1]}")]
    candidates = [
        name,
        *(
            member.name
            for member in MEMBERS.values()
            if item.get("name") in (member.make.get("name"), (member.later or {}).get("name"))
        ),
    ]
    if any(candidate in MEMBERS for candidate in candidates):
        member = MEMBERS[next(candidate for candidate in candidates if candidate in MEMBERS)]
        later = [changed_to(member)] if member.later and item.get("name") == member.later.get("name") else []
        return [appear(member.name), *later]
    return from_shown(SINGULAR.get(key), item, known)


def changed_to(member):
    return request(
        f"{member.name} was changed", "PATCH", f"{member.path}/{{{member.name}}}", {member.kind: member.later}
    )


def from_shown(kind, item, known):
    """Something that nobody knows of but the answer: made with the attributes that it shows."""
    if kind not in SHOWN:
        return []
    body = {field: item[field] for field in SHOWN[kind] if item.get(field) is not None}
    return [
        raw_request(
            "POST",
            f"/v3/{kind}s",
            {kind: body},
            f"{kind} {item.get('name', item.get('id'))} was made as it is shown",
            item,
        )
    ]


def surplus_item(exchange, key, item, stage):
    if key == "role_assignments":
        return [own_request("DELETE", item["links"]["assignment"])] if "prior_role" not in item["links"] else []
    path = re.sub(r"\?.*", "", exchange.path)
    if re.search(r"/(users|groups)/[^/]+/roles$", path):
        return [raw_request("DELETE", path, own=f"/{item['id']}")]
    link = item.get("links", {}).get("self") if isinstance(item, dict) else None
    return [own_request("DELETE", link)] if link and key in SINGULAR else []


def of_member(kind, real, ours, known, said):
    """Attributes that differ were changed, to values that the recording or the cast knows."""
    changes = {
        field: value
        for field, value in real.items()
        if field not in ("id", "links", "options") and ours.get(field) != value
    }
    member = MEMBERS.get(known.get(real.get("id")))
    fitting = {
        field: value
        for field, value in changes.items()
        if json.dumps(value) in said or field == "enabled" or (member and (member.later or {}).get(field) == value)
    }
    if not fitting or set(fitting) != set(changes):
        return []
    return [raw_request("PATCH", f"/v3/{kind}s/{real['id']}", {kind: fitting})]


def of_token(real, ours, stage, known):
    """Other roles than ours: they were granted or taken, where the token is scoped to."""
    missing, surplus = difference(real.get("roles", []), ours.get("roles", []), stage)
    where = (
        f"projects/{real['project']['id']}"
        if "project" in real
        else f"domains/{real['domain']['id']}"
        if "domain" in real
        else "system"
    )
    if "catalog" in real and "catalog" in ours and not missing and not surplus:
        return of_catalog(real["catalog"], ours["catalog"], stage)
    granted = [raw_request("PUT", f"/v3/{where}/users/{real['user']['id']}/roles/{role['id']}") for role in missing[:1]]
    taken = [
        raw_request("DELETE", f"/v3/{where}/users/{real['user']['id']}/roles/", own=role["id"]) for role in surplus
    ]
    return granted + taken


def of_catalog(real, ours, stage):
    """Services and endpoints that the recorded catalog lacks are disabled."""
    kept = {service["type"] for service in real}
    steps = [switched_off("service", service["id"]) for service in ours if service["type"] not in kept]
    shown = [each for service in real for each in service["endpoints"]]
    offered = [each for service in ours if service["type"] in kept for each in service["endpoints"]]
    return steps + [switched_off("endpoint", each["id"]) for each in difference(shown, offered, stage)[1]]


def switched_off(kind, our_id):
    return own_request("PATCH", f"/v3/{kind}s/{our_id}", {kind: {"enabled": False}})


def of_event(item, known):
    """An event in the list of revocations: somebody's password, or somebody's token."""
    name = known.get(item.get("user_id"))
    if name and kind_of(name) == "user":
        from labkit.openstack.keystone_replay.gaps import of_user

        return [next(of_user(name))]
    return [Step("a token was revoked", revoke_any)] if "audit_id" in item else []


def revoke_any(stage):
    token = stage.login("rec-alice")
    done = token is not None and stage.send("DELETE", "/v3/auth/tokens", token, X_Subject_Token=token.text)[0] == 204
    stage.pass_time(1.0)
    return done


def raw_request(method, path, body=None, text=None, item=None, own=""):
    """A step that is a request in the recording's own ids; `item`: what it makes, as the recording shows it; `own`:
    our own end of the path."""
    path = re.sub(r"^https?://[^/]+", "", path)

    def do(stage):
        status, _, shown = stage.send(
            method,
            translated(path, stage) + own,
            stage.holder("admin"),
            json.loads(translated(json.dumps(body), stage)),
        )
        if method != "POST":
            stage.pass_time(1.0)
        if item is not None and status < 300:
            stage.ids.learn(item, next(iter(shown.values())))
        return status < 300

    return Step(text or f"{method} {path}{own}", do)


def own_request(method, path, body=None):
    """A step that is a request in our own ids."""
    path = re.sub(r"^https?://[^/]+", "", path)
    return Step(f"{method} {path}", lambda stage: stage.admin(method, path, body))


def translated(text, stage):
    """The recording's ids and secrets replaced by ours."""
    for theirs, ours in stage.ids.to_ours.items():
        text = text.replace(theirs, ours)
    return text
