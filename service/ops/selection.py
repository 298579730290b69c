"""What a body asks for becomes a query: everything that it names is looked up, and must be there."""

from collections.abc import AsyncGenerator, Sequence
from itertools import islice

from service.core.replaying.facts import Fact
from service.core.replaying.query import Query
from service.core.store.records import subject_key
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.ops import lookup
from service.ops.asked import Asked, LettersAsked, Many
from service.ops.bodies import refused
from service.ops.lookup import Located
from service.problems import Problem

AT_ONCE = 500


async def of_replay(store: Store, asked: Asked) -> Query:
    """Return what a replay asks for; raises Problem 409 or 422."""
    if asked.dead_letter_ids or asked.filter.http_status or asked.filter.kind:
        return (await of_letters(store, asked)).model_copy(update={"missing": asked.missing})
    await _subscribers_exist(store, asked.subscriber_ids)
    plain = (await _plain(store, asked)).model_copy(update={"missing": asked.missing})
    if asked.event_ids:
        names = await _events(store, asked.event_ids)
        return plain.model_copy(update={"source": "events", "ids": names})
    connections = asked.filter.connection_ids or tuple(await store.connections.ids())
    # What comes from now on is live: it is sent anyway.
    now = await store.log.ago(0)
    until = now if asked.until is None else min(now, asked.until)
    return plain.model_copy(
        update={"source": "log", "connections": tuple(dict.fromkeys(connections)), "until": until}
    )


async def of_letters(store: Store, asked: LettersAsked) -> Query:
    """Return which dead letters are asked for; raises Problem 409 or 422."""
    await _subscribers_exist(store, asked.subscriber_ids)
    plain = await _plain(store, asked)
    if asked.dead_letter_ids:
        names = await _letters(store, asked.dead_letter_ids)
        return plain.model_copy(update={"source": "named_letters", "ids": names})
    now = await store.log.ago(0)
    until = now if asked.until is None else min(now, asked.until)
    return plain.model_copy(update={"source": "letters", "until": until})


async def _plain(store: Store, asked: LettersAsked) -> Query:
    wanted = asked.filter
    records = await _located(store, wanted.record_ids)
    subjects = await _located(store, wanted.subject_ids)
    return Query(
        source="letters",
        event_ids=asked.event_ids,
        subscriber_ids=asked.subscriber_ids and tuple(dict.fromkeys(asked.subscriber_ids)),
        types=wanted.types,
        connection_ids=wanted.connection_ids,
        models=wanted.models,
        records=None if records is None else tuple((c, *ref) for c, ref in records),
        lanes=None if subjects is None else tuple(subject_key(c, ref) for c, ref in subjects),
        http_status=wanted.http_status,
        kind=wanted.kind,
        since=asked.since,
        until=asked.until,
    )


async def _located(store: Store, unified_ids: Many) -> tuple[Located, ...] | None:
    """Return the records behind unified ids, as far as there are any; None: any record will do."""
    if unified_ids is None:
        return None
    found = [await lookup.by_unified_id(store, uid, None, None) for uid in unified_ids]
    # Nothing is no record's name, so that of ids that nobody knows nothing is chosen.
    return tuple(one for one in found if one) or (Located("", Ref("", "")),)


async def _subscribers_exist(store: Store, wanted: Many) -> None:
    known = set(await store.subscribers.ids()) if wanted else set()
    for s in wanted or ():
        if s not in known:
            raise refused("subscriber_ids", f"there is no subscriber {s}")


async def _events(store: Store, event_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the events in the order in which they happened."""
    places: list[tuple[int, int, str]] = []
    async for names in _pieces(event_ids):
        for event_id, body in zip(names, await store.log.bodies(names), strict=True):
            if body is None:
                raise refused(
                    "event_ids", f"there is no event {event_id}, or it is past the retention"
                )
            places.append((Fact.of_body(body).ms, len(places), event_id))
    return tuple(event_id for _, _, event_id in sorted(places))


async def _letters(store: Store, dead_letter_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the dead letters in the order in which they failed."""
    places: list[tuple[int, str]] = []
    async for names in _pieces(dead_letter_ids):
        letters = await store.dead_letters.load(names)
        taken = await store.dead_letters.replayed_by(names)
        for dead_id, dead, by in zip(names, letters, taken, strict=True):
            if dead is None:
                raise refused("dead_letter_ids", f"there is no dead letter {dead_id}")
            if by is not None:
                raise Problem(409, f"{dead_id} is being sent again by another replay")
            places.append((dead.failed_at, dead_id))
    return tuple(dead_id for _, dead_id in sorted(places))


async def _pieces(names: Sequence[str]) -> AsyncGenerator[list[str], None]:
    each = iter(dict.fromkeys(names))
    while piece := list(islice(each, AT_ONCE)):
        yield piece
