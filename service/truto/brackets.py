"""Queries in brackets, as `a[b][c]=v` and `a[]=1&a[]=2`, read into objects and lists, with bounds."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from service.truto.envelope import Refused, invalid

MOST_PARAMS: Final = 200
MOST_CHARS: Final = 4000
DEEPEST: Final = 8
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")
Tree = dict[str, Any]
"""A text, a list of trees, or names with trees below them."""


def tree(pairs: Sequence[tuple[str, str]]) -> Tree:
    """Return what a query says; a name that is sent several times is a list. Raises Refused."""
    if len(pairs) > MOST_PARAMS:
        raise Refused(422, f"a query may have {MOST_PARAMS} parameters at most")
    made: Tree = {}
    for name, value in pairs:
        if len(name) + len(value) > MOST_CHARS:
            raise invalid(name[:80], f"is longer than {MOST_CHARS} characters")
        _put(made, _path(name), value, name)
    return made


def _path(name: str) -> list[str]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise invalid(name[:80], "is no parameter's name: write it as `a[b]` or `a[]`")
    path = [found[1], *_PART.findall(found[2])]
    if len(path) > DEEPEST:
        raise invalid(name[:80], f"is nested deeper than {DEEPEST}")
    return path


def _put(node: Any, path: Sequence[str], value: str, name: str) -> None:
    """Put a value below a node that is an object or a list."""
    first, *rest = path
    if isinstance(node, list):
        if first:
            raise invalid(name[:80], "is a list here and an object elsewhere")
        _append(node, rest, value, name)
    elif not first:
        raise invalid(name[:80], "is an object here and a list elsewhere")
    elif not rest:
        _set(node, first, value, name)
    else:
        below = node.setdefault(first, [] if rest[0] == "" else {})
        if isinstance(below, str):
            raise invalid(name[:80], "is a text here and an object elsewhere")
        _put(below, rest, value, name)


def _set(node: Tree, name: str, value: str, whole: str) -> None:
    before = node.get(name)
    if isinstance(before, dict):
        raise invalid(whole[:80], "is a text here and an object elsewhere")
    if before is None:
        node[name] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        node[name] = [before, value]


def _append(node: list[Any], rest: Sequence[str], value: str, name: str) -> None:
    """Add to a list: a text, or a name of the last object, which a name that it has begins anew."""
    if not rest:
        node.append(value)
        return
    if rest[0] == "":
        raise invalid(name[:80], "has a list in a list")
    if not node or not isinstance(node[-1], dict) or (len(rest) == 1 and rest[0] in node[-1]):
        node.append({})
    _put(node[-1], rest, value, name)


def texts(value: object) -> list[str]:
    """Return the texts of a list in whichever form: `a[]=1&a[]=2`, `a[0]=1`, or `a=1,2`."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    rows: Iterable[object] = value.values() if isinstance(value, dict) else value  # type: ignore[assignment]
    return [each.strip() for each in rows if isinstance(each, str) and each.strip()]
