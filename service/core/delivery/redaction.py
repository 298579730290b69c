"""Redaction: what a subscriber is not to see as it is, in the record and in its changes alike.

`drop` takes a value out and removes the change of it; `mask` leaves `***`; `hash` leaves a keyed hash, by
which the subscriber can tell equal from different. Masks and hashes keep a list's and an object's shape,
and null stays null. Where several rules meet, the strictest wins. What the company's own fields repeat of
a redacted value is masked there too, and `remote_data`, where nothing has our names, goes as a whole
unless the rules name places in it alone. Where a rule names a class of fields (`classes`), `options` are
those of the event's connection, None where it is gone.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from service.core.delivery.classes import class_problem, is_class, spread
from service.core.delivery.fields import NAMING, RAW, Named, Row, inside, name_problem, named
from service.core.delivery.paths import GONE, Parts, Replace, found, leaves, leaves_of, replaced
from service.core.store.subscribers import How, Redaction
from service.core.unified.options import Options

MASK: Final = "***"
HASHED: Final = "hmac-sha256:"
HASH_CHARS: Final = 32
STRICTER: Final[Mapping[How, int]] = {"hash": 0, "mask": 1, "drop": 2}
REPEATING: Final = ("integration_fields", "custom_fields")
SHORTEST: Final = 3  # what is shorter is looked for as a whole value only
Event = dict[str, Any]


class Rule(NamedTuple):
    """One redaction, read."""

    name: Named
    how: How


def rule_problem(rule: Redaction) -> str | None:
    """Say why this cannot be redacted, or None."""
    if is_class(rule.path):
        return class_problem(rule.path)
    if problem := name_problem(rule.path, bare=False):
        return problem
    field = named(rule.path).parts[0]
    return (
        f"{rule.path} is what events are named by: it cannot be hidden" if field in NAMING else None
    )


def redacted(
    event: Event, redact: tuple[Redaction, ...], key: bytes, options: Options | None = None
) -> Event:
    """Return an event as a subscriber may see it; `key` is its own, for hashes. Without one they are masks.

    `changes` may be empty then although they were not: such an event is not to be sent (`nothing_left`).
    """
    data = event["data"]
    rules = _rules(redact, data, options)
    if not rules:
        return event
    hidden = _Hidden(data, rules)
    told = {**data}
    if "record" in told:
        told["record"] = hidden.everywhere(_record(told["record"], rules, key))
    if "changes" in told:
        told["changes"] = [hidden.in_row(row) for row in _rows(data, rules, key)]
    return {**event, "data": _raw(told, rules, key)}


def nothing_left(
    event: Event, redact: tuple[Redaction, ...], options: Options | None = None
) -> bool:
    """Say whether a redaction drops every change that an event tells of."""
    data = event["data"]
    rules = _rules(redact, data, options)
    return bool(rules and data.get("changes")) and not any(_rows(data, rules, b""))


def drops(redact: tuple[Redaction, ...]) -> bool:
    """Say whether a redaction takes anything out, so that nothing may be left."""
    return any(each.how == "drop" for each in redact)


def hashes(redact: tuple[Redaction, ...]) -> bool:
    """Say whether a redaction needs the subscriber's key."""
    return any(each.how == "hash" for each in redact)


def _rules(
    redact: tuple[Redaction, ...], data: Mapping[str, Any], options: Options | None
) -> tuple[Rule, ...]:
    """Return the rules for what an event is about, the strictest last."""
    return _of_model(spread(redact, data, options), data.get("model", ""))


@lru_cache(maxsize=4096)
def _of_model(redact: tuple[Redaction, ...], model: str) -> tuple[Rule, ...]:
    """Return the rules for a model's records, the strictest last."""
    rules = (Rule(named(each.path), each.how) for each in redact)
    return tuple(sorted((r for r in rules if r.name.of(model)), key=lambda r: STRICTER[r.how]))


def _by(how: How, key: bytes) -> Replace:
    if how == "drop":
        return lambda _: GONE
    leaf = _hash(key) if how == "hash" and key else lambda _: MASK
    return lambda value: leaves(value, leaf)


