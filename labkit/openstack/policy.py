"""The rule language of oslo.policy, in which OpenStack services say who may do what.

    role:admin                       the token carries the role
    rule:admin_required              another rule of the same table
    project_id:%(target.project.id)s a token's attribute equals a target's attribute
    'manager':%(target.role.name)s   a literal equals a target's attribute
    @  !  (empty)                    always, never, always
    and  or  not  ( )                as expected

Each rule is compiled once to a closure `(target, credentials) -> bool`. A rule may carry the scopes it accepts; a token
of another scope fails before the rule is read (oslo.policy's enforce_scope).
"""

import re
from ast import literal_eval
from graphlib import CycleError, TopologicalSorter

from labkit.world.errors import LabError

ALWAYS, NEVER = (lambda target, credentials: True), (lambda target, credentials: False)
TOKEN = re.compile(r"""\s*(?:(?P<paren>[()])|(?P<check>(?:'[^']*'|"[^"]*"|%\([^)]*\)s|[^\s()'"%])+))""")

WHERE = "labkit/openstack/policy.py"
DEEPEST = 50  # parentheses and negations within each other


class PolicyError(LabError):
    """A rule that cannot be read."""

    def __init__(self, text, why):
        quoted = repr(text) if len(str(text)) < 200 else f"{str(text)[:200]!r}…"
        super().__init__(f"policy rule {quoted}: {why}", next_step=f"see the rule language at the top of {WHERE}")


class Policy:
    """A table of rules: name → check string, or name → (check string, accepted scopes).

    Scopes are 'system', 'domain' and 'project'. Raises PolicyError for a rule that cannot be read.
    """

    def __init__(self, rules):
        self.rules = {name: rule if isinstance(rule, str) else with_scopes(rule)[0] for name, rule in rules.items()}
        self.scopes = {name: frozenset(rule[1]) for name, rule in rules.items() if not isinstance(rule, str)}
        self.compiled = {name: Parser(self, text).whole() for name, text in self.rules.items()}
        refuse_circles(self.rules)

    def __contains__(self, name):
        return name in self.rules

    def check(self, name, target, credentials):
        """Does the rule let these credentials act on this target? An unknown rule lets nobody."""
        scopes = self.scopes.get(name)
        if scopes is not None and scope_of(credentials) not in scopes:
            return False
        return self.compiled.get(name, NEVER)(target, credentials)


def with_scopes(rule):
    """A rule that is no text: (check string, accepted scopes). Raises PolicyError for anything else."""
    if not isinstance(rule, (tuple, list)) or len(rule) != 2 or not isinstance(rule[0], str):
        raise PolicyError(rule, "is neither a text nor (text, accepted scopes)")
    return rule


def refuse_circles(rules):
    """A rule that leads back to itself is never decided. Raises PolicyError (oslo.policy refuses such a table, too)."""
    uses = {name: [word[5:] for word in split(text) if word.startswith("rule:")] for name, text in rules.items()}
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as problem:
        circle = problem.args[1]
        raise PolicyError(rules[circle[0]], f"leads back to itself ({' – '.join(circle)})") from None


def scope_of(credentials):
    """A token's scope as oslo.policy sees it; an unscoped token counts as 'project'."""
    if credentials.get("system_scope"):
        return "system"
    return "domain" if credentials.get("domain_id") else "project"


class Parser:
    """Recursive descent over one check string: or < and < not < ( … )."""

    def __init__(self, policy, text):
        self.policy, self.text = policy, text
        self.tokens, self.at, self.depth = list(split(text)), 0, 0

    def whole(self):
        if not self.tokens:
            return ALWAYS
        check = self.any_of()
        if self.at != len(self.tokens):
            raise PolicyError(self.text, f"{self.tokens[self.at]!r} is one word too many")
        return check

    def next_is(self, word):
        if self.at < len(self.tokens) and self.tokens[self.at].lower() == word:
            self.at += 1
            return True
        return False

    def any_of(self):
        checks = [self.all_of()]
        while self.next_is("or"):
            checks.append(self.all_of())
        return checks[0] if len(checks) == 1 else lambda t, c: any(check(t, c) for check in checks)

    def all_of(self):
        checks = [self.negated()]
        while self.next_is("and"):
            checks.append(self.negated())
        return checks[0] if len(checks) == 1 else lambda t, c: all(check(t, c) for check in checks)

    def negated(self):
        if not self.next_is("not"):
            return self.atom()
        check = self.inside(self.negated)
        return lambda t, c: not check(t, c)

    def inside(self, part):
        """Read one level further in. Raises PolicyError where nobody could follow any more."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise PolicyError(f"{self.text[:DEEPEST]}…", f"is nested more than {DEEPEST} deep")
        check = part()
        self.depth -= 1
        return check

    def atom(self):
        if self.next_is("("):
            check = self.inside(self.any_of)
            if not self.next_is(")"):
                raise PolicyError(self.text, "a closing parenthesis is missing")
            return check
        if self.at == len(self.tokens) or self.tokens[self.at].lower() in (")", "and", "or"):
            raise PolicyError(self.text, "a check is missing")
        self.at += 1
        return compare(self.policy, self.text, self.tokens[self.at - 1])


def split(text):
    """The words of a check string."""
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if not found:
            raise PolicyError(text, f"cannot read on from {text[at:]!r}")
        at = found.end()
        yield found["paren"] or found["check"]


def compare(policy, text, word):
    """One check: '@', '!', 'role:…', 'rule:…' or 'left:right'."""
    if word in ("@", "!"):
        return ALWAYS if word == "@" else NEVER
    kind, colon, match = word.partition(":")
    if not colon:
        raise PolicyError(text, f"{word!r} has no colon")
    if kind == "rule":
        return lambda t, c: policy.compiled.get(match, NEVER)(t, c)
    right = fill(match)
    if kind == "role":
        return lambda t, c: _has_role(right(t), c)
    left = literal_or_attribute(kind)
    return lambda t, c: _equal(left(c), right(t))


def fill(match):
    """'%(target.user.id)s' → a function of the target; None where the target lacks the attribute."""
    if "%(" not in match:
        return lambda target: match
    whole = re.fullmatch(r"%\(([^)]*)\)s", match)
    if whole:
        key = whole[1]
        return lambda target: str(target[key]) if key in target else None
    return lambda target: _formatted(match, target)


def _formatted(match, target):
    try:
        return match % target
    except KeyError:
        return None


def literal_or_attribute(kind):
    """The left side: a Python literal ('manager', None, True, 1), else a (dotted) attribute of the credentials."""
    try:
        value = str(literal_eval(kind))
        return lambda credentials: [value]
    except (ValueError, SyntaxError):
        path = kind.split(".")
        return lambda credentials: _find(credentials, path)


def _find(value, path):
    for i, key in enumerate(path):
        if isinstance(value, list):
            return [found for item in value for found in _find(item, path[i:])]
        if not isinstance(value, dict) or key not in value:
            return []
        value = value[key]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _equal(values, wanted):
    return wanted is not None and wanted in values


def _has_role(wanted, credentials):
    return wanted is not None and wanted.lower() in {role.lower() for role in credentials.get("roles", ())}
