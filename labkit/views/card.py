"""The look all views share: panel, badge, table, glyph and the frame of a drawing, as HTML and SVG strings.

Colour never stands alone: every tone has a shape and comes with a word. Text keeps a contrast of at least 4.5:1 in
JupyterLab's light and dark theme, whose variables we follow; on a page without them (a report, print) the light
values hold.
"""

import base64

from labkit.world.draw import BLUE, GREEN, ORANGE, PURPLE, escape, scrollable

TONES = {  # tone -> (colour on light, colour on dark, shape); the palette's colours, lightened for the dark theme
    "good": (GREEN, "#3fc79d", "circle"),
    "bad": (ORANGE, "#f08a3c", "cross"),
    "info": (BLUE, "#5aaee3", "diamond"),
    "odd": (PURPLE, "#dd9cc0", "triangle"),
    "idle": ("#6b7280", "#a3abb5", "ring"),
}

SHAPES = {  # drawn in a box of 12 x 12
    "circle": '<circle cx="6" cy="6" r="5" fill="currentColor"/>',
    "cross": '<path d="M2 2 L10 10 M10 2 L2 10" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
    "diamond": '<path d="M6 0.5 L11.5 6 L6 11.5 L0.5 6 Z" fill="currentColor"/>',
    "triangle": '<path d="M6 1 L11.5 11 L0.5 11 Z" fill="currentColor"/>',
    "ring": '<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="2"/>',
}

BASE = """
.lk{--lk-ink:#1f2328;--lk-quiet:#57606a;--lk-line:#d0d7de;--lk-ground:#ffffff;--lk-soft:#f4f6f8;--lk-lit:#fff4d6;LIGHT
--lab-text:var(--lk-ink);--lab-faint:var(--lk-quiet);--lab-line:var(--lk-line);--lab-paper:var(--lk-ground);--lab-panel:var(--lk-soft);
--lab-green:var(--lk-good);--lab-orange:var(--lk-bad);--lab-blue:var(--lk-info);--lab-purple:var(--lk-odd);
color:var(--lk-ink);background:var(--lk-ground);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
[data-jp-theme-light="false"] .lk{--lk-ink:#eceff3;--lk-quiet:#b4bcc6;--lk-line:#454d57;--lk-ground:var(--jp-layout-color0,#16191d);--lk-soft:#23282e;--lk-lit:#4a3d12;DARK}
[data-jp-theme-light="true"] .lk{--lk-ground:var(--jp-layout-color0,#ffffff)}
.lk-good{color:var(--lk-good)}.lk-bad{color:var(--lk-bad)}.lk-info{color:var(--lk-info)}.lk-odd{color:var(--lk-odd)}.lk-idle{color:var(--lk-idle)}
svg.lk text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
"""  # noqa: E501
PAGE = """
.lk-card{box-sizing:border-box;border:1px solid var(--lk-line);border-radius:10px;padding:16px 20px;margin:6px 0;max-width:940px;overflow-wrap:break-word}
.lk-card .lk-title{font-size:16px;font-weight:650;margin:0 0 10px}.lk-card p{margin:8px 0}.lk-card .lk-note{color:var(--lk-quiet);font-size:13px}
.lk-card code{overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px;background:none;color:inherit;padding:0}
.lk-card svg.lk{display:block;width:100%;height:auto}.lk-glyph{width:11px;height:11px;margin-right:6px;vertical-align:-1px;flex:none}
.lk-badge{display:inline-block;border:1.5px solid currentColor;border-radius:999px;padding:1px 10px;font-size:13px;white-space:nowrap}
.lk-badge>span{color:var(--lk-ink)}
.lk-card table.lk-table{border-collapse:collapse;margin:10px 0;width:100%;font-size:14px;table-layout:auto;border:0}
.lk-card .lk-table caption{caption-side:top;text-align:left;color:var(--lk-quiet);font-size:13px;padding:0 0 6px}
.lk-card .lk-table :is(th,td){text-align:left;vertical-align:top;padding:7px 12px;border:0;border-bottom:1px solid var(--lk-line);background:none;color:var(--lk-ink);max-width:none;white-space:normal}
.lk-card .lk-table thead th{font-weight:600;border-bottom:2px solid var(--lk-line)}.lk-card .lk-table tbody th{font-weight:550}
.lk-card .lk-table tr.lk-now :is(th,td){background:var(--lk-lit)}.lk-who{display:block;color:var(--lk-quiet);font-size:13px}
@media (max-width:1000px){.lk-card{padding:12px 12px}.lk-card .lk-table :is(th,td){padding:6px 4px;font-size:13px}}
.lk-inline{display:block!important}.lk-still{display:none}
.lk-frame .widget-label{min-width:0;width:auto;color:inherit}.lk-frame button{min-height:32px;height:auto}
.lk-frame :is(button,input,select,textarea):focus-visible{outline:3px solid #0072B2;outline-offset:2px;box-shadow:0 0 0 2px #fff}
.lk-frame :is(.widget-html,.widget-html-content){min-width:0;max-width:100%}.lk-scroll:focus-visible{outline:3px solid #0072B2;outline-offset:-3px}
.lk-frame .lk-row{flex-wrap:wrap;gap:8px 10px;align-items:center;margin:2px 0}
"""  # noqa: E501


