"""Reading the JSON of a request: each value of the wished type and within documented bounds, or refused (400) by name.

Whatever a client sends, it gets an answer: a body nested a thousand deep, a number of a thousand digits, a list where
an object belongs. What the real one does differently: it names the path of the value in `messages`, and knows some
hundred further fields; fields that we do not know are passed over.
"""

import json

from labkit.vsphere.rest_errors import Refused

MOST_LETTERS = 80  # of a VM's name (documented maximum)
MOST_VCPUS, MOST_MIB, MOST_DISK_GIB = 768, 24 * 1024**2, 62 * 1024  # of one VM, vSphere 8.0 (documented maxima)


def parsed(words):
    """The JSON object of a body; {} for none."""
    try:
        value = json.loads(words) if words else {}
    except (ValueError, RecursionError) as error:
        raise Refused("INVALID_REQUEST", f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refused("INVALID_REQUEST", f"the body must be a JSON object, not {shortly(value)}")
    return value


def part(body, key):
    """The object under a key; {} if there is none."""
    value = body.get(key, {})
    if not isinstance(value, dict):
        raise wrong(key, "an object", value)
    return value


def first(body, key):
    """The first object of a list; {} if there is none."""
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise wrong(key, "a list of objects", value)
    return value[0] if value else {}


def text(body, key):
    """A text that must be there."""
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise wrong(key, "a text", value)
    return value


def name(body):
    """The name of a new VM."""
    value = text(body, "name")
    if len(value) > MOST_LETTERS or not value.isprintable():
        raise wrong("name", f"at most {MOST_LETTERS} printable characters", value)
    return value


def whole(body, key, default, most):
    """A whole number from 1 to `most`."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise wrong(key, f"a whole number from 1 to {most}", value)
    return value


def flag(body, key):
    """true or false; false if it is not there."""
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise wrong(key, "true or false", value)
    return value


def wrong(key, wished, value):
    """The refusal (400) of a value."""
    return Refused("INVALID_ARGUMENT", f"{key} must be {wished}, not {shortly(value)}")


def shortly(value):
    """A value as JSON, cut to a length that fits into a sentence."""
    try:
        words = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        words = "a value too large to write"
    return words if len(words) <= 60 else f"{words[:57]}…"
