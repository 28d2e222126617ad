"""One JupyterLab and one browser for all browser tests of a worker. Where there is no browser they skip, saying so."""

import os
import shutil
from pathlib import Path

import pytest

from tests.browser.jupyterlab import CHROMIUM_OPTIONS, Lab, chromium

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK_FOLDERS = ("notebooks", "exercises", "solutions")


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium of the machine."""
    if (program := chromium()) is None:
        pytest.skip("no browser on this machine: install chromium or Google Chrome (labkit doctor)")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: python3 run.py test installs it")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_OPTIONS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """JupyterLab on a copy of the project's notebooks and of the tests' sample."""
    folder = tmp_path_factory.mktemp("lab")
    for name in NOTEBOOK_FOLDERS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    shutil.copy(Path(__file__).with_name("sample.ipynb"), folder)
    with Lab(folder) as running:
        yield running


@pytest.fixture
def newcomer(lab):
    """The lab as somebody meets it who never was here: no progress, no kernel."""
    lab.end_kernels()
    for kept in Path(os.environ["LABKIT_HOME"]).glob("*"):
        kept.unlink()
    return lab


@pytest.fixture
def page(browser):
    """A fresh window: no cookies, no storage of an earlier test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
