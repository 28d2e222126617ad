"""Reading notebooks as they arrive: other encodings, old formats, missing ids. What cannot be read says why."""

from __future__ import annotations

import json
from pathlib import Path

ENCODINGS = ("utf-8-sig", "utf-16", "latin-1")
LIMIT = 20_000_000


class Unreadable(Exception):
    """The file is no notebook; the message is the verdict."""


def read(path: Path) -> dict:
    """The notebook at `path` with a list `cells`, each with cell_type, source (text), id (or None) and metadata."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(raw) > LIMIT:
        raise Unreadable(f"larger than {LIMIT // 1_000_000} MB")
    notebook = _parse(raw)
    cells = notebook.get("cells")
    if cells is None:  # format 3
        cells = [cell for sheet in notebook.get("worksheets", []) for cell in sheet.get("cells", [])]
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unreadable("is not a notebook: it has no list of cells")
    return {**notebook, "cells": [_cell(cell) for cell in cells]}


def _parse(raw: bytes) -> dict:
    for encoding in ENCODINGS:
        try:
            notebook = json.loads(raw.decode(encoding))
        except (UnicodeError, ValueError, RecursionError):
            continue
        if isinstance(notebook, dict):
            return notebook
    raise Unreadable("is not a notebook: not JSON" if raw.strip() else "is empty")


def _cell(cell: dict) -> dict:
    text = cell.get("source", cell.get("input", ""))
    if isinstance(text, list):
        text = "".join(part for part in text if isinstance(part, str))
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    return {
        "cell_type": cell.get("cell_type"),
        "source": text if isinstance(text, str) else "",
        "metadata": metadata,
        "id": cell.get("id") if isinstance(cell.get("id"), str) else None,
    }