def _hash(key: bytes) -> Replace:
    def hashed(value: Any) -> str:
        said = value.encode() if isinstance(value, str) else orjson.dumps(value)
        return HASHED + hmac.new(key, said, hashlib.sha256).hexdigest()[:HASH_CHARS]

    return hashed


def _record(record: Any, rules: Sequence[Rule], key: bytes) -> Any:
    for rule in rules:
        if rule.name.parts[0] != RAW:
            record = replaced(record, rule.name.parts, _by(rule.how, key))
    return record


def _rows(data: Mapping[str, Any], rules: Sequence[Rule], key: bytes) -> list[dict[str, Any]]:
    model = data.get("model", "")
    rows = (_row(row, model, rules, key) for row in data.get("changes", ()))
    return [row for row in rows if row is not None]


def _row(row: Row, model: str, rules: Sequence[Rule], key: bytes) -> dict[str, Any] | None:
    """Return a change as it may be seen; None when it is dropped."""
    new = dict(row)
    for rule in rules:
        rest = inside(rule.name, model, row)
        if rest is None:
            continue
        by = _by(rule.how, key)
        new |= {side: replaced(new[side], rest, by) for side in ("before", "after")}
        if rule.how == "drop" and (not rest or _same(row, new)):
            return None
        if not rest:
            new["path"] = _path(row["path"], rule, key)
    return new


def _same(row: Row, new: Row) -> bool:
    """Say whether a change was one of what was dropped, and of nothing else."""
    return bool(row["before"] != row["after"] and new["before"] == new["after"])


def _path(path: str, rule: Rule, key: bytes) -> str:
    """Return a change's path; of a list's member it is the member itself (`tags.<name>`)."""
    kept = ".".join(rule.name.parts)
    return f"{kept}.{_by(rule.how, key)(path[len(kept) + 1 :])}" if path != kept else path


def _raw(data: dict[str, Any], rules: Sequence[Rule], key: bytes) -> dict[str, Any]:
    """Return an event's data with what of the raw record may be seen, wherever that is."""
    if RAW not in data and RAW not in (data.get("record") or {}):
        return data
    inner = [(rule.name.parts, rule.how) for rule in rules if rule.name.parts[0] == RAW]
    whole = len(inner) < len(rules)
    ways: list[tuple[Parts, How]] = [((RAW,), "drop")] if whole else inner
    for parts, how in ways:
        data = replaced(data, parts, _by(how, key))
        data = replaced(data, ("record", *parts), _by(how, key))
    return data


class _Hidden:
    """The values that are redacted in an event, to find them where a company's own fields repeat them."""

    def __init__(self, data: Mapping[str, Any], rules: Sequence[Rule]) -> None:
        self._values = list(_values(data, rules))

    def everywhere(self, record: Any) -> Any:
        """Return a record whose own fields repeat nothing."""
        for field in REPEATING if self._values else ():
            record = replaced(record, (field,), self._cleared)
        return record

    def in_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a change that repeats nothing."""
        if not self._values or row["path"].partition(".")[0] not in REPEATING:
            return row
        return row | {side: self._cleared(row[side]) for side in ("before", "after")}

    def _cleared(self, value: Any) -> Any:
        return leaves(value, lambda leaf: MASK if self._repeats(leaf) else leaf)

    def _repeats(self, leaf: Any) -> bool:
        if isinstance(leaf, bool):
            return False
        return any(
            leaf == value
            or (isinstance(leaf, str) and isinstance(value, str)
                and len(value) >= SHORTEST and value in leaf)
            for value in self._values
        )  # fmt: skip


def _values(data: Mapping[str, Any], rules: Sequence[Rule]) -> Iterator[Any]:
    """Yield the leaves that rules redact; truth and emptiness would be found everywhere."""
    for rule in rules:
        if rule.name.parts[0] in (RAW, *REPEATING):
            continue
        there = list(found(data.get("record"), rule.name.parts))
        for row in data.get("changes", ()):
            rest = inside(rule.name, data.get("model", ""), row)
            if rest is not None:
                there += [v for side in ("before", "after") for v in found(row[side], rest)]
        yield from (leaf for each in there for leaf in leaves_of(each) if _telling(leaf))


def _telling(leaf: Any) -> bool:
    return not isinstance(leaf, bool) and leaf not in ("", 0)
