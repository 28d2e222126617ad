"""progress: the panel with what is done, the points, and the beliefs worth another look; 'sure and wrong' comes
first."""

from __future__ import annotations

from labkit.lab import paper, session
from labkit.lab.standing import Row, beliefs_held, rows, sure_and_wrong
from labkit.world.draw import escape

SURE = {3: "rather sure", 4: "certain"}
CELL = "text-align:left;padding:.15em .8em;border-bottom:1px solid var(--lab-line)"


def progress() -> None:
    """Show where you stand. Headless: an empty panel, since nobody has worked here."""
    entries = session.journal().entries()
    found = rows(entries)
    surprises = [
        f"{entry.item}: you were {SURE[entry.data['confidence']]} of {entry.data['choice']})"
        for entry in sure_and_wrong(entries)
    ]
    held = [f"{h.text or h.belief} ({h.belief}; seen {h.times} ×, last in {h.item})" for h in beliefs_held(entries)]
    sections = [
        (f"{title}:", lines)
        for title, lines in (("Sure and wrong: explain these first", surprises), ("Beliefs to look at again", held))
        if lines
    ]
    html = "".join(escape(title) + paper.items([escape(line) for line in lines]) for title, lines in sections)
    text = [line for title, lines in sections for line in (title, *(f"  {line}" for line in lines))]
    paper.show(
        paper.card("Your progress", html, table(found)),
        "\n".join(["Your progress", *text, *map(as_line, found), total(found)]),
    )


def table(found: list[Row]) -> str:
    """The rows as an accessible HTML table."""
    head = "".join(
        f'<th scope="col" style="{CELL}">{word}</th>' for word in ("Card", "Item", "What", "Points", "State")
    )
    body = "".join(
        f'<tr><th scope="row" style="{CELL};font-weight:normal">{escape(row.card)}</th>'
        + "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in (row.item, row.what, _points(row), row.state))
        + "</tr>"
        for row in found
    )
    caption = (
        '<caption style="text-align:left;caption-side:bottom;color:var(--lab-text)">'
        + escape(total(found))
        + "</caption>"
    )
    style = "border-collapse:collapse;background:none;color:var(--lab-text)"
    return f'<table style="{style}">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def total(found: list[Row]) -> str:
    """The sum in words; points of tasks are those of the visible scenarios."""
    got, of = sum(row.points for row in found), sum(row.of for row in found)
    return f"{got:g} of {of:g} points so far; hidden scenarios decide when you hand in."


def as_line(row: Row) -> str:
    """One row as plain text."""
    return f"  {row.item:<8} {row.what:<12} {_points(row):<8} {row.state}"


def _points(row: Row) -> str:
    return f"{row.points:g} of {row.of:g}" if row.of else "–"
