"""Only plain values travel between judge and artefact."""

import enum
import json
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.lab.values import NotPlain, plain

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_plain_values_travel_unchanged(value):
    assert plain(value) == value == json.loads(json.dumps(plain(value)))


def test_what_is_almost_plain_becomes_plain():
    class Name(str):
        pass

    class Level(enum.IntEnum):
        HIGH = 3

    assert plain((HTTPStatus.OK, {"a": (1, 2)})) == [200, {"a": [1, 2]}]
    assert type(plain(Name("x"))) is str and type(plain(Level.HIGH)) is int


loop: list = []
loop.append(loop)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "is nan"),
        (float("-inf"), "is -inf"),
        (10**40, "more than 20 digits"),
        (loop, "contain itself"),
        ({1, 2}, "use a sorted list instead"),
        (b"x", "use text instead"),
        ({1: 2}, "has the key 1; keys must be text"),
        (len, "did you forget to call it"),
        (object(), "use None, numbers, text, lists and dicts"),
        ([0] * 10_001, "more than 10000 items"),
        ("x" * 200_001, "more than 200000 characters"),
        ([[{"a": {2}}]], "a set"),
    ],
)
def test_what_is_not_plain_is_refused_with_a_reason(value, why):
    with pytest.raises(NotPlain, match="what you returned") as error:
        plain(value, "what you returned")
    assert why in str(error.value)


def test_an_object_that_lies_about_equality_or_text_does_not_travel():
    class Liar:
        def __eq__(self, other):
            return True

        __hash__ = None

    with pytest.raises(NotPlain):
        plain([Liar()])
