"""A world in which everything happens that luck has a hand in."""

from labkit.world import Unanswered, World
from tests.world.counter import Counter


def story(seed=7):
    """Two minutes of gossip between five nodes, through jitter, loss, doubles and every fault."""
    w = World(seed)
    names = ["laptop", *(f"node{n}" for n in range(4))]
    w.node("laptop")
    for name in names[1:]:
        Counter(w, name)
    for a in names:
        for b in names:
            if a < b:
                w.link(a, b, delay_s=0.1, jitter_s=0.7, loss=0.1, duplicate=0.1)
    w.process(gossip, names)
    w.at(30, w.crash, "node1")
    w.at(45, w.cut, ["node0", "laptop"], ["node2", "node3"])
    w.at(60, w.stop, "node2")
    w.at(70, w.heal)
    w.at(80, w.start, "node1")
    w.run(until=120)
    return w


def gossip(world, names):
    luck = world.random("gossip")
    while True:
        yield world.timeout(2 * luck.random())
        src, dst = (names[int(luck.random() * len(names))] for _ in range(2))
        try:
            reply = yield world.call(src, dst, "rpc.call", "count", timeout_s=2, tags={"b": 1, "a": [1.5, None, "ü"]})
            world.emit(src, None, "note", f"{dst} counts {reply}")
        except Unanswered as silence:
            world.emit(src, None, "note", f"{dst}: {silence}", definite=silence.definite)
