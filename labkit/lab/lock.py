"""The lock: while a prediction is open, the cells below it do not run.

An AST transformer of IPython looks at each cell before it runs. It rejects the cell with a quiet error, so that 'Run
All' stops there too. Cells with nothing but imports and calls of predict, progress and reset stay usable.
"""

from __future__ import annotations

import ast

from IPython.core.error import InputRejected

OPEN = {"predict", "progress", "reset"}


class PredictFirst(InputRejected):
    """Shown instead of running the cell."""

    def _render_traceback_(self):
        return [str(self)]


class Lock:
    """Predictions that wait for a commitment: id → question. `visit` is IPython's interface of an AST transformer."""

    def __init__(self):
        self.waiting: dict[str, str] = {}

    def visit(self, tree: ast.AST) -> ast.AST:
        """The cell as it is, or PredictFirst."""
        if self.waiting and not all(_may_run(statement) for statement in tree.body):
            raise PredictFirst(
                f"Predict first: choose an answer and how sure you are in the card {' and '.join(self.waiting)} above, "
                "press Commit, then run this cell again."
            )
        return tree


def lock_of(shell) -> Lock:
    """The lock of this shell, put in place when first asked for."""
    for transformer in shell.ast_transformers:
        if isinstance(transformer, Lock):
            return transformer
    shell.ast_transformers.append(Lock())
    return shell.ast_transformers[-1]


def _may_run(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return True
    call = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(call, ast.Call) and _name(call.func) in OPEN


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
