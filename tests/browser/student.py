"""A student who comes back to a notebook: all predictions but the first were committed on an earlier day."""

import os
from contextlib import contextmanager
from pathlib import Path

from labkit.lab import cards
from labkit.lab.journal import Journal


def predicted_before(home: Path, notebook: str, first: str) -> None:
    """A journal in which every prediction of the notebook's cards but the first is committed."""
    for kept in home.glob("*"):
        kept.unlink()
    journal = Journal(str(home / "progress.db"))
    for card in cards.all():
        for prediction in card.predictions if card.notebook == notebook else ():
            if prediction.id != first:
                right = prediction.correct == "a"
                journal.write("predict", prediction.id, choice="a", confidence=2, right=right, belief=None)


@contextmanager
def reading(lab, browser, notebook, first, cell, option, most_refused=1):
    """The whole notebook has run, after `option` of its first prediction (in the output of `cell`) was committed by
    mouse. Until then at most `most_refused` cells say 'predict first', and no other error is there."""
    lab.end_kernels()
    predicted_before(Path(os.environ["LABKIT_HOME"]), notebook, first)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    opened = lab.open(context.new_page(), f"notebooks/{notebook}.ipynb")
    opened.run_all()
    refused = [error.partition(":")[0] for error in opened.errors()]
    assert set(refused) == {"PredictFirst"} and len(refused) <= most_refused
    commit(opened.output(cell), option, "2 · unsure")
    opened.run_all()
    yield opened
    context.close()


def commit(card, option, sure):
    """Choose, say how sure, commit."""
    for name in (option, sure, "Commit"):
        card.get_by_role("button", name=name).click()
    card.get_by_text("Committed.").wait_for()


def press(notebook, control, key="Enter"):
    """Use a control without a mouse."""
    control.focus()
    notebook.page.keyboard.press(key)
