"""See where a live answer differs from what we expect: keys missing, new or of another type.

Never a value: a difference is an endpoint, a path, a kind and the name of a JSON type.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

from service.core import times
from service.core.recruitee.expected import ENDPOINTS, Key, Shape, template
from service.core.unified.evidence import Grade

ROWS = 25  # of each list: an answer may hold thousands
MOST = 50  # differences of one answer
FIRST, EVERY = 20, 50
ENDPOINTS_COUNTED = 20_000

What = Literal["missing", "new", "retyped"]
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}")
_CLASS = re.compile(r"[A-Z][A-Za-z]{0,39}")
_TEXTS: Mapping[str, str] = {"texts": "text", "ids": "id"}


class Difference(NamedTuple):
    """One way in which an answer is not what we expect."""

    endpoint: str  # "/candidates/{id}"
    path: str  # "candidate.placements[].stage_id"
    kind: What
    seen: str  # the JSON type that is there; "" where the key is missing


def look(endpoint: str, data: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return the differences of one answer, each once; none for an endpoint that we do not know."""
    known = ENDPOINTS.get(template(endpoint))
    if known is None:
        return ()
    found = (Difference(known.path, *each) for each in _object(data, known.answer, ""))
    return tuple(islice(dict.fromkeys(found), MOST))


def grade_of(difference: Difference) -> Grade | None:
    """Return how the expectation that does not hold was known; None for what nobody expected."""
    shape: Shape | None = ENDPOINTS[difference.endpoint].answer
    key: Key | None = None
    for name in difference.path.split("."):
        plain, _, of_type = name.partition("[")
        key = (shape or {}).get(plain)
        if key is None:
            return None
        shape = (key.by_type or {}).get(of_type.rstrip("]")) if key.by_type else key.inside
    return key.grade if key else None


class Sampler:
    """Which answers are looked at: the first of an endpoint, then one of many."""

    def __init__(self, first: int = FIRST, every: int = EVERY) -> None:
        self._first = first
        self._every = every
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()

    def takes(self, connection: str, endpoint: str) -> bool:
        """Count an answer, and say whether it is one to look at."""
        count = self._counts.pop((connection, endpoint), 0)
        self._counts[connection, endpoint] = count + 1
        if len(self._counts) > ENDPOINTS_COUNTED:
            self._counts.popitem(last=False)
        return count < self._first or count % self._every == 0


def type_of(value: object) -> str:
    """Return the name of a value's JSON type; an instant is a text of its own."""
    match value:
        case None:
            return "null"
        case bool():
            return "flag"
        case int():
            return "int"
        case float():
            return "number"
        case str():
            return "instant" if times.canonical(value) else "text"
        case list():
            return "list"
    return "object"


def spread(rows: Sequence[Any], most: int = ROWS) -> Sequence[Any]:
    """Return at most so many rows, from the whole list."""
    step = -(-len(rows) // most) or 1
    return rows[::step]


def named(key: object) -> str:
    """Return a key as it may be told: an object may be keyed by data, an address for one."""
    return key if isinstance(key, str) and _NAME.fullmatch(key) else "*"


_Found = Iterator[tuple[str, What, str]]


def _object(data: Mapping[str, Any], shape: Shape, at: str) -> _Found:
    for name, key in shape.items():
        if name in data:
            yield from _value(data[name], key, at + name, name == "id" and key.required)
        elif key.required:
            yield at + name, "missing", ""
    for name in data:
        if name not in shape:
            yield at + named(name), "new", type_of(data[name])


def _value(value: Any, key: Key, path: str, own_id: bool) -> _Found:
    if not _fits(value, key, own_id):
        yield path, "retyped", type_of(value)
    elif isinstance(value, list):
        yield from _rows(value, key, path)
    elif isinstance(value, dict) and key.inside is not None:
        yield from _object(value, key.inside, path + ".")


def _rows(rows: Sequence[Any], key: Key, path: str) -> _Found:
    scalar = _TEXTS.get(key.kind)
    for row in spread(rows):
        if scalar:
            if not _is(row, scalar):
                yield path + "[]", "retyped", type_of(row)
        elif key.inside is None and key.by_type is None:
            return
        elif not isinstance(row, dict):
            yield path + "[]", "retyped", type_of(row)
        elif key.by_type is not None:
            yield from _reference(row, key.by_type, path)
        else:
            yield from _object(row, key.inside or {}, path + "[].")


def _reference(row: Mapping[str, Any], by_type: Mapping[str, Shape], path: str) -> _Found:
    kind = row.get("type")
    shape = by_type.get(kind) if isinstance(kind, str) else None
    if shape is None:
        name = kind if isinstance(kind, str) and _CLASS.fullmatch(kind) else "*"
        yield f"{path}[{name}]", "new", "object"
    else:
        rest = {name: value for name, value in row.items() if name != "type"}
        yield from _object(rest, shape, f"{path}[{kind}].")


def _fits(value: Any, key: Key, own_id: bool) -> bool:
    if value is None:
        # Nearly every value may be null; a record without an id is none, a list is never unknown.
        return not own_id and key.kind not in ("texts", "ids", "references") and not (
            key.kind == "list" and key.inside is not None
        )  # fmt: skip
    return _is(value, key.kind)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "any":
            return True
        case "id":
            return type(value) is int and value > 0
        case "int":
            return type(value) is int
        case "number":
            return type(value) in (int, float)
        case "text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool)
        case "instant":
            return times.canonical(value) is not None
        case "object":
            return isinstance(value, dict)
    return isinstance(value, list)
