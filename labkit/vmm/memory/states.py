"""How short of memory an ESXi host is: minFree, and the states high, clear, soft, hard, low.

    free memory   ──────────────┬────────────┬─────────┬─────────┬────────▶ 0
    of minFree                 400 %       100 %      64 %      32 %   16 %
    state               high    │    high    │  clear  │  soft   │ hard │ low
    the host            rests   │ breaks 2 MiB pages   │         │      │
    and then                                 │ shares pages ────────────│
                                                       │ balloons│
                                                                 │ compresses, swaps
                                                                        │ and blocks

Not one threshold but a ladder: what costs nothing comes first, what hurts comes last, and ballooning *ends* where
swapping begins, because a guest needs time to give pages up and in state hard there is none.

Source: 'vSphere 6 memory states' (Duncan Epping); esxtop's memory panel shows the state. Each threshold has an upper
and a lower edge; how far they lie apart is not published, so `EDGE` is ours.

What the real one does differently: `Mem.MinFreePct` can be set by hand, and 'high' is written with 300 % in some of
VMware's texts; pass another ladder to try it.
"""

from dataclasses import dataclass

from labkit.world.errors import number

EDGE = 0.05  # a state is left upwards only when free memory is 5 % above its threshold (ours, see above)
SLIDING = ((4, 245), (8, 327), (16, 327))  # documented default: 6 %, 4 %, 2 % of the first 4, next 8, next 16 GiB
MIB_PER_GIB = 10.24  # 1 % of each GiB beyond 28


@dataclass(frozen=True)
class State:
    """One rung: it holds while free memory is below `percent` % of minFree; `actions` in the order in which they are
    taken."""

    name: str
    percent: float
    actions: tuple[str, ...]


ESXI_6 = (
    State("high", float("inf"), ()),
    State("high", 400, ("break",)),
    State("clear", 100, ("break", "share")),
    State("soft", 64, ("share", "balloon")),
    State("hard", 32, ("share", "compress", "swap")),
    State("low", 16, ("compress", "swap", "block")),
)
ESXI_5 = (
    State("high", float("inf"), ()),
    State("soft", 64, ("share", "balloon")),
    State("hard", 32, ("break", "share", "compress", "swap")),
    State("low", 16, ("break", "compress", "swap", "block")),
)


def min_free_mib(memory_mib):
    """minFree of a host with this much memory, MiB: 899 for the first 28 GiB and 1 % of the rest; the sliding scale
    below that (documented default: `Mem.MinFreePct`, 0 = automatic)."""
    gib, total = number(memory_mib, "memory_mib", least=1) / 1024, 0.0
    for width_gib, part_mib in SLIDING:
        total += part_mib * min(gib, width_gib) / width_gib
        gib = max(0.0, gib - width_gib)
    return total + gib * MIB_PER_GIB


def rung_of(free_mib, least_mib, before=0, ladder=ESXI_6):
    """Index of the rung of `ladder` for this much free memory, coming from rung `before`: down at the threshold, up
    only beyond its upper edge. `least_mib` is minFree."""
    rung = max(i for i, state in enumerate(ladder) if i == 0 or free_mib < state.percent * least_mib / 100)
    while rung < before and free_mib < leave_mib(rung + 1, least_mib, ladder):
        rung += 1
    return rung


def leave_mib(rung, least_mib, ladder=ESXI_6):
    """Free memory at which this rung is left for the one above it, MiB."""
    return ladder[rung].percent * least_mib / 100 * (1 + EDGE)
