"""A JupyterLab for the tests, and a notebook open in it, as a student has them: this environment's, in a real browser.

    with Lab(folder) as lab:
        notebook = lab.open(page, "notebooks/05_keystone.ipynb")
        notebook.run_all()
        notebook.output("cell-id").get_by_role("button", name="Issue").click()
        notebook.wait_idle()
        assert notebook.barriers() == []

`output` gives a Playwright locator; everything Playwright can do by mouse or by keyboard is done with that.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from labkit.setup.doctor import BROWSERS
from labkit.setup.jupyter import command, variables

# As root (a container) Chromium has no sandbox of its own; and it shall not look for anything on the network.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Every cell is drawn, also those out of sight: tests and axe-core look at the whole notebook.
SETTINGS = {"@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"}}
BARRIER_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def chromium() -> str | None:
    """The machine's own browser, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Lab:
    """JupyterLab as `run.py lab` starts it, on a free port, with its root in `folder`."""

    def __init__(self, folder: Path, start_s: float = 60.0) -> None:
        self.folder = folder
        self.start_s = start_s
        self.token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Lab:
        settings = self.folder / ".settings"
        for name, values in SETTINGS.items():
            (settings / name).parent.mkdir(parents=True, exist_ok=True)
            (settings / name).write_text(json.dumps(values))
        places = dict.fromkeys(("JUPYTERLAB_SETTINGS_DIR", "JUPYTER_CONFIG_DIR"), str(settings))
        mine = {"JUPYTER_TOKEN": self.token, **places}
        line = command(["--no-browser", "--port", str(self.port), "--expose-app-in-browser"], self.folder)
        self.log = (self.folder / ".server.log").open("w")
        self.server = subprocess.Popen(
            line, env={**variables(), **mine}, cwd=self.folder, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.wait_for_answer()
        return self

    def wait_for_answer(self) -> None:
        until = time.monotonic() + self.start_s
        while time.monotonic() < until and self.server.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api?token={self.token}", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"JupyterLab did not start:\n{(self.folder / '.server.log').read_text()[-2000:]}")

    def __exit__(self, *_) -> None:
        self.server.terminate()  # ends its kernels too
        try:
            self.server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.server.kill()
        self.log.close()

    def request(self, method: str, path: str):
        """Ask the server's own API; returns the JSON answer, None when there is none."""
        headers = {"Authorization": f"token {self.token}"}
        asked = urllib.request.Request(f"{self.url}/api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def end_kernels(self) -> None:
        """The next notebook that is opened gets a new kernel."""
        for session in self.request("GET", "sessions"):
            self.request("DELETE", f"sessions/{session['id']}")

    def open(self, page, path: str) -> Notebook:
        """Open a notebook of the folder in a workspace of its own, and wait for its kernel."""
        workspace = f"test-{secrets.token_hex(4)}"
        page.goto(f"{self.url}/lab/workspaces/{workspace}/tree/{path}?token={self.token}")
        notebook = Notebook(page)
        notebook.panel.locator(".jp-Cell").first.wait_for()
        notebook.wait_idle()
        return notebook


class Notebook:
    """The notebook that is open in a Playwright page."""

    def __init__(self, page) -> None:
        self.page = page
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def command(self, name: str, **arguments) -> None:
        """A command of JupyterLab, as its menus call it; returns when it is done."""
        call = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)"
        self.page.evaluate(call, [name, arguments])

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")
        self.wait_idle(at_most_s=180)

    def wait_idle(self, at_most_s: float = 60) -> None:
        """Wait until the status bar says so; the dot in the toolbar says it too early."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=1000 * at_most_s)

    def theme(self, dark: bool) -> None:
        self.command("apputils:change-theme", theme="JupyterLab Dark" if dark else "JupyterLab Light")
        self.page.locator(f"body[data-jp-theme-light='{'false' if dark else 'true'}']").wait_for(state="attached")

    def cell(self, cell_id: str):
        """The cell with this id (the model knows the ids, the page shows the cells in the model's order)."""
        script = """id => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets;
            return cells.findIndex(cell => cell.model.id === id);
        }"""
        index = self.page.evaluate(script, cell_id)
        assert index >= 0, f"this notebook has no cell '{cell_id}'"
        return self.panel.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, cell_id: str):
        return self.cell(cell_id).locator(".jp-OutputArea-output")

    def errors(self) -> list[str]:
        """What cells ended with: 'ZeroDivisionError: division by zero'; a lab call that stops a cell counts too."""
        script = """() => window.jupyterapp.shell.currentWidget.content.widgets
            .filter(cell => cell.model.type === 'code')
            .flatMap(cell => cell.model.outputs.toJSON())
            .filter(output => output.output_type === 'error')
            .map(output => `${output.ename}: ${output.evalue}`)"""
        return self.page.evaluate(script)

    def barriers(self) -> list[str]:
        """What axe-core finds inside our outputs: 'rule: what is wrong, in this element', one line each."""
        from axe_playwright_python.sync_playwright import Axe

        if self.panel.locator(".jp-OutputArea-output").count() == 0:
            return []
        found = Axe().run(self.page, context={"include": [[".jp-OutputArea-output"]]}, options=BARRIER_RULES)
        return [
            f"{rule['id']}: {rule['help']}, in {node['html'][:160]}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]

    def screenshot(self, name: str) -> Path | None:
        """A picture of the notebook in $LABKIT_SCREENSHOTS; nothing when nobody asked for pictures."""
        if not (folder := os.environ.get("LABKIT_SCREENSHOTS")):
            return None
        path = Path(folder) / f"{name}.png"
        self.panel.screenshot(path=path)
        return path
