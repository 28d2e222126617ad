"""A view in a notebook: picture and words always, widgets only where somebody can use them."""

import subprocess
import sys

import ipywidgets
import pytest

from labkit.lab import session
from labkit.views import OutageTimeline, PolicyPlayground, PreCopy, TokenInspector, Topology, TracePlayer
from labkit.world import World


def views(cloud, session):
    return [
        TokenInspector(cloud, session),
        PolicyPlayground(),
        OutageTimeline(),
        Topology(cloud.world),
        TracePlayer(cloud.world.trace),
        PreCopy(),
    ]


class Events:
    """Stands for IPython's events: `post_run_cell` callbacks."""

    def __init__(self):
        self.callbacks = []

    def register(self, name, callback):
        self.callbacks.append(callback)


@pytest.fixture()
def student(monkeypatch):
    """Somebody sits at the notebook."""
    shell = type("Shell", (), {"events": Events()})()
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.setattr(session, "shell", lambda: shell)
    return shell


def test_a_headless_run_gets_the_picture_alone_and_always_the_same(cloud, session):
    for view in views(cloud, session):
        bundle = view._repr_mimebundle_()
        assert sorted(bundle) == ["text/html", "text/plain"] and bundle == view._repr_mimebundle_()


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def test_a_student_gets_widgets_and_each_has_a_name(cloud, session, student):
    for view in views(cloud, session):
        bundle = view._repr_mimebundle_()
        assert {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(bundle)
        for widget in walk(view.live()):
            assert not isinstance(
                widget, (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.SelectionSlider, ipywidgets.Play)
            )
            if isinstance(widget, (ipywidgets.Button, ipywidgets.Dropdown, ipywidgets.Text, ipywidgets.BoundedIntText)):
                assert widget.description


def test_a_click_changes_the_picture_and_says_what_happened(student):
    world = World(seed=7)
    world.node("laptop"), world.node("server", serve=lambda message: "hello")
    view = Topology(world, actions={"Ask": lambda w: w.ask("laptop", "server", "rest", "GET /", 5)})
    buttons = {widget.description: widget for widget in walk(view.live()) if isinstance(widget, ipywidgets.Button)}
    before = view._picture.value
    buttons["Ask"].click()
    assert view._picture.value != before and "hello" in view._said.value
    buttons["Cut"].click()
    buttons["Ask"].click()
    assert "no answer from server within 5 s" in view._said.value, "an error of the lab is a sentence, not a traceback"


def test_a_cell_that_changes_the_world_redraws_the_view(student):
    world = World(seed=7)
    world.node("laptop"), world.node("server")
    view = Topology(world)
    view.live()
    world.crash("server")
    for callback in student.events.callbacks:
        callback(None)
    assert ">crashed</text>" in view._picture.value


def test_the_number_field_and_the_buttons_agree(student):
    world = World(seed=7)
    world.node("laptop"), world.node("server", serve=lambda message: "hello")
    world.ask("laptop", "server", "rest", "GET /")
    player = TracePlayer(world.trace)
    player.live()
    player.heard("ArrowRight")
    assert player._number.value == 2 and "Step 2 of 2" in player._picture.value
    player._number.value = 1
    assert "Step 1 of 2" in player._picture.value
    player.play()
    assert player._keys.beat_ms == 900 and player._play.description == "Pause"
    player.heard("beat")
    assert player._keys.beat_ms == 0, "at the end it stops by itself"


def test_importing_the_views_imports_no_widgets():
    code = (
        "import sys, labkit.views.topology, labkit.views.frame; "
        "print([m for m in ('ipywidgets', 'anywidget', 'IPython', 'matplotlib') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
