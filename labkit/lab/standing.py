"""Where a student stands: points per card, beliefs still held, and what was sure and wrong, all computed from the
journal."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.lab import cards, tasks
from labkit.lab.journal import Entry


@dataclass(frozen=True)
class Row:
    """One line of the panel: an item of a card, points got and to get (of is 0 for what has no points), and a word on
    its state."""

    card: str
    item: str
    what: str
    points: float
    of: float
    state: str


@dataclass(frozen=True)
class Held:
    """A belief that the latest evidence still shows: misconception id, its text, how often it was seen, where last."""

    belief: str
    text: str
    times: int
    item: str
    sure: bool


def rows(entries: list[Entry]) -> list[Row]:
    """The items of all cards, and those of the journal that no card knows (predictions asked ad hoc)."""
    latest = {(entry.kind, entry.item): entry for entry in entries}
    found: list[Row] = []
    for card in cards.all():
        found += [_prediction(card.id, p.id, latest) for p in card.predictions]
        found += [_explanation(card.id, e.id, latest) for e in card.explanations]
        found += [_question(card.id, q.id, latest) for q in card.questions]
        found += [_task(task, latest) for task in tasks.all() if task.card == card.id]
        found += [_freetext(card.id, text, entries) for text in card.freetexts]
    known = {(row.what, row.item) for row in found}
    for kind, item in latest:
        if kind == "predict" and ("prediction", item) not in known:
            found.append(_prediction(item.rpartition(".")[0], item, latest))
    return found


def _prediction(card, item, latest):
    entry = latest.get(("predict", item))
    state = (
        "open"
        if entry is None
        else "committed"
        if entry.data["right"] is None
        else "right"
        if entry.data["right"]
        else "surprised"
    )
    return Row(card, item, "prediction", 1 if entry else 0, 1, state)


def _explanation(card, item, latest):
    entry = latest.get(("explain", item))
    state = "open" if entry is None else "confirmed" if entry.data["confirmed"] else "saved"
    return Row(card, item, "explanation", 1 if state == "confirmed" else 0, 1, state)


def _question(card, item, latest):
    entry = latest.get(("concept", item))
    return Row(card, item, "question", 0, 0, "open" if entry is None else "right" if entry.data["right"] else "not yet")


def _task(task, latest):
    entry = latest.get(("check", task.id))
    state = "open" if entry is None else "visible scenarios passed" if entry.data["passed"] else "not yet"
    return Row(task.card, task.id, "task", entry.data["points"] if entry else 0, task.points, state)


def _freetext(card, text, entries):
    done = {entry.data["step"]: entry.data for entry in entries if entry.kind == "freetext" and entry.item == text.id}
    state = "self-graded" if "own" in done else "draft" if "draft" in done else "open"
    return Row(
        card, text.id, "free text", sum(done["own"]["scores"].values()) if "own" in done else 0, text.points, state
    )


def beliefs_held(entries: list[Entry]) -> list[Held]:
    """Beliefs shown and not disproved since; those one was sure of (confidence 3 or 4) first, then the most
    frequent."""
    held: dict[str, Held] = {}
    for entry in entries:
        belief = entry.data.get("belief")
        if belief:
            times = held[belief].times + 1 if belief in held else 1
            sure = entry.data.get("confidence", 0) >= 3 or (belief in held and held[belief].sure)
            held[belief] = Held(belief, cards.belief(belief), times, entry.item, sure)
        else:
            for belief in _overcome(entry):
                held.pop(belief, None)
    return sorted(held.values(), key=lambda h: (not h.sure, -h.times, h.belief))


def _overcome(entry: Entry) -> set[str]:
    """The beliefs that this entry shows to be gone: a question answered right, a task passed, an explanation
    confirmed."""
    if entry.kind == "concept" and entry.data["right"] and (question := cards.find("questions", entry.item)):
        return {belief for _, belief in question.options.values() if belief}
    if entry.kind == "check" and entry.data["passed"]:
        return next((set(task.beliefs) for task in tasks.all() if task.id == entry.item), set())
    if entry.kind == "explain" and entry.data["confirmed"] and (prediction := cards.find("predictions", entry.item)):
        return set(prediction.beliefs.values())
    return set()


def sure_and_wrong(entries: list[Entry]) -> list[Entry]:
    """Predictions with confidence 3 or 4 that turned out wrong and are not explained yet."""
    explained = {entry.item for entry in entries if entry.kind == "explain" and entry.data["confirmed"]}
    return [
        entry
        for entry in entries
        if entry.kind == "predict"
        and entry.data["right"] is False
        and entry.data["confidence"] >= 3
        and entry.item not in explained
    ]
