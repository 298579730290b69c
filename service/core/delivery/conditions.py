"""Conditions: a small JSON language over an event's envelope.

{"eq": {path: value}}       the value is there, or in the list that is there
{"in": {path: [values]}}    one of the values is
{"gt": {path: value}}, {"lt": ...}   of numbers, instants, or text
{"exists": path}            it is there and not null; of several paths all
{"changed": field}          the event's changes name the field; of several fields one
{"all": [...]}, {"any": [...]}, {"not": condition}

Several operators in one object must all hold, and so must several paths under one operator. A path is the
envelope's: `type`, `data.record.outcome`, `changes.current_stage_id.after`; through a list it leads into
each member, one of which must fit. What is absent fits nothing: it is unknown, which is not null.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson

from service.core import times
from service.core.delivery.fields import every_field, meant
from service.core.delivery.paths import found, parts_of

DEEPEST, MOST_NODES, MOST_VALUES, LONGEST_TEXT = 8, 100, 500, 1000
MOST_BYTES: Final = 16_384
LONGEST_PATH, LONGEST_WAY = 200, 16
HEADS: Final = (
    "id", "type", "timestamp", "connection_id", "integration_id", "sequence", "origin", "causes",
    "data", "changes",
)  # fmt: skip
SIDES: Final = ("before", "after")
COMPARING: Final = ("eq", "in", "gt", "lt")
GROUPS: Final = ("all", "any")
OPERATORS: Final = (*COMPARING, "exists", "changed", *GROUPS, "not")
Event = Mapping[str, Any]


def problem(condition: object) -> str | None:
    """Say what is wrong with a condition and where, or None."""
    try:
        if len(orjson.dumps(condition)) > MOST_BYTES:
            return f"is longer than {MOST_BYTES} bytes"
    except (TypeError, RecursionError):
        return "is nested too deeply"
    left = [MOST_NODES]
    return next(_problems(condition, "", DEEPEST, left), None)


def holds(condition: Mapping[str, Any], event: Event) -> bool:
    """Say whether a condition that has no problem holds for an event."""
    return all(_OPERATIONS[operator](of, event) for operator, of in condition.items())


def failing(condition: Mapping[str, Any], event: Event, at: str = "") -> str | None:
    """Return where a condition first fails, as `all[1].eq data.record.outcome`, or None."""
    for operator, of in condition.items():
        where = f"{at}.{operator}".lstrip(".")
        if operator == "all":
            inner = (failing(each, event, f"{where}[{n}]") for n, each in enumerate(of))
            if (deeper := next(filter(None, inner), None)) is not None:
                return deeper
        elif operator in COMPARING:
            unfit = [path for path in of if not _OPERATIONS[operator]({path: of[path]}, event)]
            if unfit:
                return f"{where} {unfit[0]}"
        elif not _OPERATIONS[operator](of, event):
            return where
    return None


def values(event: Event, path: str) -> list[Any]:
    """Return what lies at a path of the envelope, and the members of a list that lies there."""
    head, _, rest = path.partition(".")
    there = list(_changed_to(event, rest) if head == "changes" else found(event, parts_of(path)))
    return [*there, *(member for each in there if isinstance(each, list) for member in each)]


def changed(event: Event, field: str) -> bool:
    """Say whether one of an event's changes is of a field, or lies inside it."""
    return any(row["path"] == field or row["path"].startswith(field + ".") for row in _rows(event))


def _rows(event: Event) -> list[Mapping[str, Any]]:
    rows = event["data"].get("changes")
    return rows if isinstance(rows, list) else []


def _changed_to(event: Event, rest: str) -> Iterator[Any]:
    """Yield what a change had before or has after; a change's own path may have dots in it."""
    for row in _rows(event):
        for side in SIDES:
            start = f"{row.get('path')}.{side}"
            if rest == start:
                yield row.get(side)
            elif rest.startswith(start + "."):
                yield from found(row.get(side), parts_of(rest[len(start) + 1 :]))


def _equal(there: Any, value: Any) -> bool:
    # True is 1 in Python and not in JSON.
    return isinstance(there, bool) == isinstance(value, bool) and bool(there == value)


def _beyond(there: Any, value: Any, sign: int) -> bool:
    pair = _comparable(there, value)
    return pair is not None and (pair[0] - pair[1]) * sign > 0


def _comparable(there: Any, value: Any) -> tuple[float, float] | None:
    """Return two values as numbers that compare as they do, or None when they do not."""
    if isinstance(there, bool) or isinstance(value, bool):
        return None
    if isinstance(there, int | float) and isinstance(value, int | float):
        return there, value
    if not (isinstance(there, str) and isinstance(value, str)):
        return None
    moments = times.parse(there), times.parse(value)
    if moments[0] is not None and moments[1] is not None:
        return moments[0], moments[1]
    return (there > value) - (there < value), 0


