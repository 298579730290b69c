"""What a handler reads and answers, seen in its own source: nothing is said twice.

A query is read by `query(request, Model)` or `asked(request.query_params, Model)`, a body by
`Model.model_validate(await given(request))`; what a handler hands its request to is looked at too.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from service.openapi.route import TAKES, Taken

DEPTH: Final = 4
ANSWERS: Final = frozenset({"Json", "Response", "StreamingResponse"})
SINGLE, PAGES = "single", "pages"
ANY_MEDIA: Final = "*/*"
STREAMS: Final = "text/event-stream"


@dataclass(slots=True)
class Reads:
    """What is read off one handler."""

    query: type[BaseModel] | None = None
    body: Taken | None = None
    has_body: bool = False
    """Whether a body is read at all, be its model known or not."""
    statuses: set[int] = field(default_factory=set)
    refusals: set[int] = field(default_factory=set)
    kind: str = SINGLE
    media: str | None = None
    """The type of what is answered where that is not our usual JSON."""


def reads(handler: Callable[..., Any]) -> Reads:
    """Return what a handler reads and answers."""
    found = Reads()
    _look(handler, found, DEPTH, set())
    found.statuses = found.statuses or {200}
    return found


def _look(handler: Callable[..., Any], found: Reads, depth: int, seen: set[object]) -> None:
    function = inspect.unwrap(handler)
    if function in seen:
        return
    seen.add(function)
    found.body = found.body or getattr(handler, TAKES, getattr(function, TAKES, None))
    names = _names(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        _read(call, names, found)
        called = _value(call.func, names)
        if depth and _ours(called) and _is_given_the_request(call):
            _look(called, found, depth - 1, seen)


def _read(call: ast.Call, names: Mapping[str, Any], found: Reads) -> None:
    match call:
        case ast.Call(func=ast.Name(id="query" | "asked"), args=[_, model]):
            found.query = found.query or _model(model, names)
        case ast.Call(
            func=ast.Attribute(value=model, attr="model_validate"),
            args=[ast.Await(value=ast.Call(func=ast.Name(id="given")))],
        ):
            body = _model(model, names)
            found.body = found.body or (Taken(body) if body else None)
        case ast.Call(func=ast.Name(id="given")):
            found.has_body = True
        case ast.Call(func=ast.Name(id="page")):
            found.kind = PAGES
        case ast.Call(func=ast.Name(id="EventStream")):
            found.media = STREAMS
        case ast.Call(func=ast.Name(id="Problem"), args=[ast.Constant(value=int(status)), *_]):
            found.refusals.add(status)
        case ast.Call(func=ast.Name(id=name)) if name in ANSWERS:
            found.statuses.add(_status(call))
            found.media = _media(call, names) or found.media


def _status(call: ast.Call) -> int:
    given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "status_code")]
    constants = [each.value for each in given if isinstance(each, ast.Constant)]
    return next((each for each in constants if isinstance(each, int)), 200)


def _media(call: ast.Call, names: Mapping[str, Any]) -> str | None:
    for each in call.keywords:
        if each.arg == "media_type":
            known = each.value.value if isinstance(each.value, ast.Constant) else None
            known = known or _value(each.value, names)
            return known if isinstance(known, str) else ANY_MEDIA
    return None


def _is_given_the_request(call: ast.Call) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "request" for each in call.args)


def _ours(called: object) -> bool:
    return inspect.isfunction(called) and called.__module__.startswith("service.")


def _model(node: ast.expr, names: Mapping[str, Any]) -> type[BaseModel] | None:
    found = _value(node, names)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what a name, or an attribute of one, stands for; None where that is not known."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=value, attr=attr):
            of = _value(value, names)
            return None if of is None else getattr(of, attr, None)
    return None


def _names(function: Callable[..., Any]) -> dict[str, Any]:
    variables = inspect.getclosurevars(function)
    module = inspect.getmodule(function)
    return {**vars(module), **variables.nonlocals} if module else dict(variables.nonlocals)


def closed_over(handler: Callable[..., Any]) -> Iterator[Any]:
    """Yield what a handler was made with."""
    yield from inspect.getclosurevars(inspect.unwrap(handler)).nonlocals.values()
