"""The artefact's side: plays the judge's calls on what the student wrote and answers in JSON.

The same player sits in the notebook's kernel (check) and in the grader's worker process; it never sees a verdict, a
rule or a scenario that is not being played.
"""

from __future__ import annotations

import builtins
import inspect
import io
import linecache
import os
import sysconfig
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from labkit.lab.steps import OutOfSteps, Steps
from labkit.lab.values import NotPlain, a_kind, plain

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
OUTPUT = 2000


class Missing(LookupError):
    """There is nothing under this name yet."""


class Player:
    """Answers messages `fresh`, `value` and `call`; `find(name)` gives the student's object or raises Missing."""

    def __init__(self, find: Callable[[str], Any]):
        self.find, self.states = find, {}

    def play(self, message: dict, ask: Callable[[dict], dict]) -> dict:
        """Play one message; `ask` carries a handle's call to the judge. Always a reply, never an exception of the
        student's."""
        try:
            if message["play"] == "fresh":
                self.states = {}
                return {}
            student = self.find(message["artefact"])
            if message["play"] == "value":
                return {"returned": plain(student, "what you handed in")}
            return self._call(student, message, ask)
        except (NotPlain, Missing) as error:
            return {"failed": str(error)}

    def _call(self, student, message, ask):
        function = getattr(student, message["method"], None) if message["method"] else student
        if not callable(function):
            return {"failed": f"what you handed in is {a_kind(student)}, not a function"}
        steps = Steps(message["steps"])
        arguments = {key: self._decode(value, steps, ask) for key, value in message["arguments"].items()}
        if wrong := _misfit(function, arguments):
            return {"failed": wrong, "misfit": True}
        output = Output()
        reply = self._run(function, arguments, steps, output)
        return {**reply, "steps": steps.used, "output": output.getvalue()}

    def _run(self, function, arguments, steps, output):
        try:
            with redirect_stdout(output), redirect_stderr(output), steps:
                reply = _answer(function, arguments)
        except OutOfSteps:
            reply = {}
        if steps.reason:
            return {"failed": f"your function {steps.reason}{_place(steps.frame)}", "endless": True}
        return reply

    def _decode(self, value, steps, ask):
        if isinstance(value, dict) and "$state" in value:
            return self.states.setdefault(value["$state"], {})
        if isinstance(value, dict) and "$handle" in value:
            return RemoteHandle(value["$handle"], value["methods"], steps, ask, value.get("missing", False))
        if isinstance(value, dict) and "$handles" in value:
            return {name: self._decode(handle, steps, ask) for name, handle in value["$handles"].items()}
        return value


class Output(io.StringIO):
    """What the artefact prints, as far as anybody wants to read it."""

    def write(self, text: str) -> int:
        """Keep the first OUTPUT characters; the rest goes nowhere."""
        super().write(text[: max(0, OUTPUT - self.tell())])
        return len(text)


class RemoteHandle:
    """An object in the student's hand whose methods are answered by the judge; `missing`: the judge is asked as well
    when something else is looked for on it."""

    def __init__(self, name, methods, steps, ask, missing=False):
        for method in methods:
            setattr(self, method, self._method(name, method, steps, ask))
        self._name = name
        self._look = (lambda wanted: self._method(name, wanted, steps, ask)()) if missing else None

    def __getattr__(self, wanted):
        if wanted.startswith("__") or wanted == "_look" or self._look is None:
            raise AttributeError(f"this object has no {wanted!r}")
        return self._look(wanted)

    def __repr__(self):
        return f"<{self._name}>"

    @staticmethod
    def _method(name, method, steps, ask):
        def remote(*arguments, **keywords):
            where = f"an argument of {name}.{method}"
            try:
                sent = {"arguments": plain(arguments, where), "keywords": plain(keywords, where)}
            except NotPlain as error:
                raise TypeError(str(error)) from None
            steps.pause()
            try:
                answer = ask({"handle": name, "method": method, **sent})
            finally:
                steps.resume()
            if "raise" in answer:
                raise getattr(builtins, answer["raise"])(answer["text"])
            return answer["value"]

        remote.__name__ = method
        return remote


def _answer(function, arguments) -> dict:
    """Call the student's function and make a reply of what it does. All of it is counted: a class of the student's may
    run code when it is looked at."""
    try:
        return {"returned": plain(function(**arguments), "what you returned")}
    except (KeyboardInterrupt, OutOfSteps):
        raise
    except NotPlain as error:
        return {"failed": str(error)}
    except RecursionError:
        return {"failed": "your function called itself without end", "endless": True}
    except BaseException as error:
        return {"failed": said(error)}


def said(error: BaseException) -> str:
    """What an exception of the student's says, with the student's own line: never one of ours or of Python's."""
    number, line = _unread(error) or _ran(error)
    place = f" in line {number}: `{line}`" if line else ""
    try:
        text = error.msg if isinstance(error, SyntaxError) and error.lineno else str(error)
    except Exception:
        text = "(it cannot say what)"
    return f"your function raised {type(error).__name__}{': ' + text[:200] if text else ''}{place}"


def _unread(error):
    """(number, text) of the line that Python could not read, or None."""
    if not isinstance(error, SyntaxError) or not error.lineno or str(error.filename).startswith((PACKAGE, *PYTHON)):
        return None
    return error.lineno, (error.text or "").strip()


def _ran(error):
    """(number, text) of the student's line that ran last; (0, '') without one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((PACKAGE, *PYTHON, "<frozen"))]
    return (own[-1].lineno, own[-1].line) if own else (0, "")


def _misfit(function, arguments):
    """Why the function cannot be called with these arguments, or None."""
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        names = ", ".join(arguments)
        return f"your function cannot be called with the arguments {names}: {error}; keep the names: {names}"
    except ValueError:
        pass  # built-in without a signature: calling it will tell
    return None


def _place(frame) -> str:
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() if frame else ""
    return f", last in line {frame.f_lineno}: `{line}`" if line else ""
