"""Paths into JSON, as conditions, field lists and redactions have them: `location.city`.

A path goes through a list into each of its members. A key may have dots in it, and a member of a list
that has a `key` of its own (a company's own field) goes by that: `integration_fields.profile.salary`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Parts = tuple[str, ...]
Replace = Callable[[Any], Any]
GONE: Final = object()
"""What a replacement returns for a value that is to be taken out."""


def parts_of(path: str) -> Parts:
    """Split a path."""
    return tuple(path.split("."))


def found(value: Any, parts: Parts) -> Iterator[Any]:
    """Yield every value that lies at a path; nothing where there is none."""
    if not parts:
        yield value
    elif isinstance(value, Mapping):
        for name, rest in _splits(value, parts):
            yield from found(value[name], rest)
    elif isinstance(value, list):
        for member in value:
            if _goes_by(member, parts):
                yield member.get("value")
            else:
                yield from found(member, parts)


def replaced(value: Any, parts: Parts, by: Replace) -> Any:
    """Return a value in which what lies at a path is replaced, or taken out where `by` says GONE."""
    if not parts:
        return by(value)
    if isinstance(value, Mapping):
        for name, rest in _splits(value, parts):
            new = replaced(value[name], rest, by)
            value = {k: new if k == name else v for k, v in value.items()}
            if new is GONE:
                del value[name]
        return value
    if isinstance(value, list):
        members = (_member(member, parts, by) for member in value)
        return [member for member in members if member is not GONE]
    return value


def leaves(value: Any, by: Replace) -> Any:
    """Return a value of the same shape whose every leaf but null is replaced."""
    if isinstance(value, Mapping):
        return {name: leaves(each, by) for name, each in value.items()}
    if isinstance(value, list):
        return [leaves(each, by) for each in value]
    return None if value is None else by(value)


def leaves_of(value: Any) -> Iterator[Any]:
    """Yield every leaf but null."""
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from leaves_of(each)
    elif value is not None:
        yield value


def _member(member: Any, parts: Parts, by: Replace) -> Any:
    if not _goes_by(member, parts):
        return replaced(member, parts, by)
    new = by(member.get("value"))
    return GONE if new is GONE else {**member, "value": new}


def _goes_by(member: Any, parts: Parts) -> bool:
    return isinstance(member, Mapping) and "key" in member and member["key"] == ".".join(parts)


def _splits(value: Mapping[str, Any], parts: Parts) -> list[tuple[str, Parts]]:
    """Return the keys that a path may begin with, and what is left of it behind each."""
    if len(parts) == 1:
        return [(parts[0], ())] if parts[0] in value else []
    ends = ((".".join(parts[:n]), parts[n:]) for n in range(1, len(parts) + 1))
    return [(name, rest) for name, rest in ends if name in value]
