"""The lines of an answer cell: what is given, and what the student writes."""

from __future__ import annotations

BEGIN, END = "# BEGIN ANSWER", "# END ANSWER"


def without_answer(text: str, stub: str | None = None) -> str:
    """The cell with each answer replaced by `stub` (default `...`), indented as the BEGIN line was.

    A cell without markers becomes the stub altogether. ValueError when a marker has no partner.
    """
    if BEGIN not in text and END not in text:
        return "..." if stub is None else stub
    kept, inside = [], False
    for line in text.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END) and inside == (mark == BEGIN):
            raise ValueError(f"'{mark}' without its partner")
        if mark == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [
                f"{indent}{stubbed}" if stubbed else "" for stubbed in ("..." if stub is None else stub).splitlines()
            ]
        inside = mark == BEGIN or (inside and mark != END)
        if not inside and mark != END:
            kept.append(line)
    if inside:
        raise ValueError(f"'{BEGIN}' without its partner")
    return "\n".join(kept)
