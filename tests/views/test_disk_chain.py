"""The picture of a disk's files: what it shows is what a read does."""

import ipywidgets
import pytest

from labkit.lab import session
from labkit.views import DiskChain
from labkit.views.disk_chain import look
from labkit.vmm.disks import Datastore
from labkit.world import World


@pytest.fixture()
def web():
    store = Datastore(World(seed=7), "local", capacity_gib=1)
    web = store.create("web", gib=1 / 4)
    web.fill(0, 1 / 2, b"A")
    web.snapshot("s1")
    web.write(2 * 65536, b"x")
    return web


@pytest.fixture()
def student(monkeypatch):
    """Somebody sits at the notebook."""
    events = type("Events", (), {"register": lambda self, name, callback: None})()
    monkeypatch.setattr(session, "headless", lambda: False)
    monkeypatch.setattr(session, "shell", lambda: type("Shell", (), {"events": events})())


def test_the_chosen_block_and_the_file_it_is_read_from(web):
    view = DiskChain(web)
    assert view.text().startswith("Block 0 of web is read from web.img: 2 files asked.")
    view.heard("ArrowRight"), view.heard("ArrowRight")
    assert view.text().startswith("Block 2 of web is read from web-000001.img: 1 file asked.")
    view.heard("End")
    assert "Block 11 of web: 2 files asked, nobody has it, it reads as zeros." in view.html()
    view.heard("ArrowRight"), view.heard("Home"), view.heard("ArrowLeft")
    assert view.block == 0


def test_looking_changes_nothing_and_is_always_the_same(web):
    before = web.world.trace.digest(), web.cost
    bundles = [DiskChain(web)._repr_mimebundle_() for _ in range(2)]
    assert bundles[0] == bundles[1] and sorted(bundles[0]) == ["text/html", "text/plain"]
    assert (web.world.trace.digest(), web.cost) == before


def test_a_broken_chain_is_drawn_as_far_as_it_goes(web):
    web.store.lose("web.img")
    assert "web-000001.img → web.img: the file web.img is missing" in DiskChain(web).text()
    assert [layer.file for layer in look(web).layers] == ["web-000001.img"]
    assert "broken" in DiskChain(web).html()


def test_buttons_do_what_they_say_and_every_control_has_a_name(web, student):
    view = DiskChain(web)
    widgets = [child for row in view.live().children for child in getattr(row, "children", ())]
    buttons = {widget.description: widget for widget in widgets if isinstance(widget, ipywidgets.Button)}
    assert all(widget.description for widget in widgets if isinstance(widget, (ipywidgets.Button, ipywidgets.Dropdown)))
    buttons["Write this block"].click()
    assert "Written to web-000001.img; 63.999 KiB copied up" in view._said.value
    buttons["Take a snapshot"].click()
    assert view.chosen == "s2" and web.chain[0] == "web-000002.img"
    buttons["Linked clone of it"].click()
    buttons["Delete it (consolidate)"].click()
    assert "the linked clones web-clone1 stand on it" in view._said.value, "a sentence, not a traceback"
    buttons["Revert to it"].click()
    assert "0 MiB written since snapshot &#x27;s2&#x27; will be lost" in view._said.value
    view.show("web-clone1")
    buttons["Pull: stand alone"].click()
    assert web.store.disks["web-clone1"].chain == ["web-clone1.img"]
