"""What a balancer says: the moves, why there are no more of them, and why a VM stays where it is."""

from typing import NamedTuple

from labkit.vim.balancing.checks import reason, stays
from labkit.world.errors import LabError, unknown, words


class Move(NamedTuple):
    """One live migration that is worth it. gain, cost: MHz · s (cost.py); priority 1 (a rule) to 5; seconds: how long
    pre-copy alone on the link would take."""

    vm: str
    source: str
    target: str
    gain: float
    cost: float
    why: str
    priority: int
    seconds: float


class Advice:
    """The outcome of one pass: iterate over it for the moves.

    moves           Move tuples, in the order in which they are to be made
    before, after   the imbalance now, and when all moves are made
    target          no load is moved up to this imbalance (infinite: rules only)
    why             why there are no more moves
    """

    def __init__(self, moves, before, after, target, why, grid, limits, resting):
        self.moves, self.before, self.after, self.target, self.why = moves, before, after, target, why
        self._grid, self._limits, self._resting = grid, limits, resting

    def __iter__(self):
        return iter(self.moves)

    def __len__(self):
        return len(self.moves)

    def __getitem__(self, place):
        return self.moves[place]

    def explain(self, name):
        """Rows (host, why not) for this VM, as things are once the moves are made.
        LabError (404) for an unknown VM."""
        grid = self._grid
        if words(name, "a VM's name") not in grid.vm_at:
            error = unknown("VM", name, grid.vm_at)
            raise LabError(error.message, 404, True, error.next_step)
        vm = grid.vm_at[name]
        moved = [move for move in self.moves if move.vm == name]
        general = f"it moves to {moved[0].target} now" if moved else stays(grid, self._limits, vm, self._resting)
        others = [place for place in range(len(grid.hosts)) if place != grid.at[vm]]
        whys = (general or reason(grid, self._limits, vm, place) or self.why for place in others)
        return [(grid.hosts[place].name, why) for place, why in zip(others, whys, strict=True)]

    def __repr__(self):
        head = f"{len(self.moves)} move{'s' * (len(self.moves) != 1)}; imbalance {self.before:.3f} → {self.after:.3f}"
        if not self.moves:
            head = "no move"
        return "\n".join([*map(_line, self.moves), f"{head}; {self.why}"])


def _line(move):
    return (
        f"{move.vm}: {move.source} → {move.target} (priority {move.priority}, {move.seconds:.1f} s, "
        f"brings {move.gain:,.0f}, costs {move.cost:,.0f} MHz·s)  {move.why}"
    )
