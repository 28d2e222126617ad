"""Pieces of the shapes that many resources share: names, ids, booleans, options."""

BOOLEAN = {
    "type": ["boolean", "string", "null"],
    "enum": [
        True,
        "True",
        "TRUE",
        "true",
        False,
        "False",
        "FALSE",
        "false",
        "",
        "1",
        "0",
        "y",
        "Y",
        "n",
        "N",
        "on",
        "ON",
        "off",
        "OFF",
        "yes",
        "no",
    ],
}
ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
NULLABLE_ID = {**ID, "type": ["string", "null"]}
NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]+"}
SHORT_NAME = {**NAME, "maxLength": 64}
TEXT = {"type": ["string", "null"]}
SHORT_TEXT = {"type": ["string", "null"], "maxLength": 255}
SWITCH = {"type": ["boolean", "null"], "enum": [True, False, None]}
IMMUTABLE = {"type": "object", "properties": {"immutable": SWITCH}, "additionalProperties": False}
REGION_ID = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
STRING = {"type": "string"}
ROLE_REF = {
    "type": "object",
    "properties": {"id": ID, "name": NAME},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
PAGE = {"marker": STRING, "limit": {"type": ["integer", "string"]}}
ORDER = {"sort_key": STRING, "sort_dir": {"type": "string", "enum": ["asc", "desc"]}}


def body(name, properties, required=(), optional=False, closed_outside=True, **more):
    """A request body {name: {…}}: its properties, which of them must be there, and whether the whole may be missing."""
    inner = {"type": "object", "properties": properties, **more, **({"required": list(required)} if required else {})}
    outer = {"type": "object", "properties": {name: inner}, **({} if optional else {"required": [name]})}
    return {**outer, "additionalProperties": False} if closed_outside else outer


def query(properties, closed=False):
    """A query string with these parameters; others are ignored unless `closed`."""
    return {"type": "object", "properties": properties, "additionalProperties": not closed}
