"""A view as it stands in a notebook: a static picture everywhere, with live controls where somebody can use them.

    Frame ── html(), text()   pure pictures of the present state: saved, exported, printed, tested
          └─ controls()       standard ipywidgets, made only when a kernel can hear an answer

A headless run (nbval, nbclient, nbconvert) gets the picture alone, so its output is the same every time.
"""

import weakref

from labkit.lab import session
from labkit.views import card
from labkit.world.errors import LabError


class Frame:
    """Base of all live views. A subclass gives `html()`, `text()` and, if it has any, `controls()`."""

    keys = ()  # keys that `heard` wants, in the browser's names: 'ArrowRight', 'Home', …
    _live = None

    def html(self):
        """The picture of the present state as HTML."""
        raise NotImplementedError

    def text(self):
        """The same in plain words, for a terminal."""
        raise NotImplementedError

    def controls(self):
        """Rows (lists) of ipywidgets that stand above the picture."""
        return []

    def heard(self, key):
        """A key of `keys` was pressed inside the frame."""

    def clicked(self, what):
        """An element of the picture with `data-lk="what"` was clicked."""

    def refresh(self, said=""):
        """Draw anew; `said` is one sentence about what happened, read out by screen readers."""
        if self._live is not None:
            self._picture.value = self.html()
            self._said.value = said_html(said)

    def act(self, change, said=""):
        """Run `change()` and draw; an error of the lab (no answer, bad input) becomes its own sentence instead of a
        traceback.
        """
        try:
            outcome = change()
            self.refresh(outcome if isinstance(outcome, str) else said)
        except LabError as error:
            self.refresh(str(error))

    def live(self):
        """The box of controls and picture, made once."""
        if self._live is None:
            self._live = self._build()
        return self._live

    def _build(self):
        import ipywidgets

        from labkit.lab.keys import Keys

        self._keys = Keys(self.keys, self.heard, self.clicked)
        self._picture = ipywidgets.HTML(self.html())
        self._said = ipywidgets.HTML(said_html(""))
        self._said.add_class("lk-said")
        rows = [row(widgets) for widgets in self.controls()]
        box = ipywidgets.VBox([self._keys, *rows, self._said, self._picture])
        box.add_class("lk-frame")
        follow(self)
        return box

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": self.text(), "text/html": card.still(self.html())}
        if not session.headless():
            bundle.update(self.live()._repr_mimebundle_())
            bundle["text/plain"] = self.text()
        return bundle


def follow(frame):
    """Draw the frame anew after every cell that runs, for a cell may have changed what it shows; forget it when
    nobody holds it.
    """
    events, held = session.shell().events, weakref.ref(frame)

    def after(_result):
        if held() is None:
            events.unregister("post_run_cell", after)
        else:
            held().refresh()

    events.register("post_run_cell", after)


def row(widgets):
    """Controls side by side; on a narrow screen they wrap."""
    import ipywidgets

    box = ipywidgets.Box(widgets)
    box.add_class("lk-row")
    return box


def button(word, action, *, hint="", icon=""):
    """A button that calls `action()`."""
    import ipywidgets

    made = ipywidgets.Button(description=word, tooltip=hint or word, icon=icon, layout=ipywidgets.Layout(width="auto"))
    made.on_click(lambda _button: action())
    return made


def choice(word, options, action, *, value=None):
    """A labelled drop-down list; `action(value)` after each choice."""
    import ipywidgets

    made = ipywidgets.Dropdown(
        description=word,
        options=options,
        value=value if value is not None else first(options),
        layout=ipywidgets.Layout(width="auto"),
        style={"description_width": "initial"},
    )
    made.observe(lambda change: action(change["new"]), "value")
    return made


def number(word, low, high, value, action, *, step=1):
    """A labelled number field between `low` and `high`; `action(value)` after each change.

    Arrow keys count up and down.
    """
    import ipywidgets

    made = ipywidgets.BoundedIntText(
        value=value,
        min=low,
        max=high,
        step=step,
        description=word,
        layout=ipywidgets.Layout(width="auto"),
        style={"description_width": "initial"},
    )
    made.observe(lambda change: action(change["new"]), "value")
    return made


def text_field(word, placeholder, action, *, value="", width="26em"):
    """A labelled text field; `action(text)` when Enter is pressed or the field is left."""
    import ipywidgets

    made = ipywidgets.Text(
        value=value,
        placeholder=placeholder,
        description=word,
        continuous_update=False,
        layout=ipywidgets.Layout(width=width),
        style={"description_width": "initial"},
    )
    made.observe(lambda change: action(change["new"]), "value")
    return made


def first(options):
    """The value of the first option of a list of values or of (label, value) pairs."""
    return options[0][1] if isinstance(options[0], tuple) else options[0]


def said_html(sentence):
    """One sentence in the theme's ink."""
    return f'{card.STYLE}<div class="lk" role="status" style="background:none">{card.text(sentence)}</div>'
