"""The topology of a small world: nodes as boxes, links as lines, faults at a click, and beneath it what happened.

The picture shows the world's truth. The nodes themselves do not see it: from inside, a cut cable, a lost message, a
dead machine and a slow answer all look alike.
"""

from math import cos, inf, nextafter, pi, sin

from labkit.views import card
from labkit.views.frame import Frame, button, choice
from labkit.views.trace_player import diagram, sentence, steps_of
from labkit.world import draw
from labkit.world.trace import seconds

WIDTH, BOX_W, BOX_H = 880, 168, 66
STATES = {"running": "good", "stopped": "odd", "crashed": "bad"}


def state_of(world, links=None):
    """What the picture shows of a world: {"now", "nodes": [{"name", "state"}], "links": [{"a", "b", "words",
    "is_cut", "ordinary"}]}.

    `links`: pairs of names; by default every link that was used or set up, and in a world of up to three nodes all of
    them.
    """
    names = list(world.network.nodes)
    if links is None:
        every = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
        known = set(world.network.links)
        links = [pair for pair in every if len(names) <= 3 or pair in known or pair[::-1] in known]
    nodes = [{"name": name, "state": world.network.nodes[name].state} for name in names]
    return {"now": world.now, "nodes": nodes, "links": [_link(world.network, a, b) for a, b in links]}


def _link(network, a, b):
    there, back = network.link(a, b), network.link(b, a)
    if there.is_cut and back.is_cut:
        words = "cut"
    elif there.is_cut or back.is_cut:
        words = f"cut from {a if there.is_cut else b} to {b if there.is_cut else a}"
    else:
        words = (
            f"{there.wait_s * 1000:g} ms"
            + (" (slow)" if there.slow_s else "")
            + (f", loses {there.loss:.0%}" if there.loss else "")
        )
    return {
        "a": a,
        "b": b,
        "words": words,
        "is_cut": there.is_cut or back.is_cut,
        "ordinary": there.plain and there.wait_s == network.delay_s,
    }


def picture(state):
    """The topology as SVG."""
    places, height = _places([node["name"] for node in state["nodes"]])
    crowded = len(places) > 5  # then an ordinary delay is not worth a label
    parts = [_draw_link(link, places, crowded and link["ordinary"]) for link in state["links"]] + [
        _draw_node(node, *places[node["name"]]) for node in state["nodes"]
    ]
    return card.drawing(WIDTH, height, "".join(parts), title="Topology", desc=describe(state))


def describe(state):
    """The picture in sentences."""
    nodes = [f"{node['name']} is {node['state']}." for node in state["nodes"]]
    links = [f"Link {link['a']} – {link['b']}: {link['words']}." for link in state["links"]]
    return " ".join(nodes + links)


def _places(names):
    """The middle of each box: in a row for one or two nodes, else around an ellipse, the first on the left."""
    if len(names) <= 2:
        return {
            name: (WIDTH / 2 if len(names) == 1 else (170, WIDTH - 170)[i], 62) for i, name in enumerate(names)
        }, 124
    height = 300 if len(names) <= 5 else 440
    angles = [pi + 2 * pi * i / len(names) for i in range(len(names))]
    return {
        name: (WIDTH / 2 + 320 * cos(a), height / 2 + (height / 2 - 50) * sin(a))
        for name, a in zip(names, angles, strict=True)
    }, height


def _draw_node(node, x, y):
    tone = STATES[node["state"]]
    dash = "solid" if node["state"] == "running" else "dashed"
    return (
        draw.rect(
            x - BOX_W / 2,
            y - BOX_H / 2,
            BOX_W,
            BOX_H,
            fill="panel",
            stroke=f"var(--lk-{tone})",
            rounded=10,
            dash=dash,
            stroke_width=2.5,
        )
        + draw.text(x, y - 5, node["name"], size=17, weight=650)
        + card.mark(x - len(node["state"]) * 3.6 - 6, y + 16, tone)
        + draw.text(x + 7, y + 21, node["state"], size=14)
    )


