"""Everything that was asked of the real Keystone (30.0.0, SQLite, Fernet) is asked of ours, and the answers are
compared.

Equal means: status, the headers that are facts, JSON key paths and types, and values but for ids, times and secrets.
Left out of the flows: what ours does not have (federation, OAuth 1, configuration per domain), answers that change
from run to run (which items a limit lets through), a 413 (the real one's size limit lies in front of it and answers
without a request id), and what only the real one's cache explains (a trust's last token that is good although the trust
is used up). Where the real one breaks (500), ours must refuse in order.
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from labkit.openstack.keystone import Keystone
from labkit.world import World
from tests.recorded import flow as flows

ORIGIN = "http://127.0.0.1:5002"
FILES = sorted((Path(__file__).parent / "keystone").glob("*.json"))


def replayed(flow, seed=1):
    """Play a flow on a fresh Keystone of ours; yields (exchange, our answer)."""
    world = World(seed)
    keystone = Keystone(world, admin_password="labadmin", url=ORIGIN, token_s=flow.get("token_s", 3600))

    def send(method, path, headers, body):
        response = keystone.request(method, path, headers, body)
        return response.status, dict(response.headers), "" if method == "HEAD" else response.body.decode()

    def moment(s):
        return (world.utcnow() + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def wait(s):
        world.advance_to(world.now + s)

    world.advance_to(0.25)
    yield from flows.play(flow, send, wait, moment, ORIGIN)


def differences(path):
    """One line per value that is not equal. Where the real one broke (500), ours must refuse in order."""
    lines = []
    for exchange, ours in replayed(json.loads(path.read_text())):
        theirs = exchange.get("answer")
        if theirs is None:
            continue
        if theirs["status"] >= 500:
            found = [] if ours["status"] < 500 else [("status", "4xx", ours["status"])]
        else:
            found = list(unequal(theirs, ours))
        if found:
            caller = exchange.get("by") or "nobody"
            where = f"{path.stem}/{exchange['name']}: {caller} {exchange['method']} {exchange['path']}"
            lines.append(
                where + "".join(f"\n    {at}: real {text(real)}, ours {text(mine)}" for at, real, mine in found[:4])
            )
    return lines


def unequal(real, ours, at=""):
    """(path, real value, our value) wherever two answers differ; the first level's status decides alone."""
    if isinstance(real, dict) and isinstance(ours, dict):
        if "status" in real and real["status"] != ours["status"]:
            yield "status", real["status"], f"{ours['status']} {text(ours['body'])[:200]}"
            return
        for key in {**real, **ours}:
            if key not in real or key not in ours:
                yield f"{at}.{key}", real.get(key, "(absent)"), ours.get(key, "(absent)")
            else:
                yield from unequal(real[key], ours[key], f"{at}.{key}")
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for n, (one, other) in enumerate(zip(real, ours, strict=True)):
            yield from unequal(one, other, f"{at}[{n}]")
    elif real != ours:
        yield at, real, ours


def text(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)[:300]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_keystone_answers_as_the_real_one_did(path):
    found = differences(path)
    assert not found, f"{len(found)} answers differ:\n" + "\n".join(found[:20])
