"""Find a record by what an operator has: its unified id or Recruitee's, with or without a connection."""

import asyncio
from typing import NamedTuple

from service.core.store.store import Store
from service.core.unified.model import Ref
from service.core.unified.registry import MODELS


class Located(NamedTuple):
    """A record, and whose it is."""

    connection_id: str
    ref: Ref


async def by_unified_id(store: Store, uid: str, c: str | None, model: str | None) -> Located | None:
    """Return the record with a unified id, or None; the store is asked, since ids may be adopted."""
    places = [
        (each, m)
        for each in ([c] if c else await store.connections.ids())
        for m in ([model] if model else MODELS)
    ]
    asked = (store.records.remote_id(each, m, uid) for each, m in places)
    for (each, m), remote in zip(places, await asyncio.gather(*asked), strict=True):
        if remote is not None:
            return Located(each, Ref(m, remote))
    return None


async def by_remote_id(store: Store, model: str, remote: str, c: str | None) -> list[Located]:
    """Return the records that Recruitee calls so, at most one per connection."""
    ref = Ref(model, remote)
    connections = [c] if c else await store.connections.ids()
    known = await asyncio.gather(*(store.records.load(each, [ref]) for each in connections))
    return [
        Located(each, ref) for each, found in zip(connections, known, strict=True) if ref in found
    ]
