"""Two nodes wrote at the same time: what is true afterwards? Rules for copies that were changed independently.

    web1: 100 + 20 = 120 ──┐ both say 'done'
    web2: 100 + 50 = 150 ──┴──▶ last writer wins: 150, the 20 are gone      merge: 100 + 20 + 50 = 170

'Last writer wins' throws away acknowledged writes, quietly. A merge rule exists for some data only: sums, sets, votes.
It cannot keep a promise about the whole ('never below 0'): each copy may agree to a withdrawal that both together
cannot pay.

Sources: Shapiro et al., 'Conflict-free Replicated Data Types' (2011): PN-counter, grow-only set; Cassandra's
documentation, 'last-write-wins'; DeCandia et al., 'Dynamo' (2007), 4.4, where the cart is merged by the shop.

What the real one does differently: real stores carry vector clocks or hybrid logical clocks, tombstones for what was
deleted, and throw old history away; deletion is left out here.
"""

from labkit.world.errors import LabError, number


def apply(value, change):
    """A value after a change: {'add': amount} to a number, {'item': name} to a list. LabError (400) for others."""
    if value is not None and not isinstance(value, (int, float, list)):
        raise LabError(f"{value!r} is neither a number nor a list", code=400)
    if isinstance(change, dict) and "add" in change and not isinstance(value, list):
        return (value or 0) + number(change["add"], "add", least=float("-inf"))
    if isinstance(change, dict) and "item" in change and (value is None or isinstance(value, list)):
        return [*(value or []), change["item"]]
    raise LabError(f"{change!r} is no change of {value!r}", code=400, next_step="{'add': 5} or {'item': 'book'}")


class LastWriterWins:
    """A copy keeps the newest value it has heard of, by the writer's clock; the writer's name decides a tie."""

    name = "last writer wins"

    def __init__(self):
        self.values = {}  # key → [value, written at, by]

    def read(self, key):
        return self.values.get(key, [None])[0]

    def all(self):
        """(key, news) of everything this copy has."""
        return list(self.values.items())

    def write(self, key, change, now, node):
        """Change this copy; returns what the other copies must hear."""
        self.values[key] = [apply(self.read(key), change), now, node]
        return self.values[key]

    def hear(self, key, news):
        """Another copy's value has come: it replaces ours if it is newer. Ours is gone then."""
        ours = self.values.get(key)
        if ours is None or ours[1:] < news[1:]:
            self.values[key] = news


class Merge:
    """A copy keeps what every node has added, one part per node; parts only grow, so news can come late, twice or in
    any order."""

    name = "merge"

    def __init__(self):
        self.parts = {}  # key → node → [how many changes, their sum or list]

    def read(self, key):
        parts = [part for _, part in self.parts.get(key, {}).values()]
        if not parts:
            return None
        return [item for part in parts for item in part] if isinstance(parts[0], list) else sum(parts)

    def all(self):
        """(key, news) of everything this copy has."""
        return list(self.parts.items())

    def write(self, key, change, now, node):
        """Change this node's own part; returns what the other copies must hear."""
        mine = self.parts.setdefault(key, {}).get(node, [0, None])
        self.parts[key][node] = [mine[0] + 1, apply(mine[1], change)]
        return {node: self.parts[key][node]}

    def hear(self, key, news):
        """Another copy's parts have come: of each, the one with more changes is the newer."""
        ours = self.parts.setdefault(key, {})
        for node, part in news.items():
            if part[0] > ours.get(node, [0])[0]:
                ours[node] = part


RULES = {rule.name: rule for rule in (LastWriterWins, Merge)}


def find(rule):
    """A fresh copy that follows the rule called `rule`. LabError (400) with the names there are."""
    if not isinstance(rule, str) or rule not in RULES:
        raise LabError(f"there is no rule {rule!r}", code=400, next_step=f"one of {', '.join(RULES)}")
    return RULES[rule]()
