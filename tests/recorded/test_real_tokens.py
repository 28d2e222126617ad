"""Tokens of ours opened by the real Keystone's formatter and the other way round: opt-in (`pytest -m real`).

LABKIT_KEYSTONE names a virtual environment with Keystone 30.0.0; else one is made in the cache folder.
"""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.openstack.keystone import KeyRepository, tokens
from labkit.world import World
from tests.tempest.environment import environment

USER, PROJECT, OTHER = "1" * 31 + "a", "2" * 31 + "b", "3" * 31 + "c"
AUDITS = ("gsQyqHtTSraDAAIwbWOScQ", "M1AkeKezRJCEVhqlFVxUEg")
KINDS = {
    "unscoped": {},
    "domain": {"domain_id": OTHER},
    "project": {"project_id": PROJECT},
    "system": {"system": "all"},
    "trust": {"project_id": PROJECT, "trust_id": OTHER},
    "application credential": {"project_id": PROJECT, "app_cred_id": OTHER},
}
UNTIL = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def ours(kind):
    return tokens.Token(USER, ("password",), AUDITS, UNTIL.timestamp(), 1_900_000_000, **KINDS[kind])


@pytest.mark.real
def test_both_read_each_other(tmp_path):
    python = environment("keystone-30", ("keystone==30.0.0", "waitress"), "LABKIT_KEYSTONE") / "python"
    keys = KeyRepository(World(3), folder=tmp_path / "keys")
    made = [keys.seal(tokens.pack(ours(kind)), 1_900_000_000, bytes(range(16))) for kind in KINDS]
    wanted = [
        {
            "kind": kind,
            "user_id": USER,
            "methods": ["password"],
            "audit_ids": list(AUDITS),
            "expires_at": f"{UNTIL:%Y-%m-%dT%H:%M:%S}.000000Z",
            **scope,
        }
        for kind, scope in KINDS.items()
    ]
    done = subprocess.run(
        [python, Path(__file__).with_name("real_tokens.py"), tmp_path / "keys"],
        input=json.dumps({"open": made, "seal": wanted}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    for kind, opened, sealed in zip(KINDS, answer["opened"], answer["sealed"], strict=True):
        assert (opened["user_id"], opened["methods"], tuple(opened["audit_ids"])) == (USER, ["password"], AUDITS)
        assert (
            opened["expires_at"] == "2030-01-02T03:04:05.000000Z"
            and {name: opened.get(name) for name in KINDS[kind]} == KINDS[kind]
        )
        payload, issued_at = keys.open(sealed)
        mine = tokens.unpack(payload, issued_at)
        assert mine == tokens.Token(USER, ("password",), AUDITS, UNTIL.timestamp(), issued_at, **KINDS[kind])
        assert len(sealed) == len(made[list(KINDS).index(kind)])
