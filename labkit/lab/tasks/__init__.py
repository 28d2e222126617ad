"""The register of graded tasks: one file per card (`q5.py`), imported when a task is first asked for."""

from __future__ import annotations

import importlib
import pkgutil

from labkit.lab.task import Task

_tasks: dict[str, Task] = {}


def register(task: Task) -> Task:
    """Add a task to the register and return it; ValueError when its id is taken by another task."""
    if _tasks.get(task.id, task) is not task:
        raise ValueError(f"task {task.id} is registered twice")
    _tasks[task.id] = task
    return task


def get(task_id: str) -> Task:
    """The task with this id; KeyError naming the known ids otherwise."""
    _load()
    if task_id not in _tasks:
        raise KeyError(f"There is no task {task_id!r}. Known tasks: {', '.join(sorted(_tasks)) or 'none'}.")
    return _tasks[task_id]


def all() -> list[Task]:
    """Every registered task, in the order of the ids."""
    _load()
    return [_tasks[task_id] for task_id in sorted(_tasks)]


def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
