"""The register of cards: one file per card (`q5.py`), imported when a part is first asked for."""

from __future__ import annotations

import importlib
import pkgutil

from labkit.lab import tasks
from labkit.lab.card import Card

_cards: dict[str, Card] = {}


def register(card: Card) -> Card:
    """Add a card to the register and return it; ValueError when its id is taken by another card."""
    if _cards.get(card.id, card) is not card:
        raise ValueError(f"card {card.id} is registered twice")
    _cards[card.id] = card
    return card


def all() -> list[Card]:
    """Every registered card, in the order of the notebooks."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_cards.values(), key=lambda card: (card.notebook, card.id))


def find(part: str, part_id: str):
    """The prediction, observation, explanation, question or freetext (`part`, plural) with this id, or None."""
    return next((item for card in all() for item in getattr(card, part) if item.id == part_id), None)


def belief(misconception: str | None) -> str:
    """The text of a misconception id ('' for None); looked up in the cards, then in the tasks."""
    for holder in (*all(), *tasks.all()):
        if misconception in holder.misconceptions:
            return holder.misconceptions[misconception]
    return ""
