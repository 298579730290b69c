"""How a shape is written down: keys by JSON type, `!` behind those that we cannot do without.

    keys(id="id! stage_id", text="name! title") | each({"placements!": PLACEMENT})

A shape names every key that is known, so that a new one is seen; only those with `!` are missed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from service.core.unified.evidence import Grade

Kind = Literal[
    "id", "int", "number", "text", "flag", "instant", "list", "object", "any", "texts", "ids",
    "references",
]  # fmt: skip
"""`id`: a number from 1; `texts`, `ids`: a list of them; `list`, `object`, `any`: not looked into;
`references`: a list of objects, each of the shape that its `type` names."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an object: its type, whether it must be there, and how it is known."""

    kind: Kind
    required: bool = False
    grade: Grade = Grade.RECORDED
    inside: "dict[str, Key] | None" = None
    """Of the object, or of each object of the list."""
    by_type: "Mapping[str, dict[str, Key]] | None" = None


Shape = dict[str, Key]


def keys(grade: Grade = Grade.RECORDED, /, **by_kind: str) -> Shape:
    """Return the keys of each JSON type, named in a line of text."""
    found: dict[str, Key] = {}
    for kind, names in by_kind.items():
        found |= {n: Key(kind, needed, grade) for n, needed in _named(names.split())}  # type: ignore[arg-type]
    return found


def each(shapes: Mapping[str, Shape], grade: Grade = Grade.RECORDED) -> Shape:
    """Return keys that hold a list of objects of a shape."""
    return {n: Key("list", r, grade, shapes[_mark(n, r)]) for n, r in _named(list(shapes))}


def one(shapes: Mapping[str, Shape], grade: Grade = Grade.RECORDED) -> Shape:
    """Return keys that hold one object of a shape."""
    return {n: Key("object", r, grade, shapes[_mark(n, r)]) for n, r in _named(list(shapes))}


def references(by_type: Mapping[str, Shape]) -> Shape:
    """Return the key `references`: objects of several types in one list."""
    return {"references": Key("references", by_type=by_type)}


def lean(shape: Shape, required: str) -> Shape:
    """Return a shape of which only these keys are sure to be there: lists serve fewer."""
    needed = required.split()
    return {name: replace(key, required=name in needed) for name, key in shape.items()}


def graded(shape: Shape, grade: Grade) -> Shape:
    """Return a shape that is known in another way."""
    return {name: replace(key, grade=grade) for name, key in shape.items()}


def _named(names: list[str]) -> Iterator[tuple[str, bool]]:
    return ((name.removesuffix("!"), name.endswith("!")) for name in names)


def _mark(name: str, required: bool) -> str:
    return name + "!" if required else name
