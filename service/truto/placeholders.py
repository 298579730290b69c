"""Placeholders of batches: `{{args.x}}` and `{{resources.ats/candidates.0.id}}` filled with what is known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST: Final = 256 * 1024
"""Characters, and members of lists and objects, that the placeholders of one call may come to."""
_HOLE: Final = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")


class Unfilled(Exception):
    """A placeholder names nothing, or too much."""


@dataclass(slots=True)
class Filling:
    """The placeholders of one call."""

    known: Mapping[str, Any]
    left: int = MOST

    def filled(self, value: Any) -> Any:
        """Return a value with its placeholders filled; one that is a whole text keeps its type.

        Raises Unfilled.
        """
        if isinstance(value, Mapping):
            return {name: self.filled(below) for name, below in value.items()}
        if isinstance(value, list):
            return [self.filled(below) for below in value]
        if not isinstance(value, str):
            return value
        whole = _HOLE.fullmatch(value.strip())
        if whole:
            return self._at(whole[1])
        return _HOLE.sub(lambda hole: self._text(hole[1]), value)

    def _text(self, path: str) -> str:
        found = self._at(path)
        if isinstance(found, Mapping | list):
            raise Unfilled(f"{{{{{path}}}}} is no text")
        return str(found)

    def _at(self, path: str) -> Any:
        """Return what stands at a path; of a list without a number, its first."""
        node: Any = self.known
        for part in path.split("."):
            if isinstance(node, list):
                number = (
                    int(part) if part.isascii() and part.isdecimal() and len(part) < 6 else None
                )
                index = 0 if number is None else number
                if index >= len(node):
                    raise Unfilled(f"{{{{{path}}}}} names nothing that is known here")
                node = node[index]
                if number is not None:
                    continue
            if not isinstance(node, Mapping) or part not in node:
                raise Unfilled(f"{{{{{path}}}}} names nothing that is known here")
            node = node[part]
        self._weigh(node)
        return node

    def _weigh(self, value: Any) -> None:
        """Count what a value comes to; what is looked at is bounded with it."""
        self.left -= len(value) if isinstance(value, str) else 8
        if self.left < 0:
            raise Unfilled(f"the placeholders come to more than {MOST // 1024} KiB")
        if isinstance(value, Mapping):
            for name, below in value.items():
                self.left -= len(name)
                self._weigh(below)
        elif isinstance(value, list):
            for below in value:
                self._weigh(below)
