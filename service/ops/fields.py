"""The custom-field explorer: which fields a company has, how full they are, and what becomes of them."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from service.core.store import keys
from service.core.store.connections import Connection
from service.core.store.listing import newest
from service.core.store.store import Store
from service.core.unified.explorer import (
    MODEL_OF,
    Seen,
    example_of,
    explore,
    model_of,
    pii_of,
)
from service.core.unified.model import Fields, Ref
from service.core.unified.options import Options, Pii
from service.ops.bodies import given, refused
from service.ops.connections import found
from service.ops.definitions import Definitions, Looked
from service.problems import Json, Problem
from service.state import Request

SAMPLE = 500
LOADED_AT_ONCE = 100
LATER = (
    "a mapping counts for what is fetched from now on; `hirewire sync` fills it in what is stored"
)
CustomKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]


class Mapped(BaseModel):
    """What a field is mapped to, and what it is; null takes it back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    custom_key: CustomKey | None = None
    pii: Pii | None = None


async def listed(request: Request) -> Response:
    """Show every field of the company: those that newest records have, and those it has defined."""
    store: Store = request.state["store"]
    connection = await found(request)
    looked = await _definitions(request, connection)
    sample = await _sample(store, connection.id)
    records = [fields for rows in sample.values() for fields in rows]
    seen = explore(records, [each for one in looked for each in one.fields])
    of = {model: len(rows) for model, rows in sample.items()}
    return Json(
        {
            "items": [_shown(connection.options, each, of) for each in seen.values()],
            "next_cursor": None,
            "sample": of,
            "definitions": [
                {"path": one.path, "status": one.status, "reason": one.reason} for one in looked
            ],
            "unmapped": [
                {"model": model, "field": field, "value": value, "count": count}
                for model, field, value, count in await store.connections.unmapped(connection.id)
            ],
            "note": LATER,
        }
    )


async def seen_in(request: Request, connection: Connection) -> dict[str, Seen]:
    """Return every field of a company by its key: those that newest records have, those it has defined."""
    looked = await _definitions(request, connection)
    sample = await _sample(request.state["store"], connection.id)
    records = [fields for rows in sample.values() for fields in rows]
    return explore(records, [each for one in looked for each in one.fields])


async def update(request: Request) -> Response:
    """Map a field to a key of `custom_fields`, or say what kind of personal data it is."""
    connection, key = await _named(request)
    wanted = Mapped.model_validate(await given(request))
    _free(connection.options, key, wanted.custom_key)
    changed = await _kept(request, connection, key, wanted, wanted.model_fields_set)
    return await _answered(request, changed, key)


async def remove(request: Request) -> Response:
    """Take back a field's mapping and its class."""
    connection, key = await _named(request)
    await _kept(request, connection, key, Mapped(), {"custom_key", "pii"})
    return Response(status_code=204)


async def _named(request: Request) -> tuple[Connection, str]:
    key: str = request.path_params["key"]
    connection = await found(request)
    if model_of(key) is None:
        prefixes = " or ".join(MODEL_OF)
        raise Problem(404, f"there is no field {key[:80]}: a field's key begins with {prefixes}")
    return connection, key


async def _kept(
    request: Request, connection: Connection, key: str, wanted: Mapped, named: set[str]
) -> Connection:
    """Store what is named of a field; returns the connection as it is then."""
    store: Store = request.state["store"]
    options = connection.options
    update = {}
    if "custom_key" in named:
        update["custom_keys"] = _with(options.custom_keys, key, wanted.custom_key)
    if "pii" in named:
        update["pii"] = _with(options.pii, key, wanted.pii)
    changed = options.model_copy(update=update)
    return await store.connections.update(connection.id, options=changed) or connection


def _with(values: Mapping[str, str], key: str, value: str | None) -> dict[str, str]:
    rest = {name: each for name, each in values.items() if name != key}
    return rest if value is None else rest | {key: value}


def _free(options: Options, key: str, custom_key: str | None) -> None:
    """See that no other field of the model has the custom key; raises Problem 422."""
    for other, taken in options.custom_keys.items():
        if taken == custom_key and other != key and model_of(other) == model_of(key):
            raise refused("custom_key", f"{custom_key} is what {other} is mapped to")


async def _answered(request: Request, connection: Connection, key: str) -> Response:
    store: Store = request.state["store"]
    sample = await _sample(store, connection.id, model_of(key))
    records = [fields for rows in sample.values() for fields in rows]
    seen = explore(records)
    if key not in seen:
        looked = await _definitions(request, connection)
        seen = explore(records, [each for one in looked for each in one.fields])
    of = {model: len(rows) for model, rows in sample.items()}
    shown = _shown(connection.options, seen.get(key) or Seen(key), of)
    return Json(shown | {"note": LATER if key in seen else _unseen(key, seen)})


def _unseen(key: str, seen: Mapping[str, Seen]) -> str:
    near = get_close_matches(key, seen, n=1, cutoff=0.6)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"no record of the sample has {key}, and Recruitee defines none{meant} It is kept all the same"


async def _definitions(request: Request, connection: Connection) -> list[Looked]:
    state = request.state
    return await Definitions(
        state["recruitee"], state["store"], state["settings"], connection
    ).all()


async def _sample(store: Store, c: str, only: str | None = None) -> dict[str, list[Fields]]:
    """Return the newest records of each model that has fields of its own, at most SAMPLE of each."""
    models = [model for model in MODEL_OF.values() if only in (None, model)]
    return {model: await _newest(store, c, model) for model in models}


async def _newest(store: Store, c: str, model: str) -> list[Fields]:
    rows = await newest(store.pipe, keys.index(c, model), None, SAMPLE)
    found_: list[Fields] = []
    for start in range(0, len(rows), LOADED_AT_ONCE):
        refs = [Ref(model, row.member) for row in rows[start : start + LOADED_AT_ONCE]]
        known = await store.records.load(c, refs)
        found_ += [known[ref].fields for ref in refs if ref in known and not known[ref].deleted]
    return found_


def _shown(options: Options, seen: Seen, of: Mapping[str, int]) -> dict[str, Any]:
    pii, count = pii_of(options, seen), of.get(seen.model, 0)
    return {
        "key": seen.key,
        "model": seen.model,
        "kind": seen.kind,
        "label": seen.label,
        "defined": seen.defined,
        "filled": {
            "count": seen.filled,
            "of": count,
            "share": round(seen.filled / count, 4) if count else None,
        },
        "example": example_of(seen, pii),
        "custom_key": options.custom_keys.get(seen.key),
        "pii": pii,
        "pii_set": seen.key in options.pii,
    }
