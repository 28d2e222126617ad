"""The worker: a process that runs a submission's cells and plays the judge's calls. It never holds a verdict or a
hidden scenario.

It reads JSON lines and answers each with JSON lines; cells cannot reach this channel through print or input.

    ▶ {"do": "run", "cell": id, "source": text}      ◀ {"ran": true} or {"raised": what}
    ▶ {"do": "look", "artefact": name}               ◀ {"there": bool}
    ▶ {"play": …} (see labkit.lab.artefact)          ◀ {"ask": {…}} …, {"returned": value} or {"failed": what}
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import sys

from labkit.lab.player import Missing, Player, said

LAB = {"predict", "observe", "explain", "concept", "check", "freetext", "progress", "replay", "reset"}


class Worker:
    """The names the cells define, and the player that calls them."""

    def __init__(self, read, write):
        self.read, self.write = read, write
        self.names: dict = {"__name__": "__main__"}
        self.player = Player(self.find)

    def find(self, name: str):
        """The object under this name; Missing while the answer cell is as it was released."""
        if self.names.get(name) in (None, Ellipsis):
            raise Missing(f"there is no {name} yet")
        return self.names[name]

    def serve(self) -> None:
        """Answer until the channel closes."""
        for line in self.read:
            message = json.loads(line)
            self._send(self.answer(message))

    def answer(self, message: dict) -> dict:
        """The reply to one message."""
        if message.get("do") == "run":
            return self._run(message["cell"], message["source"])
        if message.get("do") == "look":
            found = self.names.get(message["artefact"])
            return {"there": found is not None and found is not Ellipsis}
        return self.player.play(message, self._ask)

    def _run(self, cell: str, source: str) -> dict:
        name = f"<cell {cell}>"
        text = without_magics(source)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            exec(compile(without_lab_calls(ast.parse(text, name)), name, "exec"), self.names)
        except BaseException as error:
            return {"raised": said(error).removeprefix("your function ")}
        return {"ran": True}

    def _ask(self, question: dict) -> dict:
        self._send({"ask": question})
        return json.loads(self.read.readline())

    def _send(self, reply: dict) -> None:
        self.write.write(json.dumps(reply) + "\n")
        self.write.flush()


def without_magics(source: str) -> str:
    """The cell without IPython's magics and shell lines, line for line; a cell magic empties the cell."""
    if source.lstrip().startswith("%%"):
        return ""
    lines = [
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip().startswith(("%", "!")) else line
        for line in source.splitlines()
    ]
    return "\n".join(lines) + "\n"


def without_lab_calls(tree: ast.Module) -> ast.Module:
    """The cell without statements that only call check, predict and the like."""
    tree.body = [statement for statement in tree.body if not _is_lab_call(statement)]
    return tree


def _is_lab_call(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return getattr(function, "id", getattr(function, "attr", None)) in LAB


def main() -> None:
    """Serve on standard input and output, which the cells themselves do not get to see."""
    read = os.fdopen(os.dup(0), "r", encoding="utf-8")
    write = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.setrecursionlimit(3000)
    Worker(read, write).serve()


if __name__ == "__main__":
    main()
