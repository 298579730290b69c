"""What a replay is to send again: dead letters, or events of the log, narrowed by all that is given."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import orjson

from service.core import ids, times
from service.core.store.dead_letters import DeadLetter
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.ops import lookup
from service.ops.asked import Asked, Many
from service.ops.bodies import refused
from service.ops.events import covers
from service.ops.instants import within
from service.problems import Problem

MOST = 250_000
READ_AT_ONCE = 500


class Chosen(NamedTuple):
    """One thing to send again: an event to a subscriber, or a dead inbound webhook."""

    event_id: str
    type: str
    subscriber_id: str | None
    dead: DeadLetter | None = None


class _Fact(NamedTuple):
    """What is known of an event when it is chosen or not."""

    event_id: str
    type: str
    connection_id: str
    model: str
    remote_id: str
    ms: int


async def chosen(store: Store, asked: Asked) -> list[Chosen]:
    """Return what fits, oldest first; raises Problem 409 or 422."""
    picker = _Picker(store, asked, await _records(store, asked.filter.record_ids))
    if asked.dead_letter_ids or asked.filter.http_status:
        return await picker.letters()
    return await picker.events()


async def _records(store: Store, record_ids: Many) -> Collection[tuple[str, str, str]] | None:
    """Return the records behind unified ids, as (connection, model, remote id); None: any record."""
    if record_ids is None:
        return None
    found = [await lookup.by_unified_id(store, uid, None, None) for uid in record_ids]
    return {(one.connection_id, *one.ref) for one in found if one}


class _Picker:
    """One selection."""

    def __init__(
        self, store: Store, asked: Asked, records: Collection[tuple[str, str, str]] | None
    ) -> None:
        self._store = store
        self._asked = asked
        self._records = records

    async def events(self) -> list[Chosen]:
        subscribers = await self._subscribers()
        named = bool(self._asked.event_ids and self._asked.subscriber_ids)
        picked: list[Chosen] = []
        async with aclosing(self._named() if self._asked.event_ids else self._logged()) as facts:
            async for fact in facts:
                if self._fits(fact) and within(fact.ms, self._asked.since, self._asked.until):
                    picked += [
                        Chosen(fact.event_id, fact.type, s.id)
                        for s in subscribers
                        # Who names both event and subscriber means just that.
                        if named or s.wanted.wants(fact.connection_id, fact.type)
                    ]
                    _bound(picked)
        return picked

    async def letters(self) -> list[Chosen]:
        replaying = await self._store.dead_letters.all_replaying()
        picked: list[Chosen] = []
        for dead in await self._letters(replaying):
            if await self._letter_fits(dead):
                picked.append(Chosen(dead.event_id or "", dead.type, dead.subscriber_id, dead))
                _bound(picked)
        return picked

    async def _subscribers(self) -> list[Subscriber]:
        everybody = await self._store.subscribers.all()
        wanted = self._asked.subscriber_ids
        if wanted is None:
            return everybody
        for s in set(wanted) - {subscriber.id for subscriber in everybody}:
            raise refused("subscriber_ids", f"there is no subscriber {s}")
        return [subscriber for subscriber in everybody if subscriber.id in wanted]

    async def _named(self) -> AsyncGenerator[_Fact, None]:
        event_ids = tuple(dict.fromkeys(self._asked.event_ids or ()))
        facts = []
        for event_id, body in zip(event_ids, await self._store.log.bodies(event_ids), strict=True):
            if body is None:
                raise refused(
                    "event_ids", f"there is no event {event_id}, or it is past the retention"
                )
            facts.append(_fact(orjson.loads(body)))
        for fact in sorted(facts, key=lambda fact: fact.ms):
            yield fact

    async def _logged(self) -> AsyncGenerator[_Fact, None]:
        """Yield the log's events, each connection's in commit order, from `since` on."""
        for c in self._asked.filter.connection_ids or await self._store.connections.ids():
            after = f"{max(0, (self._asked.since or 0) - 1)}-{2**63}"
            while rows := await self._store.log.oldest(c, after, READ_AT_ONCE):
                for row in rows:
                    ms = int(row.position.partition("-")[0])
                    yield _Fact(row.event_id, row.type, c, row.model, row.remote_id, ms)
                after = rows[-1].position

    async def _letters(self, replaying: Collection[str]) -> Sequence[DeadLetter]:
        if self._asked.dead_letter_ids is None:
            found: list[DeadLetter | None] = []
            async with aclosing(self._store.dead_letters.pages()) as pages:
                async for rows in pages:
                    found += await self._store.dead_letters.load([row.member for row in rows])
            # What is being sent again already is left to that replay.
            return [d for d in reversed(found) if d and d.id not in replaying]
        wanted = tuple(dict.fromkeys(self._asked.dead_letter_ids))
        loaded = await self._store.dead_letters.load(wanted)
        for dead_id, dead in zip(wanted, loaded, strict=True):
            if dead is None:
                raise refused("dead_letter_ids", f"there is no dead letter {dead_id}")
            if dead_id in replaying:
                raise Problem(409, f"{dead_id} is being sent again by another replay")
        return sorted((d for d in loaded if d), key=lambda d: d.failed_at)

    async def _letter_fits(self, dead: DeadLetter) -> bool:
        asked = self._asked
        return (
            (asked.event_ids is None or dead.event_id in asked.event_ids)
            and (asked.subscriber_ids is None or dead.subscriber_id in asked.subscriber_ids)
            and within(dead.failed_at, asked.since, asked.until)
            and self._fits(await self._about(dead))
            and await self._answered(dead)
        )

    async def _about(self, dead: DeadLetter) -> _Fact:
        """Return what a dead letter is about, as far as the filter has to know."""
        model, remote_id = "", ""
        if self._asked.filter.models or self._records is not None:
            body = await self._store.log.body(dead.event_id or "")
            fact = _fact(orjson.loads(body)) if body else None
            root = (dead.root or ":").split(":", 1)
            model, remote_id = (fact.model, fact.remote_id) if fact else (root[0], root[1])
        return _Fact("", dead.type, dead.connection_id, model, remote_id, 0)

    async def _answered(self, dead: DeadLetter) -> bool:
        statuses = self._asked.filter.http_status
        if statuses is None:
            return True
        delivery_id = dead.delivery_id or ""
        owners = {ids.tag_of(delivery_id): dead.subscriber_id or ""}
        [delivery] = await self._store.deliveries.load([delivery_id], owners)
        return bool(delivery and delivery.log and delivery.log[-1].status_code in statuses)

    def _fits(self, fact: _Fact) -> bool:
        wanted = self._asked.filter
        return (
            (wanted.types is None or any(covers(t, fact.type) for t in wanted.types))
            and (wanted.connection_ids is None or fact.connection_id in wanted.connection_ids)
            and (wanted.models is None or fact.model in wanted.models)
            and (
                self._records is None
                or (fact.connection_id, fact.model, fact.remote_id) in self._records
            )
        )


def _fact(body: dict[str, Any]) -> _Fact:
    data = body["data"]
    return _Fact(
        body["id"], body["type"], body["connection_id"], data.get("model", ""),
        data.get("remote_id", ""), times.parse(body["timestamp"]) or 0,
    )  # fmt: skip


def _bound(picked: Sequence[Chosen]) -> None:
    if len(picked) > MOST:
        raise Problem(
            422, f"more than {MOST:,} deliveries: narrow it down by since, until or filter"
        )
