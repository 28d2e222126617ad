"""What cannot be changed travels without a copy; whatever can be changed is copied."""

import json

import pytest

from labkit.world import World
from labkit.world.fixed import Fixed


def test_a_fixed_dict_cannot_be_changed_at_any_depth():
    spec = Fixed({"memory_mib": 2048, "networks": ["lan"], "cpu": {"shares": 4}})
    for change in (
        lambda: spec.update(memory_mib=1),
        lambda: spec.__setitem__("memory_mib", 1),
        lambda: spec["cpu"].pop("shares"),
        lambda: spec["networks"].append("wan"),
        lambda: spec.__ior__({"x": 1}),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()
    assert spec == {"memory_mib": 2048, "networks": ("lan",), "cpu": {"shares": 4}}


def test_what_is_not_json_is_refused():
    for value in (object(), {1, 2}, b"x"):
        with pytest.raises(TypeError):
            Fixed({"value": value})
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON"):
            Fixed({"value": value})


def test_equal_ones_are_the_same_key():
    assert hash(Fixed({"a": 1, "b": [2]})) == hash(Fixed({"b": [2], "a": 1.0}))
    assert len({Fixed({"a": 1}), Fixed({"a": 1.0}), Fixed({"a": 2})}) == 2


def test_it_reaches_the_receiver_itself_and_the_trace_as_json():
    world, heard = World(seed=1), []
    world.node("a")
    world.node("b", serve=lambda message: heard.append(message.detail))
    spec, other = Fixed({"size": [1, 2]}), {"size": [1, 2]}
    world.cast("a", "b", "vim", "orders", spec=spec, other=other)
    world.run()
    assert heard[0]["spec"] is spec
    assert heard[0]["other"] == other and heard[0]["other"] is not other
    assert json.loads(world.trace.dumps().splitlines()[0])["detail"]["spec"] == {"size": [1, 2]}
    assert world.fork().trace.digest() == world.trace.digest()
