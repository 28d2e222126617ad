"""A bench: one submission's cells, run in a worker that is started anew when it was lost."""

from __future__ import annotations

from labkit.grading.cells import Cell
from labkit.grading.pipe import Lost, Pipe

RESTARTS = 3


class Bench:
    """`raised` says what an answer cell raised, `dropped` why a cell was left out; both by cell id."""

    def __init__(self, cells: list[Cell], cell_s: float, call_s: float):
        self.cells, self.cell_s, self.call_s = list(cells), cell_s, call_s
        self.raised: dict[str, str] = {}
        self.dropped: dict[str, str] = {}
        self._pipe: Pipe | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def pipe(self) -> Pipe:
        """A worker in which the cells have run; a cell that kills its worker is left out and the rest runs again.
        Lost after RESTARTS."""
        while self._pipe is None:
            self._start()
        return self._pipe

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._pipe:
            self._pipe.close()
            self._pipe = None

    def _start(self) -> None:
        pipe = Pipe(self.cell_s, self.call_s)
        for cell in self.cells:
            try:
                what = pipe.run(cell.id, cell.source)
            except Lost as error:
                pipe.close()
                self.dropped[cell.id] = str(error)
                self.cells.remove(cell)
                if len(self.dropped) > RESTARTS:
                    raise
                return
            if what and cell.answer:
                self.raised[cell.id] = what
        self._pipe = pipe
