"""Names of unified fields as subscribers write them: `model.field`, `*.field`, with more inside."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, NamedTuple

from service.core.delivery.paths import GONE, Parts, found, parts_of, replaced
from service.core.unified.options import OWNERS
from service.core.unified.registry import MODELS

ANY: Final = "*"
LONGEST, DEEPEST = 200, 12
RAW: Final = "remote_data"
NAMING: Final = frozenset({"id", "remote_id"}) | OWNERS
"""What every event names besides: to take it out of the record alone would hide nothing."""
Row = Mapping[str, Any]
"""One of an event's changes: {path, before, after}."""


class Named(NamedTuple):
    """A field of a model, or of any (`*`), and the way to what is meant inside it."""

    model: str
    parts: Parts

    def of(self, model: str) -> bool:
        """Say whether a model's field may be meant."""
        return self.model in (ANY, model)


@lru_cache(maxsize=4096)
def named(path: str) -> Named:
    """Read `model.field`, `*.field`, or a bare `field`, which is every model's."""
    model, dot, rest = path.partition(".")
    return Named(model, parts_of(rest)) if dot else Named(ANY, (path,))


@lru_cache(maxsize=1)
def every_field() -> frozenset[str]:
    """Return the fields that some model has."""
    return frozenset(name for model in MODELS.values() for name in model.fields) | {RAW}


def name_problem(path: str, *, bare: bool = True) -> str | None:
    """Say what is wrong with the name of a field, or None; `bare`: it may come without a model."""
    if len(path) > LONGEST or path.count(".") > DEEPEST or not all(path.split(".")):
        return f"{path[:60]!r} is no path"
    if not bare and "." not in path:
        return (
            f"{path[:60]!r} must say whose field it is, as candidate.{path[:60]} or *.{path[:60]}"
        )
    model, parts = named(path)
    if model != ANY and model not in MODELS:
        return f"there is no model {model[:60]!r}{meant(model, MODELS)}"
    fields = every_field() if model == ANY else frozenset(MODELS[model].fields) | {RAW}
    if parts[0] in fields:
        return None
    lacking = "no model has a" if model == ANY else f"{model} has no"
    return f"{lacking} field {parts[0][:60]!r}{meant(parts[0], fields)}"


def meant(name: str, known: Iterable[str]) -> str:
    """Return the hint to what may have been meant, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def touches(name: Named, model: str, row: Row) -> bool:
    """Say whether a change is one of a field, or of what is meant inside it."""
    rest = inside(name, model, row)
    if rest is None:
        return False
    return not rest or list(found(row["before"], rest)) != list(found(row["after"], rest))


def told_by(names: Iterable[Named], model: str, row: Row) -> bool:
    """Say whether a change is of nothing but these fields."""
    before, after = row["before"], row["after"]
    for name in names:
        rest = inside(name, model, row)
        if rest == ():
            return True
        if rest:
            before = replaced(before, rest, lambda _: GONE)
            after = replaced(after, rest, lambda _: GONE)
    return bool(before == after)


def inside(name: Named, model: str, row: Row) -> Parts | None:
    """Return the way from a change to what is meant: () is all of it, None that it is another field."""
    path = parts_of(row["path"])
    common = min(len(path), len(name.parts))
    if not name.of(model) or path[:common] != name.parts[:common]:
        return None
    return name.parts[common:]