def _draw_link(link, places, bare):
    (x1, y1), (x2, y2) = places[link["a"]], places[link["b"]]
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    wide = 7.4 * len(link["words"]) + (44 if link["is_cut"] else 24)
    line = draw.line(
        x1,
        y1,
        x2,
        y2,
        stroke="orange" if link["is_cut"] else "faint",
        width=3,
        dash="dashed" if link["is_cut"] else "solid",
    )
    label = draw.rect(x - wide / 2, y - 14, wide, 28, fill="paper", rounded=14) + draw.text(
        x + (9 if link["is_cut"] else 0), y + 5, link["words"], size=14
    )
    shape = card.mark(x - wide / 2 + 18, y, "bad") if link["is_cut"] else ""
    label, shape = ("", "") if bare else (label, shape)
    ends = draw.escape(f"{link['a']}|{link['b']}")
    return f'<g data-lk="{ends}" style="cursor:pointer">{line}{label}{shape}</g>'


class Topology(Frame):
    """A small world to act in: cut and heal links, crash, stop and start nodes, let time pass; the latest messages
    stand beneath.

    `actions`: {"words on the button": function of the world}. `links`: the pairs to show. A click on a link cuts or
    heals it.
    """

    keys = ("ArrowRight",)

    def __init__(self, world, *, actions=None, links=None, title="A small world"):
        self.world, self.actions, self.links, self.title = world, actions or {}, links, title
        state = state_of(world, links)
        self.link = (state["links"][0]["a"], state["links"][0]["b"]) if state["links"] else None
        self.node = state["nodes"][-1]["name"] if state["nodes"] else None

    def html(self):
        state = state_of(self.world, self.links)
        steps = steps_of(self.world.trace[-60:])
        below = diagram(steps, len(steps) - 1) if steps else card.Html("<p>No message has been sent yet.</p>")
        return card.panel(
            self.title,
            picture(state),
            card.Html(f"<p>It is <strong>{seconds(self.world.now)} s</strong>. The latest messages:</p>"),
            below,
            note="You see the world's truth here. The nodes do not: they know only what messages told them.",
        )

    def text(self):
        state = state_of(self.world, self.links)
        latest = [sentence(step) for step in steps_of(self.world.trace[-60:])[-9:]]
        return "\n".join([f"{self.title}, at {seconds(state['now'])} s", describe(state), *latest])

    def controls(self):
        links = [
            (f"{link['a']} – {link['b']}", (link["a"], link["b"])) for link in state_of(self.world, self.links)["links"]
        ]
        rows = [
            [
                button(word, lambda action=action, word=word: self.act(lambda: _said(action(self.world)), word))
                for word, action in self.actions.items()
            ]
        ]
        if links:
            rows.append(
                [
                    choice("Link", links, self._choose_link, value=self.link),
                    self._do("Cut", lambda: self.world.cut(*self.link)),
                    self._do("Heal", lambda: self.world.heal(*self.link)),
                ]
            )
        rows.append(
            [
                choice("Node", list(self.world.network.nodes), self._choose_node, value=self.node),
                *(
                    self._do(word, lambda fault=fault: getattr(self.world, fault)(self.node))
                    for word, fault in (("Crash", "crash"), ("Stop", "stop"), ("Start", "start"))
                ),
                self._do("Next event", self.step),
                self._do("10 s later", lambda: self.world.run(until=self.world.now + 10)),
            ]
        )
        return [row for row in rows if row]

    def _do(self, word, change):
        return button(word, lambda: self.act(change, f"{word}: done"))

    def _choose_link(self, pair):
        self.link = pair

    def _choose_node(self, name):
        self.node = name

    def step(self):
        """Let things happen until the trace has one more event, or nothing is left to happen."""
        before = len(self.world.trace)
        while len(self.world.trace) == before and self.world.env.peek() < inf:
            self.world.run(until=nextafter(self.world.env.peek(), inf))

    def heard(self, key):
        self.act(self.step, "next event")

    def clicked(self, what):
        a, b = what.split("|")
        whole = not self.world.network.link(a, b).is_cut
        self.act(
            lambda: (self.world.cut if whole else self.world.heal)(a, b), f"{a} – {b}: {'cut' if whole else 'healed'}"
        )


def _said(outcome):
    """What an action returned, if it is something to read."""
    return str(outcome) if isinstance(outcome, (str, int, float, dict, list)) else None
