"""A route that says which handler answers which method, so that what is served can be described."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Any], Awaitable[Response]]
H = TypeVar("H", bound=Callable[..., object])
TAKES: Final = "hirewire_takes"
LIVE: Final = "hirewire_live"


class Described(Route):
    """One path: its handlers by method, and the scope that a key needs (empty: any key)."""

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        handlers: Mapping[str, Endpoint],
        needs: str | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=list(handlers))
        self.handlers = handlers
        self.needs = needs


class Taken(NamedTuple):
    """The model of a body, and whether it may be given in part: the rest stays as it is."""

    model: type[BaseModel]
    partly: bool = False


def asks(handler: H) -> H:
    """Say of a handler that it waits for Recruitee, and that its answer has warnings."""
    setattr(handler, LIVE, True)
    return handler


def takes(model: type[BaseModel], *, partly: bool = False) -> Callable[[H], H]:
    """Name the model of a body that a handler does not parse in one go."""

    def named(handler: H) -> H:
        setattr(handler, TAKES, Taken(model, partly))
        return handler

    return named
