"""Small SVG parts and the one palette. Pictures follow JupyterLab's light and dark theme and can be read aloud.

Colours are CSS custom properties on the root element: text and lines take JupyterLab's own variables, the accents are
four that colour-blind people tell apart (Okabe & Ito). A colour never says something alone: add a shape or a word.

    svg("Two nodes", "laptop and keystone, link whole", 200, 80,
        [rect(10, 10, 60, 24, fill="blue"), text(40, 26, "laptop"), line(70, 22, 130, 22, arrow=True)])
"""

from html import escape as _escape

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
PALETTE = {"blue": BLUE, "orange": ORANGE, "green": GREEN, "purple": PURPLE}
THEME = {
    "text": "var(--jp-ui-font-color1, #222)",
    "faint": "var(--jp-ui-font-color2, #595959)",
    "line": "var(--jp-border-color0, #767676)",
    "paper": "var(--jp-layout-color0, #fff)",
    "panel": "var(--jp-layout-color2, #eee)",
}
DASHES = {"solid": None, "dashed": "6 4", "dotted": "2 3"}
FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"


def escape(value):
    """Text that is safe inside HTML and SVG, in element content and in quoted attributes."""
    return _escape(str(value), quote=True)


def style():
    """CSS declarations that define `--lab-<name>` for the palette and the theme (for a root element's style=)."""
    return "".join(f"--lab-{name}:{value};" for name, value in (*PALETTE.items(), *THEME.items()))


def colour(name):
    """A CSS colour: a name of PALETTE or THEME becomes its custom property, 'none' and '#rrggbb' stay."""
    return f"var(--lab-{name})" if name in PALETTE or name in THEME else escape(name)


def attributes(**values):
    """` a="1" b-c="2"`: underscores become hyphens, None is left out, numbers are rounded to 1/100."""
    parts = []
    for key, value in values.items():
        if value is not None:
            value = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"')
    return "".join(parts)


def element(tag, *children, **values):
    """One SVG or HTML element; `children` are markup already (escape text yourself, or use `text`)."""
    inner = "".join(children)
    return f"<{tag}{attributes(**values)}>{inner}</{tag}>" if inner else f"<{tag}{attributes(**values)}/>"


def text(x, y, words, *, size=12, anchor="middle", fill="text", weight=None, **more):
    """Words at (x, y); anchor: start, middle or end."""
    return element("text", escape(words), x=x, y=y, font_size=size, text_anchor=anchor, fill=colour(fill),
                   font_weight=weight, **more)


def rect(x, y, width, height, *, fill="panel", stroke="line", rounded=3, dash="solid", **more):
    """A box with its corner at (x, y)."""
    return element("rect", x=x, y=y, width=width, height=height, rx=rounded, fill=colour(fill), stroke=colour(stroke),
                   stroke_dasharray=DASHES[dash], **more)


def circle(x, y, radius, *, fill="panel", stroke="line", **more):
    """A disc around (x, y)."""
    return element("circle", cx=x, cy=y, r=radius, fill=colour(fill), stroke=colour(stroke), **more)


def line(x1, y1, x2, y2, *, stroke="line", width=1.5, dash="solid", arrow=False, **more):
    """A line; with `arrow` a head at (x2, y2)."""
    shaft = element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour(stroke), stroke_width=width,
                    stroke_dasharray=DASHES[dash], **more)
    return shaft + (arrow_head(x1, y1, x2, y2, stroke) if arrow else "")


def arrow_head(x1, y1, x2, y2, fill="line", size=7.0):
    """A filled triangle with its tip at (x2, y2), coming from (x1, y1). (A <marker> would need an id of its own.)"""
    dx, dy = x2 - x1, y2 - y1
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / length, dy / length
    bx, by = x2 - size * ux, y2 - size * uy
    half = size * 0.45
    points = f"{x2:.1f},{y2:.1f} {bx - half * uy:.1f},{by + half * ux:.1f} {bx + half * uy:.1f},{by - half * ux:.1f}"
    return element("polygon", points=points, fill=colour(fill))


def cross(x, y, *, stroke="orange", size=5.0, width=2.0):
    """A ✕ around (x, y): something ended here."""
    left, right, top, bottom = (f"{value:.1f}" for value in (x - size, x + size, y - size, y + size))
    path = f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
    return element("path", d=path, stroke=colour(stroke), stroke_width=width, fill="none")


def svg(title, description, width, height, parts):
    """A complete picture: role=img, named by `title`, described by its <desc>; scales down to the page's width.

    No ids, so that the same picture may stand twice on a page; equal pictures have equal bytes, so that a stored
    notebook output can be compared.
    """
    body = element("title", escape(title)) + element("desc", escape(description)) + "".join(parts)
    return element("svg", body, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=title,
                   viewBox=f"0 0 {width:g} {height:g}", width=f"{width:g}", height=f"{height:g}",
                   style=f"{style()}max-width:100%;height:auto;font-family:{FONT};background:var(--lab-paper)")


def scrollable(picture, width):
    """A picture that is drawn `width` pixels wide, in a box of its own: on a narrow page it shrinks to three quarters
    (12 px become 9), then the box scrolls. Arrow keys scroll it once it has the focus; JupyterLab leaves them alone.
    """
    return (f'<div class="lk-scroll" role="group" aria-label="Picture, scrolls sideways" tabindex="0" '
            f'data-lm-suppress-shortcuts="true" style="overflow-x:auto">'
            f'<div style="min-width:{width * 3 // 4:g}px">{picture}</div></div>')


def figure(picture, width, rows, *, summary="The same as text"):
    """A picture, `width` pixels wide, with a folded text alternative: `rows` are lines of plain words."""
    items = "".join(f"<li>{escape(row)}</li>" for row in rows)
    return (f'<figure style="{style()}margin:0;color:var(--lab-text)">{scrollable(picture, width)}'
            f"<details><summary>{escape(summary)}</summary><ol>{items}</ol></details></figure>")
