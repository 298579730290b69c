"""Placeholders of batches: `{{args.x}}` and `{{resources.ats/candidates.0.id}}` filled with what is known."""

import re
from collections.abc import Mapping
from typing import Any, Final

_HOLE: Final = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")


class Unknown(Exception):
    """A placeholder names nothing."""


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value with its placeholders filled; one that is a whole text keeps its type.

    Raises Unknown.
    """
    if isinstance(value, dict):
        return {name: filled(below, known) for name, below in value.items()}
    if isinstance(value, list):
        return [filled(below, known) for below in value]
    if not isinstance(value, str):
        return value
    whole = _HOLE.fullmatch(value.strip())
    if whole:
        return _at(whole[1], known)
    return _HOLE.sub(lambda hole: str(_at(hole[1], known)), value)


def _at(path: str, known: Mapping[str, Any]) -> Any:
    """Return what stands at a path; of a list without a number, its first."""
    node: Any = known
    for part in path.split("."):
        if isinstance(node, list):
            number = int(part) if part.isascii() and part.isdecimal() and len(part) < 6 else None
            index = 0 if number is None else number
            if index >= len(node):
                raise Unknown(path)
            node = node[index]
            if number is not None:
                continue
        if not isinstance(node, Mapping) or part not in node:
            raise Unknown(path)
        node = node[part]
    return node
