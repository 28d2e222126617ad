"""JSON Schema: the shapes that request bodies and query strings must have.

`Schema(document).check(value)` first asks a compiled closure (microseconds); only what that refuses goes to the
jsonschema library, whose sentences are the ones real Keystone puts into its 400. Draft 2020-12, with the formats
date-time and uuid.
"""

import re
from datetime import datetime

from labkit.openstack.errors import BadRequest, SchemaError

TYPES = {"string": str, "object": dict, "array": (list, tuple), "null": type(None)}


class Schema:
    """A JSON Schema document, compiled once. Raises SchemaError or BadRequest for a value that does not fit."""

    def __init__(self, document):
        self.document = document
        self.fits = compiled(document)

    def check(self, value):
        """Refuse in the words of Keystone's newer resources: field, value, why."""
        error = self.violation(value)
        if error is None:
            return
        if error.path:
            raise SchemaError(error.path[-1], error.instance, error.message)
        raise BadRequest(error.message)

    def check_verbose(self, value):
        """Refuse in the words of the older resources: they quote the whole schema."""
        error = self.violation(value)
        if error is None:
            return
        if error.path:
            raise BadRequest(f"Invalid input for field '{'/'.join(map(str, error.path))}': {error}")
        raise BadRequest(str(error))

    def violation(self, value):
        """The first error that the jsonschema library finds, or None."""
        return None if self.fits(value) else next(self.library().iter_errors(value), None)

    def library(self):
        """The jsonschema validator; imported late because it is needed for refusals only."""
        import jsonschema
        formats = jsonschema.FormatChecker(formats=())
        for name, fits in FORMATS.items():
            formats.checks(name)(fits)
        words = jsonschema.Draft202012Validator.VALIDATORS
        kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, {
            word: _of_numbers(words[word]) for word in ("minimum", "maximum")})
        return kind(self.document, format_checker=formats)


def _of_numbers(rule):
    """'10' in a query string is compared as the number 10."""
    def compare(validator, bound, value, schema):
        value = number(value)
        return () if value is None else rule(validator, bound, value, schema)
    return compare


def number(value):
    """The number that a query string's text means, or None."""
    for kind in (int, float):
        try:
            return kind(value)
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def is_time(value):
    """ISO 8601, as Keystone reads it: a date and a time, with or without a zone."""
    if not isinstance(value, str):
        return True
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "T" in value or " " in value


def is_uuid(value):
    """32 hexadecimal digits; hyphens, braces and 'urn:uuid:' are tolerated."""
    return not isinstance(value, str) or bool(re.fullmatch(r"[0-9a-fA-F]{32}", re.sub(r"urn:|uuid:|[-{}]", "", value)))


FORMATS = {"date-time": is_time, "uuid": is_uuid}


def compiled(schema):
    """A closure value → bool. A keyword it does not know makes it answer False, so that the library decides."""
    if schema is True or schema == {}:
        return lambda value: True
    if not isinstance(schema, dict):
        return lambda value: False
    rules = [RULES.get(word, _unknown)(schema[word], schema) for word in schema if word not in SILENT]
    return rules[0] if len(rules) == 1 else lambda value: all(rule(value) for rule in rules)


SILENT = {
    "description",
    "title",
    "$schema",
    "$id",
    "default",
    "example",
    "examples",
    "deprecated",
    "x-openstack",
    "$comment",
}


def _unknown(_, schema):
    return lambda value: False


def _type(names, _):
    names = [names] if isinstance(names, str) else names
    return lambda value: any(_is(value, name) for name in names)


def _is(value, name):
    if name == "boolean":
        return isinstance(value, bool)
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else (int, float))
    return isinstance(value, TYPES[name])


def _properties(table, _):
    inner = {name: compiled(schema) for name, schema in table.items()}
    return lambda value: not isinstance(value, dict) or all(inner[k](v) for k, v in value.items() if k in inner)


def _additional(allowed, schema):
    known, patterns = set(schema.get("properties", ())), [re.compile(p) for p in schema.get("patternProperties", ())]
    inner = compiled(allowed) if allowed is not False else (lambda value: False)
    return lambda value: not isinstance(value, dict) or all(
        inner(v) for k, v in value.items() if k not in known and not any(p.search(k) for p in patterns))


def _patterns(table, _):
    inner = [(re.compile(pattern), compiled(schema)) for pattern, schema in table.items()]
    return lambda value: not isinstance(value, dict) or all(
        rule(v) for k, v in value.items() for pattern, rule in inner if pattern.search(k))


def _same(value, other):
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _items(inner, _):
    rule = compiled(inner)
    return lambda value: not isinstance(value, list) or all(map(rule, value))


def _length(kinds, fits):
    return lambda bound, _: lambda value: not isinstance(value, kinds) or fits(len(value), bound)


def _combined(decide):
    def build(schemas, _):
        rules = [compiled(schema) for schema in schemas]
        return lambda value: decide(rule(value) for rule in rules)
    return build


RULES = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "patternProperties": _patterns,
    "items": _items,
    "required": lambda names, _: lambda value: not isinstance(value, dict) or all(name in value for name in names),
    "enum": lambda values, _: lambda value: any(_same(value, other) for other in values),
    "const": lambda const, _: lambda value: _same(value, const),
    "pattern": lambda text, _: (lambda p: lambda value: not isinstance(value, str) or bool(p.search(value)))(
        re.compile(text)
    ),
    "format": lambda name, _: FORMATS.get(name, lambda value: True),
    "minLength": _length(str, lambda n, bound: n >= bound),
    "maxLength": _length(str, lambda n, bound: n <= bound),
    "minItems": _length(list, lambda n, bound: n >= bound),
    "maxItems": _length(list, lambda n, bound: n <= bound),
    "minProperties": _length(dict, lambda n, bound: n >= bound),
    "maxProperties": _length(dict, lambda n, bound: n <= bound),
    "minimum": lambda bound, _: lambda value: number(value) is None or number(value) >= bound,
    "maximum": lambda bound, _: lambda value: number(value) is None or number(value) <= bound,
    "anyOf": _combined(any),
    "allOf": _combined(all),
    "oneOf": _combined(lambda results: sum(results) == 1),
}
