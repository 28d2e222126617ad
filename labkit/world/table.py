"""A trace as a table: columns of text in a terminal, an HTML table in a notebook."""

from labkit.world.draw import element, escape, style
from labkit.world.trace import seconds

COLUMNS = ("n", "t/s", "from", "to", "kind", "what", "cause", "step", "detail")
RIGHT = {"n", "t/s", "cause", "step"}


class Table:
    """At most `limit` events of `trace`; the last line says when some are left out."""

    def __init__(self, trace, limit=200):
        self.trace, self.limit = trace, limit

    def rows(self):
        """The shown events as lists of text, in the order of COLUMNS."""
        return [_cells(event) for event in self.trace[:self.limit]]

    def left_out(self):
        """A sentence if not everything is shown, else ''."""
        more = len(self.trace) - self.limit
        if more <= 0:
            return ""
        return f"… and {more} more events: narrow it with .where(…) or ask for .table(limit={len(self.trace)})"

    def __str__(self):
        rows = [list(COLUMNS), *self.rows()]
        widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
        lines = ["  ".join(cell.rjust(width) if name in RIGHT else cell.ljust(width)
                           for cell, width, name in zip(row, widths, COLUMNS, strict=False)).rstrip() for row in rows]
        return "\n".join(lines + ([self.left_out()] if self.left_out() else []))

    __repr__ = __str__

    def _repr_html_(self):
        head = element("tr", *(element("th", escape(name), scope="col", style="text-align:left") for name in COLUMNS))
        cells = [[element("td", escape(cell), style="text-align:left") for cell in row] for row in self.rows()]
        body = "".join(element("tr", *row) for row in cells)
        caption = self.left_out() or f"{len(self.trace)} events"
        return (f'<table style="{style()}color:var(--lab-text)"><caption>{escape(caption)}</caption>'
                f"<thead>{head}</thead><tbody>{body}</tbody></table>")


def _cells(event):
    detail = ", ".join(f"{key}={value}" for key, value in event.detail.items())
    numbers = ["" if value is None else str(value) for value in (event.cause, event.step)]
    return [str(event.n), seconds(event.t), event.src, event.dst or "", event.kind, event.what, *numbers, detail]
