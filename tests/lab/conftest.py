"""The lab's tests: the small quorum task, a journal of their own, and a real kernel to click in."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))


@pytest.fixture
def quorum(monkeypatch):
    """The small task, registered for one test."""
    import quorum as module

    from labkit.lab import tasks

    tasks.all()
    monkeypatch.setitem(tasks._tasks, module.TASK.id, module.TASK)
    return module


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch, tmp_path):
    """No test sees another's journal or artefacts, or the developer's progress."""
    from labkit.lab import session

    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(session, "_journals", {})
    monkeypatch.setattr(session, "handed_in", {})


class Student:
    """A real kernel and a front end in front of it: runs cells as JupyterLab does, and presses its buttons."""

    def __init__(self, home, cwd):
        from jupyter_client.manager import start_new_kernel

        env = {**os.environ, "LABKIT_HOME": str(home), "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
        self.manager, self.client = start_new_kernel(env=env, cwd=str(cwd))
        self.models: dict[str, dict] = {}

    def run(self, source, allow_stdin=True):
        """Run a cell; (status, text of all outputs)."""
        number = self.client.execute(source, allow_stdin=allow_stdin)
        return self._follow(number)

    def press(self, label):
        """Click the newest button whose name is or begins with `label`."""
        key = next(
            key
            for key, state in reversed(self.models.items())
            if state.get("_model_name") == "ButtonModel"
            and state["description"].removeprefix("✓ ").startswith(label)
            and not state.get("disabled")
        )
        content = {"comm_id": key, "data": {"method": "custom", "content": {"event": "click"}}}
        return self._send("comm_msg", content)

    def type(self, label, text):
        """Type into the field called `label`."""
        key = next(key for key, state in reversed(self.models.items()) if state.get("description") == label)
        return self._send("comm_msg", {"comm_id": key, "data": {"method": "update", "state": {"value": text}}})

    def shown(self):
        """The HTML of all HTML widgets, in order."""
        return "\n".join(
            str(state.get("value")) for state in self.models.values() if state.get("_model_name") == "HTMLModel"
        )

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def _send(self, kind, content):
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        return self._follow(message["header"]["msg_id"])

    def _follow(self, number):
        """Read the messages that belong to a request until the kernel is idle again."""
        status, texts = "ok", []
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            kind, content = message["header"]["msg_type"], message["content"]
            if kind in ("comm_open", "comm_msg"):
                self.models.setdefault(content["comm_id"], {}).update(content["data"].get("state", {}))
            if message["parent_header"].get("msg_id") != number:
                continue
            if kind == "error":
                status = "error"
                texts += content["traceback"]
            elif kind == "stream":
                texts.append(content["text"])
            elif kind in ("display_data", "execute_result"):
                texts.append(content["data"].get("text/plain", ""))
            elif kind == "status" and content["execution_state"] == "idle":
                return status, "\n".join(texts)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """One kernel for a file of tests, in an empty folder."""
    folder = tmp_path_factory.mktemp("student")
    made = Student(folder / "home", folder)
    made.run("from labkit.lab import *\nimport quorum; _ = quorum.register()")
    yield made
    made.close()
