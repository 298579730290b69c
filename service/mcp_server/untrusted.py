"""Answers made fit for an agent: bounded in size, and told to be data that others wrote.

What candidates write reaches an agent in fields of results only. Every answer that may hold such text says
`untrusted: true` beside it, and its schema says so too (`x-untrusted`).
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import orjson
from pydantic import JsonValue

from service.mcp_server.tool import Shape

MOST_BYTES: Final = 1024 * 1024 - 16 * 1024
"""For rows, as text and as structure; the rest is room for the envelope."""
CUTS: Final = (65_536, 16_384, 4096, 1024, 256, 64)
HIDDEN: Final = re.compile(rb"\xf3\xa0[\x80\x81][\x80-\xbf]")
"""Tag characters: no reader sees them, and a model reads them as words."""
MARK: Final[dict[str, JsonValue]] = {"x-untrusted": True}


def visible(body: bytes) -> bytes:
    """Return JSON without characters that only a machine would read."""
    return HIDDEN.sub(b"", body)


def cost(value: Any) -> int:
    """Return how many bytes a value takes in an answer, where it stands twice: as text and as structure."""
    plain = orjson.dumps(value)
    return len(plain) + len(orjson.dumps(plain.decode()))


def fitting(rows: Sequence[Shape], most: int = MOST_BYTES) -> tuple[list[Shape], bool]:
    """Return as many of the first rows as fit (one at least), and whether any text was cut."""
    kept: list[Shape] = []
    left = most
    for row in rows:
        takes = cost(row)
        if takes > left and kept:
            break
        if takes > most:
            return [cut_to(row, most)], True
        kept.append(row)
        left -= takes
    return kept, False


def cut_to(value: Any, most: int = MOST_BYTES) -> Any:
    """Return a value whose longest texts and lists are cut until it fits."""
    for longest in CUTS:
        if cost(value) <= most:
            break
        value = _cut(value, longest)
    return value


def _cut(value: Any, longest: int) -> Any:
    match value:
        case str() if len(value) > longest:
            return value[:longest] + "…"
        case list():
            return [_cut(each, longest) for each in value[:longest]]
        case dict():
            return {name: _cut(each, longest) for name, each in list(value.items())[:longest]}
    return value
