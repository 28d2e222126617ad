"""Links between nodes: how long a message takes, and whether it arrives at all.

Every pair of nodes has a link. One that nobody set up is whole, takes `delay_s` of the network, and loses nothing. A
link is kept per direction, because a cable can be broken one way. What is on the wire when a link is cut is lost.
"""

from labkit.world.errors import LabError, number, unknown


class Link:
    """One direction of the way from `src` to `dst`. `wait_s` is the delay of a lucky message; a link without jitter,
    loss, duplicates and cut is `plain`: every message takes exactly `wait_s`."""

    __slots__ = ("src", "dst", "source", "target", "delay_s", "jitter_s", "loss", "duplicate", "slow_s", "is_cut",
                 "wait_s", "plain")

    def __init__(self, source, target, delay_s):
        self.source, self.target, self.src, self.dst = source, target, source.name, target.name
        self.jitter_s = self.loss = self.duplicate = self.slow_s = 0.0
        self.is_cut = False
        self.set(delay_s=0.0 if self.src == self.dst else delay_s)

    def set(self, **values):
        """Change some values and what follows from them."""
        for name, value in values.items():
            setattr(self, name, value)
        self.wait_s = self.delay_s + self.slow_s
        self.plain = not (self.jitter_s or self.loss or self.duplicate or self.is_cut)


class Network:
    """All nodes by name and all links by (from, to)."""

    def __init__(self, world, delay_s):
        self.world, self.delay_s = world, number(delay_s, "delay_s")
        self.nodes, self.links = {}, {}

    def find(self, name):
        """The node called `name` (or the node itself). Raises LabError with the closest name there is."""
        name = getattr(name, "name", name)
        try:
            return self.nodes[name]
        except (KeyError, TypeError):
            raise unknown("node", name, self.nodes) from None

    def link(self, src, dst):
        """The link from `src` to `dst`; made when first asked for."""
        try:
            return self.links[src, dst]
        except (KeyError, TypeError):
            link = Link(self.find(src), self.find(dst), self.delay_s)
            return self.links.setdefault((link.src, link.dst), link)

    def between(self, a, b, both_ways=True):
        """The links between each node of `a` and each of `b` (names or lists of names); none from a node to itself."""
        pairs = [(x, y) for x in self.names(a) for y in self.names(b) if x != y]
        if not pairs:
            raise LabError(f"there is no link between {a!r} and {b!r}", next_step="name two different nodes")
        back = [(y, x) for x, y in pairs] if both_ways else []
        return [self.link(x, y) for x, y in pairs + back]

    def names(self, some):
        """A name, a node, or a list of them as a list of existing names."""
        several = some if isinstance(some, (list, tuple)) else [some]
        return [self.find(name).name for name in several]

    def luck(self, link, what):
        """A random number in [0, 1) for one property of one link: setting a loss does not change the jitter."""
        return self.world.random(f"link {link.src} → {link.dst} {what}").random()

    def fate(self, link):
        """What happens to one message: a list of delays in seconds, one per copy that arrives (empty: it is lost)."""
        if link.loss and self.luck(link, "loss") < link.loss:
            return []
        copies = 2 if link.duplicate and self.luck(link, "duplicate") < link.duplicate else 1
        if not link.jitter_s:
            return [link.wait_s] * copies
        return [link.wait_s + link.jitter_s * self.luck(link, "jitter") for _ in range(copies)]


def checked_link(delay_s, jitter_s, loss, duplicate):
    """The values that were given (not None), each in its range. Raises LabError otherwise."""
    most = {"delay_s": None, "jitter_s": None, "loss": 1.0, "duplicate": 1.0}
    given = {"delay_s": delay_s, "jitter_s": jitter_s, "loss": loss, "duplicate": duplicate}
    return {name: float(number(value, name, most=most[name])) for name, value in given.items() if value is not None}
