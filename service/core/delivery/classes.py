"""Redaction by class: `class:sensitive` stands for every field of that class, whatever model has it.

Of a company's own fields each has its own class: what the operator said, else what its name tells. Where
that cannot be asked any more (the connection is gone), every one of them counts as in the class.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.core.delivery.fields import RAW, meant
from service.core.store.subscribers import Redaction
from service.core.unified.options import Options
from service.core.unified.pii import CLASSES, fields_in, own_class

PREFIX: Final = "class:"


def is_class(path: str) -> bool:
    """Say whether a path names a class."""
    return path.startswith(PREFIX)


def class_problem(path: str) -> str | None:
    """Say what is wrong with the name of a class, or None."""
    name = path.removeprefix(PREFIX)
    if name in CLASSES:
        return None
    return f"there is no class {name[:60]!r}{meant(name, CLASSES)}: {', '.join(CLASSES)}"


def names_classes(redact: tuple[Redaction, ...]) -> bool:
    """Say whether a redaction goes by class, so that it takes the connection's options to apply it."""
    return any(is_class(each.path) for each in redact)


def marks(options: Options | None) -> tuple[str, ...]:
    """Return what of a connection's options decides what is in a class."""
    if options is None:
        return ("every own field",)
    named = (f"{key}>{name}" for key, name in sorted(options.custom_keys.items()))
    return (*(f"{key}={pii}" for key, pii in sorted(options.pii.items())), *named)


def spread(
    redact: tuple[Redaction, ...], data: Mapping[str, Any], options: Options | None
) -> tuple[Redaction, ...]:
    """Return a redaction with the fields of an event in the place of the classes."""
    if not names_classes(redact):
        return redact
    return tuple(one for each in redact for one in _of(each, data, options))


def _of(rule: Redaction, data: Mapping[str, Any], options: Options | None) -> Iterator[Redaction]:
    if not is_class(rule.path):
        yield rule
        return
    name, model = rule.path.removeprefix(PREFIX), str(data.get("model", ""))
    paths = [*sorted(fields_in(name, model)), *_own(name, data, options)]
    # Nothing has our names in the raw record: of whoever has a person in it all of it goes.
    if paths or (data.get("subject") or {}).get("model") == "candidate":
        yield Redaction(path=f"{model}.{RAW}", how="drop")
    for path in paths:
        yield Redaction(path=f"{model}.{path}", how=rule.how)


def _own(name: str, data: Mapping[str, Any], options: Options | None) -> list[str]:
    """Return the paths of a company's own fields that a class takes in, of those an event has."""
    owners = {} if options is None else {v: k for k, v in options.custom_keys.items()}

    def taken(key: str | None) -> bool:
        return options is None or key is None or own_class(key, options) in CLASSES[name]

    listed = {key for key in _listed(data) if taken(key)}
    mapped = {key for key in _mapped(data) if taken(owners.get(key))}
    found = [f"integration_fields.{key}" for key in listed]
    return sorted([*found, *(f"custom_fields.{key}" for key in mapped)])


def _listed(data: Mapping[str, Any]) -> Iterator[str]:
    for value in _values(data, "integration_fields"):
        rows = value if isinstance(value, list) else ()
        yield from (row["key"] for row in rows if isinstance(row, dict) and "key" in row)


def _mapped(data: Mapping[str, Any]) -> Iterator[str]:
    for value in _values(data, "custom_fields"):
        yield from value if isinstance(value, dict) else ()


def _values(data: Mapping[str, Any], field: str) -> Iterator[Any]:
    """Yield what an event says of a field: in its record, and on both sides of a change."""
    yield (data.get("record") or {}).get(field)
    for row in data.get("changes") or ():
        if row["path"] == field:
            yield from (row["before"], row["after"])
