"""A model's records by when they changed: pages of them, times of change, remote ids of unified ones."""

import asyncio
from collections.abc import Collection, Sequence

from service.core.store import keys
from service.core.store.listing import Row, oldest
from service.core.store.redis import Pipe
from service.core.unified.model import Ref

FIRST, LAST = "\x00", "\U0010ffff"
"""What stands before, and beyond, every remote id."""


async def changed(pipe: Pipe, c: str, refs: Sequence[Ref]) -> dict[Ref, int]:
    """Return when records changed, in ms; those that are not there are left out."""
    of: dict[str, list[str]] = {}
    for ref in refs:
        of.setdefault(ref.model, []).append(ref.remote_id)
    asked = [pipe.call("ZMSCORE", keys.index(c, model), *ids) for model, ids in of.items()]
    found: dict[Ref, int] = {}
    for (model, ids), scores in zip(of.items(), await asyncio.gather(*asked), strict=True):
        told = zip(ids, scores, strict=True)
        found |= {Ref(model, i): int(float(score)) for i, score in told if score is not None}
    return found


async def page(pipe: Pipe, c: str, model: str, after: Row | None, count: int) -> list[Row]:
    """Return up to `count` records beyond a place, those that changed first first."""
    return await oldest(pipe, keys.index(c, model), after, count)


async def size(pipe: Pipe, c: str, model: str) -> int:
    """Return how many records a model has, deleted ones included."""
    return int(await pipe.call("ZCARD", keys.index(c, model)))


async def remote_ids(pipe: Pipe, c: str, model: str, uids: Collection[str]) -> dict[str, str]:
    """Return unified id -> remote id, be the id ours or one taken along; unknown ones are left out."""
    wanted = list(dict.fromkeys(uids))
    if not wanted:
        return {}
    found = await pipe.call("HMGET", keys.remote_ids(c, model), *wanted)
    named = zip(wanted, found, strict=True)
    ours = {uid: remote_id.decode() for uid, remote_id in named if remote_id is not None}
    taken = await adopted(pipe, c, model, [uid for uid in wanted if uid not in ours])
    return ours | taken


async def adopted(pipe: Pipe, c: str, model: str, uids: Collection[str]) -> dict[str, str]:
    """Return id -> remote id, of a model's ids that were taken along from another vendor."""
    if not uids:
        return {}
    found = await pipe.call("HMGET", keys.adopted(c), *(f"{model}:{uid}" for uid in uids))
    named = zip(uids, found, strict=True)
    return {uid: remote_id.decode() for uid, remote_id in named if remote_id is not None}
