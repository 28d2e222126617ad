"""The judge's view of what a student handed in: a proxy through which only JSON passes.

    judge ── call(request=…, cache=State("cache"), keystone=Handle("keystone", {"validate": fn})) ──▶ student's function
    judge ◀─────────── fn(token) ──────────────────────────────── keystone.validate(token) ───────── student's function
    judge ◀─────────── the returned value ────────────────────────────────────────────────────────── student's function

`perform(message, answer)` carries one message to the artefact's side and brings back the reply; while it waits,
`answer(question)` serves the calls of handles. In the notebook it is a function call, in the grader a pipe: messages
and replies are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.lab.player import Player
from labkit.lab.values import NotPlain, plain

if TYPE_CHECKING:
    from labkit.world import World

CARRIED = (ConnectionError, TimeoutError, PermissionError, LookupError, KeyError, ValueError, TypeError)
"""Exceptions a handle's method may raise on purpose; the student's code sees the same built-in exception."""


class State:
    """An empty dict that lives on the artefact's side and is kept from call to call within one scenario."""

    def __init__(self, name: str):
        self.name = name


class Handle:
    """An object for the student's function whose `methods` (name → function) run on the judge's side.

    Arguments and results are plain values. A method may raise a built-in exception of CARRIED: the student's code
    sees it raised. `missing`, if given, is called with the name of anything else that is looked for on the object, and
    may raise likewise. Several handles may be handed over in a dict, by name.
    """

    def __init__(self, name: str, methods: Mapping[str, Callable], missing: Callable[[str], Any] | None = None):
        self.name, self.methods, self.missing = name, dict(methods), missing

    def answer(self, question: dict) -> Any:
        """What a method returns; for a name that is none, what `missing` has to say."""
        method = self.methods.get(question["method"])
        if method is None and self.missing is not None:
            return self.missing(question["method"])
        return self.methods[question["method"]](*question["arguments"], **question["keywords"])


class ArtefactError(Exception):
    """The artefact did not answer with a plain value; `did` says what it did instead, in words for the student.

    `endless`: it used up its budget, so trying it in every further scenario would only take time. `misfit`: it does
    not take the arguments of the task.
    """

    def __init__(self, did: str, endless: bool = False, misfit: bool = False):
        super().__init__(did)
        self.did, self.endless, self.misfit = did, endless, misfit


class Artefact:
    """A proxy for a function, configuration or plan. `world` is the world of the scenario being played: its trace is
    the replay."""

    def __init__(self, perform: Callable[[dict, Callable], dict], name: str = "artefact", steps: int = 20_000):
        self._perform, self._name, self._steps = perform, name, steps
        self.output = ""
        self.fresh(0)

    def fresh(self, seed: int) -> None:
        """Begin a new scenario: states are empty again, the world is new."""
        self._seed, self._world, self.output = seed, None, ""
        self._send({"play": "fresh"}, {})

    @property
    def world(self) -> World:
        """The world of this scenario, made when first used; calls of the artefact and of its handles are in its
        trace."""
        from labkit.world import World

        if self._world is None:
            self._world = World(seed=self._seed)
        return self._world

    @property
    def value(self) -> Any:
        """The plain value of a configuration or plan."""
        return self._send({"play": "value"}, {})

    def call(self, method: str | None = None, /, **arguments) -> Any:
        """Call the function (or its `method`) with plain values, States and Handles; the plain result, or
        ArtefactError."""
        handles = {a.name: a for value in arguments.values() for a in _handles(value)}
        sent = {key: _encode(key, value) for key, value in arguments.items()}
        kept = {key for key, value in arguments.items() if isinstance(value, State) or _handles(value)}
        shown = {key: value for key, value in sent.items() if key not in kept}
        asked = self.world.emit("task", "you", "call", method or "call", **{"arguments": shown})
        returned = self._send({"play": "call", "method": method, "arguments": sent, "steps": self._steps}, handles)
        self.world.emit("you", "task", "return", _brief(returned), cause=asked, returned=returned)
        return returned

    def _send(self, message, handles):
        reply = self._perform({**message, "artefact": self._name}, lambda question: self._answer(question, handles))
        self.output = (self.output + reply.get("output", ""))[:2000]
        if "failed" in reply:
            raise ArtefactError(reply["failed"], reply.get("endless", False), reply.get("misfit", False))
        return reply.get("returned")

    def _answer(self, question, handles):
        handle, method = handles[question["handle"]], question["method"]
        asked = self.world.emit("you", handle.name, "call", method, arguments=question["arguments"])
        try:
            value = plain(handle.answer(question), f"{handle.name}.{method}(…)")
        except CARRIED as error:
            if isinstance(error, NotPlain):
                raise
            self.world.emit(handle.name, "you", "return", f"{type(error).__name__}: {error}", cause=asked)
            return {"raise": type(error).__name__, "text": str(error)}
        self.world.emit(handle.name, "you", "return", _brief(value), cause=asked, returned=value)
        return {"value": value}


def in_process(student: Any, steps: int = 20_000) -> Artefact:
    """The proxy of something in this very process; everything is sent through JSON all the same."""
    player = Player(lambda name: student)

    def perform(message, answer):
        reply = player.play(_through_json(message), lambda question: _through_json(answer(_through_json(question))))
        return _through_json(reply)

    return Artefact(perform, steps=steps)


def _encode(key, value):
    if isinstance(value, State):
        return {"$state": value.name}
    if isinstance(value, Handle):
        return {"$handle": value.name, "methods": sorted(value.methods), "missing": value.missing is not None}
    if _handles(value):
        return {"$handles": {name: _encode(name, handle) for name, handle in value.items()}}
    return plain(value, key)


def _handles(value):
    """The handles in an argument: itself, or the values of a dict of handles."""
    if isinstance(value, Handle):
        return [value]
    several = list(value.values()) if isinstance(value, dict) else []
    return several if several and all(isinstance(each, Handle) for each in several) else []


def _through_json(value):
    return json.loads(json.dumps(value))


def _brief(value, limit: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"