def _each(fits: Callable[[Any, Any], bool]) -> Callable[[Any, Event], bool]:
    """Return the operation for which one of the values at each path must fit."""
    return lambda of, event: all(
        any(fits(there, value) for there in values(event, path)) for path, value in of.items()
    )


def _several(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


_OPERATIONS: Final[Mapping[str, Callable[[Any, Event], bool]]] = {
    "eq": _each(_equal),
    "in": _each(lambda there, among: any(_equal(there, value) for value in among)),
    "gt": _each(lambda there, value: _beyond(there, value, 1)),
    "lt": _each(lambda there, value: _beyond(there, value, -1)),
    "exists": lambda of, event: all(
        any(there is not None for there in values(event, path)) for path in _several(of)
    ),
    "changed": lambda of, event: any(changed(event, field) for field in _several(of)),
    "all": lambda of, event: all(holds(each, event) for each in of),
    "any": lambda of, event: any(holds(each, event) for each in of),
    "not": lambda of, event: not holds(of, event),
}


def _problems(condition: object, at: str, depth: int, left: list[int]) -> Iterator[str]:
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        yield f"{at or 'it'} {'is nested too deeply' if depth == 0 else 'has too many parts'}"
    elif not isinstance(condition, dict) or not condition:
        yield f"{at or 'it'} must be an object with one of: {', '.join(OPERATORS)}"
    else:
        for operator, of in condition.items():
            where = f"{at}.{operator}".lstrip(".")
            if operator in GROUPS:
                yield from _group_problems(of, where, depth, left)
            elif operator == "not":
                yield from _problems(of, where, depth - 1, left)
            elif operator in OPERATORS:
                yield from _operand_problems(operator, of, where)
            else:
                yield f"{where[:80]} is no operator{meant(operator, OPERATORS)}"


def _group_problems(of: object, at: str, depth: int, left: list[int]) -> Iterator[str]:
    if not isinstance(of, list) or not of:
        yield f"{at} must be a list of conditions"
    else:
        for n, each in enumerate(of):
            yield from _problems(each, f"{at}[{n}]", depth - 1, left)


def _operand_problems(operator: str, of: object, at: str) -> Iterator[str]:
    if operator in COMPARING:
        if not isinstance(of, dict) or not of:
            yield f'{at} must be an object of path and value, as {{"data.record.outcome": ...}}'
            return
        for path, value in of.items():
            yield from filter(None, (_path_problem(path, at), _value_problem(operator, value, at)))
        return
    paths = [of] if isinstance(of, str) else of
    if not isinstance(paths, list) or not paths or not all(isinstance(p, str) for p in paths):
        yield f"{at} must be a path or a list of paths"
        return
    check = _field_problem if operator == "changed" else _path_problem
    yield from filter(None, (check(path, at) for path in paths))


def _path_problem(path: str, at: str) -> str | None:
    parts = path.split(".")
    if len(path) > LONGEST_PATH or len(parts) > LONGEST_WAY or not all(parts):
        return f"{at}: {path[:60]!r} is no path"
    if parts[0] not in HEADS:
        return f"{at}: {path[:60]!r} must begin with one of: {', '.join(HEADS)}{_fuller(parts[0])}"
    if parts[0] == "changes":
        sided = len(parts) > 2 and any(side in parts[2:] for side in SIDES)
        said = None if sided else f"{at}: {path[:60]!r} must be as changes.<field>.before or .after"
        return said or _field_problem(parts[1], at)
    return _field_problem(parts[2], at) if parts[:2] == ["data", "record"] and parts[2:] else None


def _field_problem(path: str, at: str) -> str | None:
    name = path.partition(".")[0]
    if len(path) <= LONGEST_PATH and name in every_field():
        return None
    return f"{at}: no model has a field {name[:60]!r}{meant(name, every_field())}"


def _fuller(head: str) -> str:
    return f"; did you mean data.record.{head}?" if head in every_field() else ""


def _value_problem(operator: str, value: object, at: str) -> str | None:
    if operator == "in":
        if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
            return f"{at} needs a list of 1 to {MOST_VALUES} values"
        return next((said for each in value if (said := _value_problem("eq", each, at))), None)
    if isinstance(value, dict | list):
        return f"{at} needs a plain value: text, a number, true, false or null"
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{at}: a value may have {LONGEST_TEXT} characters"
    if operator in ("gt", "lt") and (value is None or isinstance(value, bool)):
        return f"{at} needs a number, an instant or text"
    return None
