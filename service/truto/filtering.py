"""Which records a query lets through: fields compared as they are shown, by operators, `or` and `and`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.core import times
from service.truto.brackets import texts
from service.truto.envelope import invalid
from service.truto.schema import Schema, beneath

Shape = Mapping[str, Any]
NAMING: Final = ("id", "name", "email", "number", "url")
"""What an object is compared by where a filter names it as a whole."""
LISTED: Final = frozenset({"in", "nin"})
MOST_WANTED: Final = 1000
MOST_TESTS: Final = 100


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison: it holds when some value at the path fits some of what is wanted."""

    path: tuple[str, ...]
    operator: str
    wanted: tuple[str, ...]

    def holds(self, shape: Shape) -> bool:
        """Say whether a record passes."""
        negative = self.operator in ("ne", "nin")
        fits = OPERATORS["in" if negative else self.operator]
        found = any(
            fits(value, wanted) for value in values(shape, self.path) for wanted in self.wanted
        )
        return found != negative


@dataclass(frozen=True, slots=True)
class Where:
    """All of its tests and parts hold, and one of its alternatives if it has any."""

    tests: tuple[Test, ...] = ()
    parts: tuple["Where", ...] = ()
    either: tuple["Where", ...] = ()

    def holds(self, shape: Shape) -> bool:
        """Say whether a record passes."""
        return (
            all(test.holds(shape) for test in self.tests)
            and all(part.holds(shape) for part in self.parts)
            and (not self.either or any(part.holds(shape) for part in self.either))
        )

    def every(self) -> Iterator[Test]:
        """Yield every test, however deep."""
        yield from self.tests
        for part in (*self.parts, *self.either):
            yield from part.every()

    def fields(self) -> set[str]:
        """Return the names of all fields on the way to what is looked at."""
        return {name for test in self.every() for name in test.path}


def where(
    asked: Mapping[str, Any], schema: Schema, aliases: Mapping[str, tuple[str, ...]]
) -> tuple[Where, list[str]]:
    """Return the conditions of a query, and the names that stand for nothing here. Raises Refused."""
    found, unknown = _where(asked, schema, aliases, "")
    if sum(1 for _ in found.every()) > MOST_TESTS:
        raise invalid("filters", f"may be {MOST_TESTS} at most")
    return found, unknown


def _where(
    asked: Mapping[str, Any], schema: Schema, aliases: Mapping[str, tuple[str, ...]], at: str
) -> tuple[Where, list[str]]:
    tests, unknown = list[Test](), list[str]()
    groups: dict[str, tuple[Where, ...]] = {"and": (), "or": ()}
    for name, value in asked.items():
        if name in groups:
            groups[name] = tuple(
                _where(part, schema, aliases, f"{name}: ")[0] for part in _objects(name, value)
            )
        elif value == "":
            continue  # not given
        elif (path := aliases.get(name)) or name in schema:
            tests += _tests(path or (name,), value, schema, at + name)
        elif at:
            raise invalid(at + name[:80], "is no field of this model")
        else:
            unknown.append(name)
    return Where(tuple(tests), groups["and"], groups["or"]), unknown


def _objects(name: str, value: object) -> list[Mapping[str, Any]]:
    rows: Any = value
    if isinstance(value, dict):
        rows = list(value.values())
        rows = rows if all(isinstance(row, dict) for row in rows) else [value]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise invalid(name, f"is a list of conditions, as {name}[0][name]=...")
    return [dict(row) for row in rows]


def _tests(path: tuple[str, ...], value: Any, schema: Schema, at: str) -> Iterator[Test]:
    if isinstance(value, str):
        yield Test(path, "eq", (value,))
        return
    if isinstance(value, list):
        yield _listed(path, "in", value, at)
        return
    for name, below in value.items():
        if name in OPERATORS or name in ("ne", "nin"):
            yield _test(path, name, below, at)
        elif name.isdecimal() and isinstance(below, str):
            yield _listed(path, "in", list(value.values()), at)
            return
        elif beneath(schema, (*path, name)):
            yield from _tests((*path, name), below, schema, f"{at}[{name}]")
        else:
            raise invalid(f"{at}[{name[:80]}]", "is neither a field nor an operator")


def _test(path: tuple[str, ...], operator: str, value: Any, at: str) -> Test:
    if operator in LISTED:
        return _listed(path, operator, value, at)
    if not isinstance(value, str):
        raise invalid(f"{at}[{operator}]", "is one value")
    return Test(path, operator, (value,))


def _listed(path: tuple[str, ...], operator: str, value: Any, at: str) -> Test:
    wanted = tuple(texts(value))
    if len(wanted) > MOST_WANTED:
        raise invalid(at, f"may name {MOST_WANTED} values at most")
    return Test(path, operator, wanted)


def values(shape: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands at a path, through lists; of an object that which names it."""
    if isinstance(shape, list):
        for each in shape:
            yield from values(each, path)
    elif path:
        if isinstance(shape, Mapping):
            yield from values(shape.get(path[0]), path[1:])
    elif isinstance(shape, Mapping):
        yield from (shape[name] for name in NAMING if shape.get(name) is not None)
    else:
        yield shape


def _same(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.strip().lower() == ("true" if value else "false")
    if not isinstance(value, str):
        return False
    if value.strip().casefold() == wanted.strip().casefold():
        return True
    at = _instant(value)
    return at is not None and at == _instant(wanted)


def _instant(text: str) -> int | None:
    # A number may be read as a date in basic form; ids are none. A plus arrives as a blank.
    return None if text.isdecimal() else times.parse(text.strip().replace(" ", "+"))


def _ordered(fits: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def holds(value: Any, wanted: str) -> bool:
        if not isinstance(value, str):
            return False
        pairs = ((_instant(value), _instant(wanted)), (_number(value), _number(wanted)))
        known = ((a, b) for a, b in pairs if a is not None and b is not None)
        return fits(*next(known, (value, wanted)))

    return holds


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 20 and text.isascii() else None


OPERATORS: Final[Mapping[str, Callable[[Any, str], bool]]] = {
    "eq": _same,
    "in": _same,
    "gt": _ordered(lambda value, wanted: value > wanted),
    "gte": _ordered(lambda value, wanted: value >= wanted),
    "lt": _ordered(lambda value, wanted: value < wanted),
    "lte": _ordered(lambda value, wanted: value <= wanted),
    "contains": lambda value, wanted: isinstance(value, str) and wanted.casefold() in value.casefold(),
}  # fmt: skip
"""Operator -> whether a value fits what is wanted; `ne` and `nin` turn `in` round."""
