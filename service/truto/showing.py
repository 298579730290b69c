"""How records leave: in the format asked for, without what is left out, by a key, with Recruitee's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.kombo import raw
from service.kombo.kept import Desk, Kept
from service.state import Request
from service.truto.asked import Asked
from service.truto.envelope import Refused
from service.truto.resource import Shape

RAW: Final = "remote_data"
PASSED_OVER: Final = "hirewire-passed-over"


async def with_raw(
    request: Request, desk: Desk, rows: Sequence[Kept], shapes: Sequence[Shape], asked: Asked
) -> dict[str, str]:
    """Add `remote_data` as Recruitee serves it, where the connection has that on; returns headers."""
    if asked.format in ("normalized", "stream") or (not asked.raw and asked.format != "raw"):
        return {}
    for shape in shapes:
        shape[RAW] = None
    headers = await raw.fill(request, desk, rows, shapes)
    for shape in shapes:
        if isinstance(shape[RAW], Mapping):
            # Kombo says with which path it was read; Truto's is the object itself.
            shape[RAW] = next(iter(shape[RAW].values()), None)
    return headers


def raw_allowed(desk: Desk, asked: Asked) -> None:
    """Refuse what is asked for word for word where the operator has that off; raises Refused."""
    if asked.format == "raw" and not desk.connection.options.remote_data:
        detail = (
            "remote data is off for this connection: its operator can switch it on (remote_data)"
        )
        raise Refused(403, detail, insight={"forbidden_error": None})


def shown(shape: Shape, asked: Asked) -> Any:
    """Return a record as it leaves."""
    if asked.format == "raw":
        return shape.get(RAW)
    for path in asked.exclude:
        _drop(shape, path)
    return shape


def gathered(shapes: Sequence[Shape], asked: Asked) -> Any:
    """Return the records of a list, as an object by a field's value where that is asked for."""
    if asked.key_by is None:
        return [shown(shape, asked) for shape in shapes]
    keyed = {_key(shape.get(asked.key_by)): shape for shape in shapes}
    return {key: shown(shape, asked) for key, shape in keyed.items()}


def passed_over(asked: Asked) -> dict[str, str]:
    """Return a header that names what was asked for and has no effect here."""
    names = [name for name in asked.passed_over if name.isascii() and name.isprintable()]
    return {PASSED_OVER: ", ".join(names)[:500]} if names else {}


def _key(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return value if isinstance(value, str) else str(value)


def _drop(node: Any, path: Sequence[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _drop(each, path)
    elif isinstance(node, dict):
        if len(path) == 1:
            node.pop(path[0], None)
        else:
            _drop(node.get(path[0]), path[1:])
