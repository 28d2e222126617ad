"""observe: write down what you saw; it is compared with the trace at once.

One in five observations of a demonstration is wrong, because beliefs bend what is seen (Miller et al. 2013). A wrong
one is answered kindly, with what the trace shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labkit.lab import cards, paper, session
from labkit.lab.card import Look
from labkit.lab.errors import Quiet
from labkit.world.draw import escape

LATER = "Have later cells run in between? Then run the cells of this experiment again first: they may share names."


def observe(
    id: str, subject: Any = None, /, *, truth: Mapping[str, Any] | Callable[[Any], Mapping] | None = None, **values: Any
) -> None:
    """Compare `values` with what the world shows.

    `subject` is the world (or trace) that the card's looks read. Without a card, `truth` gives the right values: a
    dict, or a function of `subject` that returns one. `...` means: not looked yet. Quiet error for a value the
    experiment does not have, and for a subject that it did not make (a later cell has used the name).
    """
    looks = _looks(id, truth, subject)
    unknown = set(values) - set(looks)
    if unknown or not values:
        raise Quiet(
            f"observe({id!r}) takes {', '.join(f'{name}=…' for name in looks) or 'nothing'}.",
            next_step=f"not {', '.join(sorted(unknown))}" if unknown else "write down what you saw",
        )
    lines, all_seen = [], True
    for name, value in values.items():
        seen, line = _compare(name, value, looks[name], subject)
        all_seen &= seen
        lines.append(line)
    if Ellipsis not in values.values():
        lines += [] if all_seen else [LATER]
        session.journal().write(
            "observe", id, right=all_seen, values={name: repr(value) for name, value in values.items()}
        )
    heading = "Seen" if all_seen else "Look again" if Ellipsis not in values.values() else "What did you see?"
    paper.show(
        paper.card(heading, paper.items([escape(line) for line in lines]), mood="good" if all_seen else "note"),
        "\n".join([heading, *lines]),
    )


def _looks(id, truth, subject) -> Mapping[str, Look]:
    if truth is not None:
        found = truth(subject) if callable(truth) else truth
        return {
            name: Look(lambda _, value=value: value(subject) if callable(value) else value)
            for name, value in found.items()
        }
    observation = cards.find("observations", id)
    if observation is None:
        raise Quiet(f"There is no experiment {id!r} to observe.", next_step="check the id, or pass truth={…}")
    return observation.looks


def _compare(name: str, value: Any, look: Look, subject: Any) -> tuple[bool, str]:
    """(seen rightly, the line that says so)."""
    if value is Ellipsis and not session.headless():
        return False, f"{name}: replace ... by what you saw"
    try:
        truth = look.truth(subject)
        shows = f" {look.shows(subject)}" if look.shows else ""
    except Exception as error:  # whatever a look meets in a thing that it was not written for
        raise Quiet(
            f"{name} cannot be looked up in what stands behind this name now: {type(subject).__name__}.",
            next_step="a later cell has used the name; run the cells of this experiment again, then this one",
        ) from error
    if value is Ellipsis:
        return True, f"{name}: nobody was there to look (headless run); the trace shows {truth!r}.{shows}"
    if same(value, truth, look.tolerance):
        return True, f"{name}: {value!r}, yes.{shows}"
    return (
        False,
        f"{name}: you wrote {value!r}, the trace shows {truth!r}.{shows} Go back and find it there.",
    )


def same(value: Any, truth: Any, tolerance: float = 0.0) -> bool:
    """Equal: numbers within the tolerance, text without regard to case and outer spaces, sets and lists by their
    members."""
    numbers = (int, float)
    if isinstance(value, numbers) and isinstance(truth, numbers) and bool not in (type(value), type(truth)):
        return abs(value - truth) <= tolerance
    if isinstance(value, str) and isinstance(truth, str):
        return value.strip().casefold() == truth.strip().casefold()
    if isinstance(truth, (set, frozenset)):
        return isinstance(value, (set, frozenset, list, tuple)) and set(value) == set(truth)
    if isinstance(truth, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(truth)
            and all(same(v, t, tolerance) for v, t in zip(value, truth, strict=True))
        )
    return type(value) is type(truth) and value == truth
