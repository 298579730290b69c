"""A company's own fields, and which of them are mapped to a key of `custom_fields`.

A custom field is there as long as something is mapped to it: the mapping is all that is kept of it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.core import ids
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.explorer import Seen, model_of
from service.core.unified.options import Options
from service.core.unified.profile import INTEGRATION_FIELD
from service.kombo.asked import PageSize, asked
from service.kombo.entry import named
from service.kombo.envelope import INPUT_INVALID, Refused, invalid, success
from service.kombo.explored import Explored
from service.ops.bodies import given
from service.state import Request

MODELS: Final[Mapping[str, str]] = {"candidate": "ats_candidates", "job": "ats_jobs"}
MOST: Final = 2000


class Own(NamedTuple):
    """A field of the company's own, by its own key."""

    id: str
    key: str
    seen: Seen

    def shown(self) -> dict[str, Any]:
        """Return it as it is shown inside others."""
        return {"id": self.id, "key": self.key, "type": self.type, "label": self.seen.label}

    @property
    def type(self) -> str:
        """CUSTOM where the company made it: those that are built in go by their kind."""
        return "DEFAULT" if self.key.partition(".")[2] == self.seen.kind else "CUSTOM"


class FieldsAsked(BaseModel):
    """The query of the list of custom fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cursor: str | None = None
    page_size: PageSize = 100


class OwnAsked(FieldsAsked):
    """The query of the list of a company's own fields."""

    page_size: Annotated[int, Field(ge=1, le=MOST)] = 100


class Passed(BaseModel):
    """Whether a field's values are passed along."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enable_passthrough: bool | None


class Mapped(BaseModel):
    """What a custom field is mapped to; null takes it back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    integration_field_id: str | None


class CustomFields:
    """The handlers of a company's own fields, which are looked for at most twice a minute."""

    def __init__(self) -> None:
        self._seen = Explored()

    async def integration_fields(self, request: Request) -> Response:
        """List the fields that newest records have, or that the company has defined."""
        connection = await named(request, request.path_params["integration_id"])
        wanted = asked(request.query_params, OwnAsked)
        rows = [_row(each) for each in await self._own(request, connection)]
        return success(_page(rows, wanted.cursor, wanted.page_size))

    async def update_integration_field(self, request: Request) -> Response:
        """Take what is true anyway: values of all fields are passed along."""
        connection = await named(request, request.path_params["integration_id"])
        body = Passed.model_validate(await given(request))
        found = _one(await self._own(request, connection), request.path_params["field_id"])
        if body.enable_passthrough is False:
            detail = (
                "values of all fields are passed along; drop a field by the integration's scope"
            )
            raise invalid("enable_passthrough", detail)
        return success(_row(found))

    async def custom_fields(self, request: Request) -> Response:
        """List the keys of `custom_fields` that something is mapped to."""
        connection = await named(request, request.path_params["integration_id"])
        wanted = asked(request.query_params, FieldsAsked)
        own = {each.key: each for each in await self._own(request, connection)}
        keys = sorted(connection.options.custom_keys.items(), key=lambda pair: pair[1])
        rows = [_custom(connection, key, name, own.get(key)) for key, name in keys]
        return success(_page(rows, wanted.cursor, wanted.page_size))

    async def update_custom_field(self, request: Request) -> Response:
        """Map a custom field to another of the company's fields, or take its mapping back."""
        store: Store = request.state["store"]
        connection = await named(request, request.path_params["integration_id"])
        body = Mapped.model_validate(await given(request))
        old, name = _mapped(connection, request.path_params["custom_field_id"])
        own = await self._own(request, connection)
        new = None if body.integration_field_id is None else _one(own, body.integration_field_id)
        if new is not None and model_of(new.key) != model_of(old):
            raise invalid("integration_field_id", "is a field of another model")
        options = _remapped(connection.options, old, new.key if new else None, name)
        await store.connections.update(connection.id, options=options)
        return success(_custom(connection, old, name, new))

    async def _own(self, request: Request, connection: Connection) -> list[Own]:
        """Return the company's fields, by key."""
        seen = dict(await self._seen.of(request, connection))
        for key in connection.options.custom_keys:
            seen.setdefault(key, Seen(key))
        return [Own(_own_id(connection, key), key, each) for key, each in sorted(seen.items())]


def _own_id(connection: Connection, key: str) -> str:
    return ids.record_id(connection.id, INTEGRATION_FIELD, key)


def _row(own: Own) -> dict[str, Any]:
    return own.shown() | {
        "model": MODELS[own.seen.model],
        "is_passthrough_enabled": True,
        "is_writable": False,
    }


def _custom(connection: Connection, key: str, name: str, own: Own | None) -> dict[str, Any]:
    model = model_of(key) or ""
    return {
        "id": _custom_id(connection, key, name),
        "key": name,
        "integration_field": own.shown() if own else None,
        "model": MODELS.get(model, model),
        "label": None,
        "description": None,
    }


def _custom_id(connection: Connection, key: str, name: str) -> str:
    return ids.derive("custom_field", connection.id, model_of(key) or "", name)


def _mapped(connection: Connection, custom_id: str) -> tuple[str, str]:
    """Return (own key, key of `custom_fields`) of a custom field; raises Refused."""
    for key, name in connection.options.custom_keys.items():
        if _custom_id(connection, key, name) == custom_id:
            return key, name
    raise _unknown("custom field", custom_id)


def _remapped(options: Options, old: str, new: str | None, name: str) -> Options:
    rest = {key: kept for key, kept in options.custom_keys.items() if key != old}
    if new is not None and new in rest:
        raise invalid("integration_field_id", f"is mapped to {rest[new]} already")
    keys = rest if new is None else rest | {new: name}
    return options.model_copy(update={"custom_keys": keys})


def _one(own: Sequence[Own], field_id: str) -> Own:
    found = next((each for each in own if each.id == field_id), None)
    if found is None:
        raise _unknown("integration field", field_id)
    return found


def _unknown(noun: str, given_id: str) -> Refused:
    return Refused(404, INPUT_INVALID, f"this integration has no {noun} {given_id[:80]}")


def _page(rows: Sequence[dict[str, Any]], cursor: str | None, size: int) -> dict[str, Any]:
    """Return one page; the cursor is the id of its last row."""
    start = 0
    if cursor is not None:
        places = [place for place, row in enumerate(rows, 1) if row["id"] == cursor]
        if not places:
            raise invalid("cursor", "is not a cursor of this list")
        start = places[0]
    left = rows[start:]
    following = left[size - 1]["id"] if len(left) > size else None
    return {"results": left[:size], "next": following, "next_cursor": following}
