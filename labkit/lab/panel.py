"""progress: the panel with what is done, the points, and the beliefs worth another look; 'sure and wrong' comes
first."""

from __future__ import annotations

from labkit.lab import cards, paper, session
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
        paper.card("Your progress", html, folded(found), escape(total(found))),
        "\n".join(["Your progress", *text, *map(as_line, found), total(found)]),
    )


def folded(found: list[Row]) -> str:
    """A table per card, folded behind the card's name and points; open where something was begun."""
    by_card: dict[str, list[Row]] = {}
    for row in found:
        by_card.setdefault(row.card, []).append(row)
    titles = {card.id: card.title for card in cards.all()}
    parts = []
    for card, own in by_card.items():
        name = " · ".join(part for part in (card, titles.get(card, ""), points(own)) if part)
        begun = " open" if any(row.state != "open" for row in own) else ""
        parts.append(f"<details{begun}><summary>{escape(name)}</summary>{table(own, name)}</details>")
    return "".join(parts)


def table(found: list[Row], name: str) -> str:
    """The rows as an accessible HTML table."""
    head = "".join(f'<th scope="col" style="{CELL}">{word}</th>' for word in ("Item", "What", "Points", "State"))
    body = "".join(
        f'<tr><th scope="row" style="{CELL};font-weight:normal">{escape(row.item)}</th>'
        + "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in (row.what, _points(row), row.state))
        + "</tr>"
        for row in found
    )
    style = "border-collapse:collapse;background:none;color:var(--lab-text)"
    head = f"<thead><tr>{head}</tr></thead>"
    return f'<table aria-label="{escape(name)}" style="{style}">{head}<tbody>{body}</tbody></table>'


def points(found: list[Row]) -> str:
    """The sum of some rows in words."""
    return f"{sum(row.points for row in found):g} of {sum(row.of for row in found):g} points"


def total(found: list[Row]) -> str:
    """The sum of all in words; points of tasks are those of the visible scenarios."""
    return f"{points(found)} so far; hidden scenarios decide when you hand in."


def as_line(row: Row) -> str:
    """One row as plain text."""
    return f"  {row.item:<8} {row.what:<12} {_points(row):<8} {row.state}"


def _points(row: Row) -> str:
    return f"{row.points:g} of {row.of:g}" if row.of else "–"
