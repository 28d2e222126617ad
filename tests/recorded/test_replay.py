"""`labkit replay`: recordings with gaps come out equal, and a recording that was tampered with does not.

The recordings beside this file were made of our own flows on the real Keystone; every second exchange was kept back.
known.json names the exchanges that do not come out, each with its reason.
"""

import copy
import json
import random
import re
from pathlib import Path

import pytest

from labkit.openstack.keystone_replay.inference import inferred
from labkit.openstack.keystone_replay.player import Player
from labkit.openstack.keystone_replay.recording import exchanges
from labkit.replaying.command import main

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*_half.json"))
FREE = re.compile(r"[0-9a-f]{32}|\d{4}-\d\d-\d\dT|fernet|secret|audit")
WRONG = {200: 403, 201: 200, 204: 404, 400: 401, 401: 403, 403: 404, 404: 200, 405: 404, 409: 201}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_with_gaps_comes_out_equal(path, capsys):
    known = json.loads((path.parent / "known.json").read_text()).get(path.name, {})
    assert main([str(path), "--verbose"]) == (1 if known else 0), capsys.readouterr().out
    said = capsys.readouterr().out
    count = len(json.loads(path.read_text()))
    assert said.startswith(f"{path.name}: {count - len(known)} of {count} facts equal") and "assumed before" in said
    assert all(f"  {name} (exchange" in said for name in known), "another exchange than the known one is unequal"


def leaves(value, path=()):
    """(path, scalar) of everything that is neither id nor time nor secret."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif not FREE.search(f"{value} {path}"):
        yield path, value


def reach(document, path):
    for key in path:
        document = document[key]
    return document


def tampered(each, rng):
    """The same exchange with another status, with another value, and with a key that is missing."""
    other = copy.deepcopy(each)
    other["response"]["status"] = WRONG[each["response"]["status"]]
    yield "status", other
    found = list(leaves(each["response"]["body"])) if isinstance(each["response"]["body"], dict) else []
    if found:
        path, value = rng.choice(found)
        other = copy.deepcopy(each)
        changed = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"
        reach(other["response"]["body"], path[:-1])[path[-1]] = changed
        yield f"value at {path}", other
        path = rng.choice([path for path, _ in found if isinstance(path[-1], str)])
        other = copy.deepcopy(each)
        del reach(other["response"]["body"], path[:-1])[path[-1]]
        yield f"key {path}", other


def verdicts(document, rng):
    """(what was changed, was it reported?) for each exchange, played on the state before it."""
    player = Player(exchanges(document))
    for n, each in enumerate(document):
        before = player.stage.save()
        for what, other in tampered(each, rng):
            player.stage.restore(before)
            player.outcome.differences.clear()
            changed = exchanges([*document[:n], other])[n]
            player.play(changed)
            yield f"{each['name']}: {what}", bool(player.outcome.differences)
        player.stage.restore(before)
        player.play(player.played[n])


def test_nearly_every_lie_is_found():
    document = json.loads((RECORDINGS[0].parent / "roles_half.json").read_text())[:7]
    found = list(verdicts(document, random.Random(3)))
    missed = [what for what, reported in found if not reported]
    assert len(found) > 14 and len(missed) <= 0.05 * len(found), missed


def test_an_operation_is_told_from_its_name_or_said_to_be_unknown():
    meant = {name: inferred(name) for name in ("show_endpoint", "list_groups_other_domain", "frobnicate", "show_own_x")}
    assert (meant["show_endpoint"].method, meant["show_endpoint"].path) == ("GET", "/v3/endpoints/{made}")
    assert meant["list_groups_other_domain"].path == "/v3/groups?domain_id=default"
    assert meant["frobnicate"] is None and meant["show_own_x"] is None


def test_what_cannot_be_played_is_said(tmp_path, capsys):
    cases = {
        "no.json": "{",
        "other.json": '{"a": 1}',
        "corosync.json": '{"timeline": [], "stable": []}',
        "empty.json": "[]",
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text)
        assert main([str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert "is no JSON" in said and "no format that is known" in said and "no player for this format yet" in said
    assert main([str(tmp_path / "absent.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_difference_is_named(tmp_path, capsys):
    document = json.loads((RECORDINGS[0].parent / "roles_half.json").read_text())[:2]
    document[1]["response"]["status"] = 418
    (tmp_path / "one.json").write_text(json.dumps(document))
    assert main([str(tmp_path / "one.json")]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 facts equal" in said and "recorded 418, ours" in said and "exchange 2" in said
