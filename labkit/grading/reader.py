"""Reading notebooks as they arrive: other encodings, old formats, missing ids. What cannot be read says why."""

from __future__ import annotations

import json
from pathlib import Path

ENCODINGS = ("utf-8-sig", "utf-16", "latin-1")
LIMIT = 200_000_000
"""Bytes; stored pictures make an honest notebook large."""


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
    return {**notebook, "cells": [_cell(cell) for cell in _cells(notebook)]}


def _cells(notebook: dict) -> list[dict]:
    if "cells" in notebook:
        cells = notebook["cells"]
    else:  # format 3
        sheets = _dicts(notebook.get("worksheets"))
        cells = [cell for sheet in sheets for cell in _dicts(sheet.get("cells", []))] if sheets else None
    return _dicts(cells)


def _dicts(value) -> list[dict]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable("is not a notebook: it has no list of cells")
    return value


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
