"""What makes a tool: its name, what it asks for and answers, who may call it, and what it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import WithJsonSchema

from service.callers import Caller
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.store import Store

Method = Literal["list", "get", "create", "update", "delete", "custom"]
Needs = Literal["read", "act", "ops"]
READS: Final = ("list", "get")
LIMIT_MOST: Final = 250
Shape = dict[str, Any]


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AnyId = Annotated[
    str,
    BeforeValidator(_text),
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$"),
    WithJsonSchema({"type": ["string", "integer"]}),
]
"""Recruitee's own id, as a number or as text, or our unified id."""


def _bare(value: object) -> object:
    return value.rpartition(":")[2] if isinstance(value, str) else value


ConnectionId = Annotated[
    str, BeforeValidator(_bare), StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")
]


class Asked(BaseModel):
    """The base of every tool's arguments: closed, and the company is named where there are several."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    company_id: AnyId | None = Field(
        None, description="Recruitee's company; needed only where several are connected"
    )
    connection_id: ConnectionId | None = Field(
        None, description="the connection, instead of company_id"
    )


class Paged(Asked):
    """The arguments of every list."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MOST)] = 50
    next_cursor: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="the next_cursor of the page before"
    )


class Told(BaseModel):
    """The base of every tool's answer; what may be left out is null."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True, slots=True)
class Call:
    """What one call may reach: the caller's store, and the connection that was chosen."""

    store: Store
    settings: Settings
    caller: Caller
    connection: Connection
    tool: str

    @property
    def c(self) -> str:
        """The connection's id."""
        return self.connection.id


Does = Callable[[Call, Any], Awaitable[Shape]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    title: str
    description: str
    method: Method
    resource: str
    asks: type[Asked]
    answers: type[BaseModel]
    does: Does
    needs: Needs = "read"
    tags: tuple[str, ...] = ()
    destroys: bool = False
    open_world: bool = True  # reaches beyond this instance

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.needs != "act" and self.method in (*READS, "custom")

    @property
    def input_schema(self) -> Shape:
        """The arguments, as JSON Schema."""
        schema: Shape = _plain(self.asks.model_json_schema())
        return schema

    @property
    def output_schema(self) -> Shape:
        """The answer, as JSON Schema."""
        schema: Shape = _plain(self.answers.model_json_schema(mode="serialization"))
        return schema


def _plain(schema: Any) -> Any:
    """Return a schema without the titles that pydantic makes of every name."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {each: _plain(inner) for each, inner in value.items()}
        if name in ("properties", "$defs")
        else _plain(value)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
    }
