"""HTML from values: whatever is not HTML already is escaped, so that nobody can forget to."""

from collections.abc import Iterable
from html import escape
from typing import Final, Union

Attribute = str | int | bool | None
Part = Union[str, None, "Iterable[Part]"]
VOID: Final = frozenset({"input", "meta", "br", "hr"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(element: str, /, *parts: Part, **attributes: Attribute) -> Html:
    """Return an element; `class_` is class, `data_x` is data-x, None and False leave one out."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in VOID:
        return Html(f"<{element}{given}>")
    return Html(f"<{element}{given}>{joined(*parts)}</{element}>")


def joined(*parts: Part) -> Html:
    """Return parts one after another; None is nothing."""
    return Html("".join(_part(part) for part in parts))


def _part(part: Part) -> str:
    match part:
        case None:
            return ""
        case Html():
            return part
        case str():
            return escape(part)
        case _:
            return joined(*part)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