def _tones(column):
    return "".join(f"--lk-{tone}:{values[column]};" for tone, values in TONES.items())


BASE = BASE.replace("LIGHT", _tones(0)).replace("DARK", _tones(1)).strip()
STYLE = f"<style>{BASE}\n{PAGE.strip()}</style>"


class Html(str):
    """Text that is HTML already; everything else is escaped before it is shown."""


def text(value):
    """`value` ready to stand in HTML: `Html` as it is, anything else escaped."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def glyph(tone):
    """The shape of a tone, hidden from screen readers because a word always stands beside it."""
    return Html(
        f'<svg class="lk-glyph lk-{tone}" width="11" height="11" viewBox="0 0 12 12" aria-hidden="true">'
        f"{SHAPES[TONES[tone][2]]}</svg>"
    )


def badge(word, tone="idle"):
    """A word in a pill with the shape and colour of its tone: good, bad, info, odd or idle."""
    return Html(f'<span class="lk-badge lk-{tone}">{glyph(tone)}<span>{text(word)}</span></span>')


def mark(x, y, tone, *, size=12):
    """The shape of a tone inside a drawing, centred at (x, y)."""
    place = f"translate({x - size / 2:.1f} {y - size / 2:.1f}) scale({size / 12:.2f})"
    return f'<g class="lk-{tone}" transform="{place}">{SHAPES[TONES[tone][2]]}</g>'


def cell(word, tone, who=""):
    """A table cell's content: shape, word and, beneath, who said so."""
    below = f' <span class="lk-who">{text(who)}</span>' if who else ""
    return Html(f'<span style="white-space:nowrap">{glyph(tone)}<strong>{text(word)}</strong></span>{below}')


def code(value):
    """`value` in the fixed-width face."""
    return Html(f"<code>{text(value)}</code>")


def table(caption, columns, rows, *, now=None):
    """A real HTML table; the first cell of each row heads it. `now`: index of the row to light up."""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    body = "".join(_row(row, index == now) for index, row in enumerate(rows))
    return Html(
        f'<table class="lk-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row, lit):
    first, *rest = row
    cells = "".join(f"<td>{text(value)}</td>" for value in rest)
    return f'<tr{" class=lk-now aria-current=true" if lit else ""}><th scope="row">{text(first)}</th>{cells}</tr>'


def panel(title, *body, note=""):
    """A card: title, content, and a quiet line beneath it."""
    end = f'<p class="lk-note">{text(note)}</p>' if note else ""
    inside = "".join(text(part) for part in body)
    return Html(
        f'{STYLE}<div class="lk lk-card" role="group" aria-label="{escape(title)}">'
        f'<p class="lk-title">{text(title)}</p>{inside}{end}</div>'
    )


def drawing(width, height, body, *, title, desc):
    """An SVG picture, `width` x `height` units, with its text alternative: a title and a description that says what
    the picture says. On a narrow page it scrolls before its words get too small.
    """
    picture = (
        f'<svg class="lk" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(f"{title}. {desc}")}" style="max-width:{width}px"><desc>{escape(desc)}</desc>{body}</svg>'
    )
    return Html(scrollable(picture, width))


def still(html):
    """`html` for a saved page: beside each drawing stands a copy as an image, which shows where SVG and styles are
    not trusted.
    """
    start = html.find('<svg class="lk" ')
    if start < 0:
        return html
    end = html.index("</svg>", html.index("<desc>", start)) + len("</svg>")
    svg = html[start:end]
    alone = svg.replace("<desc>", f"<style>{BASE}</style><desc>", 1)
    data = base64.b64encode(alone.encode()).decode()
    label = svg.split('aria-label="', 1)[1].split('"', 1)[0]
    image = f'<img class="lk-still" alt="{label}" src="data:image/svg+xml;base64,{data}">'
    return html[:start] + f'<div class="lk-inline" hidden="hidden">{svg}</div>{image}' + still(html[end:])
