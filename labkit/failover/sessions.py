"""Where the state of a service lives: carts, balances, log-ins. Three answers, three ways to lose something.

| state | where | a node dies | two nodes write at once |
|---|---|---|---|
| local | in the memory of the node that was asked | its part is gone | each node has its own truth |
| shared | in one store behind all nodes | nothing is lost | one after the other (or lost updates) |
| replicated | a copy on every node, news sent later | what was not sent yet | the rule in conflicts.py decides |

    state = State(w, "replicated", rule="last writer wins")
    pool = Pool(w, 2, app=state)                       # 'POST /cart' adds an item to the session's cart,
    state.value("s4")                                  # 'POST /deposit' 10 to the account; GET reads it

What the real one does differently: a real shared store (Redis, PostgreSQL) is itself doubled, active–passive as a rule;
here it is one node that can be crashed and keeps what it was told (a disk). Replication over a queue with acknowledged
delivery would send again; ours is at most once.
"""

from labkit.failover.conflicts import apply, find
from labkit.world.errors import LabError, unknown, words
from labkit.world.journal import action

KINDS = ("local", "shared", "replicated")
DEPOSIT = 10
EVERYTHING = "everything you have"


class State:
    """The application behind a Pool (`app=`) with its state.

    kind     'local' | 'shared' | 'replicated'
    rule     replicated: 'last writer wins' or 'merge'
    atomic   shared: True: the store does 'add'; False: a node reads, changes and writes back, and whoever wrote in
             between is overwritten
    store    name of the shared store's node
    """

    @action
    def __init__(self, world, kind="local", rule="last writer wins", atomic=True, store="store"):
        if kind not in KINDS:
            raise LabError(f"state can be {', '.join(KINDS)}, not {kind!r}", code=400)
        find(rule)
        self.world, self.name, self.kind, self.rule, self.atomic = world, f"{store} state", kind, rule, atomic
        self.copies, self.kept, self.store = {}, {}, words(store, "store")
        if kind == "shared":
            world.node(store, serve=self._stored)

    def __repr__(self):
        more = {"local": "in each node", "shared": "read, changed and written back", "replicated": self.rule}
        return f"<State: {self.kind}, {'one step' if self.kind == 'shared' and self.atomic else more[self.kind]}>"

    def join(self, backend):
        """A backend of the pool that this is the app of: it hears the news of the others."""
        self.copies[backend.name] = find(self.rule)

    def forget(self, backend):
        """Its machine has crashed: what was in its memory is gone."""
        self.copies[backend.name] = find(self.rule)

    def __call__(self, backend, message):
        """What the backend does with a request: its payload, or a generator that asks the store first."""
        key, change = self._meant(message)
        if self.kind == "shared":
            return self._ask_store(backend, key, change)
        copy = self.copies[backend.name]
        if change is not None:
            news = copy.write(key, change, self.world.now, self._writer(backend))
            if self.kind == "replicated":
                self._tell(backend, key, news)
        return {"status": 200, "by": backend.name, "value": copy.read(key)}

    @staticmethod
    def _writer(backend):
        """A node that has forgotten what it wrote in an earlier life must not continue its counting: a new name."""
        return f"{backend.name}.{backend.node.life}"

    @staticmethod
    def _meant(message):
        """(key, change or None) of a request."""
        detail = message.detail
        if message.what.startswith("GET"):
            return detail.get("session", "account"), None
        if "deposit" in message.what or "session" not in detail:
            return "account", {"add": detail.get("amount", DEPOSIT)}
        return detail["session"], {"item": detail.get("item", detail.get("id"))}

    def _tell(self, backend, key, news):
        for other in self.copies:
            if other != backend.name:
                self.world.cast(backend.name, other, "replication", key, news=news)

    def returned(self, backend):
        """It is back, with empty memory: a replica asks the others what it has missed."""
        others = [name for name in self.copies if name != backend.name] if self.kind == "replicated" else []
        for other in others:
            self.world.cast(backend.name, other, "replication", EVERYTHING)

    def hear(self, backend, message):
        """News from another node's copy, or its wish to hear all of ours."""
        copy = self.copies[backend.name]
        if message.what != EVERYTHING:
            return copy.hear(message.what, message.detail["news"])
        for key, news in copy.all():
            self.world.cast(backend.name, message.src, "replication", key, news=news)

    # -- the shared store --------------------------------------------------------------------------------------------
    def _ask_store(self, backend, key, change):
        def ask(verb, **more):
            return self.world.call(backend.name, self.store, "sql", f"{verb} {key}", 2.0, **more)

        if change is None or self.atomic:
            value = yield ask("select" if change is None else "update", change=change)
        else:
            value = apply((yield ask("select")), change)
            yield ask("replace", value=value)
        return {"status": 200, "by": backend.name, "value": value}

    def _stored(self, message):
        verb, _, key = message.what.partition(" ")
        if verb == "update":
            self.kept[key] = apply(self.kept.get(key), message.detail["change"])
        elif verb == "replace":
            self.kept[key] = message.detail["value"]
        return self.kept.get(key)

    # -- what a view or a test may read ------------------------------------------------------------------------------
    @property
    def carts(self):
        """Keys that still have a value somewhere, in order."""
        held = [self.kept] if self.kind == "shared" else [dict(copy.all()) for copy in self.copies.values()]
        return sorted({key for each in held for key in each})

    def value(self, key, node=None):
        """The value of a key: in the store, or on `node`, or what all nodes together still have."""
        words(key, "a key")
        if self.kind == "shared":
            return self.kept.get(key)
        if node is not None and (not isinstance(node, str) or node not in self.copies):
            raise unknown("node with a copy", node, self.copies)
        if not self.copies:
            raise LabError("no backend has this state yet", code=409, next_step="Pool(w, 2, app=state)")
        if node is not None or self.kind == "replicated":
            return self.copies[node or min(self.copies)].read(key)
        values = [value for copy in self.copies.values() if (value := copy.read(key)) is not None]
        if not values:
            return None
        return [item for value in values for item in value] if isinstance(values[0], list) else sum(values)
