"""Everything that was asked of the real Keystone (30.0.0, SQLite, Fernet) is asked of ours, and the answers are compared.

Equal means: status, the headers that are facts, JSON key paths and types, and values but for ids, times and secrets.
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
    """One line per exchange that is not equal."""
    lines = []
    for exchange, ours in replayed(json.loads(path.read_text())):
        theirs = exchange["answer"]
        for part in ("status", "headers", "body"):
            if ours[part] != theirs[part]:
                what = f"{path.stem}/{exchange['name']}: {exchange.get('by')} {exchange['method']} {exchange['path']} {part}"
                lines.append(f"{what}\n    real {text(theirs[part])}\n    ours {text(ours[part])}")
                break
    return lines


def text(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)[:1500]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_our_keystone_answers_as_the_real_one_did(path):
    found = differences(path)
    assert not found, f"{len(found)} answers differ:\n" + "\n".join(found[:20])
