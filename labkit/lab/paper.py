"""What the student's cards are made of: HTML that follows the theme, buttons one can reach with the keyboard, and
`show`.

Each card has a heading in words; colour only repeats what a word says. ipywidgets is imported when a card with
buttons is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labkit.lab import session
from labkit.world.draw import BLUE, escape, style

PRESSED = (BLUE, "white")
BUTTONS = """<style>.lk-frame .lk-option, .lk-frame .lk-button {align-self: flex-start}
.lk-frame .lk-option {white-space: normal; text-align: left; line-height: 1.4; padding: .3em .8em}</style>"""
EDGES = {"note": "blue", "good": "green", "not yet": "orange"}


def card(heading: str, *paragraphs: str, mood: str = "note") -> str:
    """A card as HTML; `heading` is plain text, paragraphs are HTML already."""
    body = "".join(f'<div style="margin:.35em 0">{paragraph}</div>' for paragraph in paragraphs if paragraph)
    return (
        f'<div style="{style()}border-left:4px solid var(--lab-{EDGES[mood]});padding:.2em .9em;color:var(--lab-text);'
        f'line-height:1.45;max-width:60em;white-space:normal"><strong>{escape(heading)}</strong>{body}</div>'
    )


def items(lines: Sequence[str]) -> str:
    """A list as HTML; lines are HTML already."""
    return (
        "<ul style='margin:.2em 0 .2em 1.2em;padding:0'>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"
        if lines
        else ""
    )


def code(text: str) -> str:
    """A line of code as HTML."""
    return f"<code>{escape(text)}</code>"


def show(html: str, text: str) -> None:
    """Display a card: HTML and text where a notebook takes it, else print the text."""
    if getattr(session.shell(), "kernel", None) is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": html, "text/plain": text}, raw=True)


def widgets():
    """The module ipywidgets, or None where it (or anywidget, which keeps the keys inside) is not installed, or where a
    terminal cannot show a button."""
    if session.at_terminal():
        return None
    try:
        import anywidget  # noqa: F401
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def board(*children, text: str):
    """Show widgets in a column, with their keys kept inside.

    `text` is what a saved notebook, a reader without widgets and a test see instead.
    """
    from IPython.display import display

    from labkit.lab.keys import fence

    box = fence(widgets().VBox([html(BUTTONS), *children]))
    bundle = box._repr_mimebundle_()
    bundle = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
    display({**bundle, "text/plain": text, "text/html": card(text)}, raw=True)
    return box


def html(value: str):
    """An HTML widget."""
    return widgets().HTML(value)


def button(label: str, action: Callable[[], None], *, tip: str = "", wide: bool = False):
    """A button (Tab reaches it, Space presses it); `label` is its accessible name."""
    kit = widgets()
    made = kit.Button(
        description=label,
        tooltip=tip or label,
        layout=kit.Layout(width="auto", min_width="2.5em", height="auto", max_width="60em"),
    )
    made.add_class("lk-option" if wide else "lk-button")
    made.on_click(lambda _: action())
    return made


class Choice:
    """One of several buttons stays pressed: `value` is its key. The pressed one is marked by '✓', not by colour
    alone."""

    def __init__(self, options: dict[str, str], changed: Callable[[], None], *, row: bool = False):
        kit = widgets()
        self.options, self.value, self._changed = options, None, changed
        self.buttons = {
            key: button(label, lambda key=key: self.press(key), wide=not row) for key, label in options.items()
        }
        self.box = (kit.HBox if row else kit.VBox)(list(self.buttons.values()))
        if row:
            self.box.layout.flex_flow = "row wrap"

    def press(self, key: str) -> None:
        """Choose this option."""
        self.value = key
        for other, made in self.buttons.items():
            made.description = ("✓ " if other == key else "") + self.options[other]
            made.style.button_color, made.style.text_color = PRESSED if other == key else (None, None)
        self._changed()

    def close(self) -> None:
        """No more changes."""
        for made in self.buttons.values():
            made.disabled = True
