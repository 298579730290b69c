"""What a caller may see: the store narrowed to some connections, or to one subscriber.

Handlers ask the store that their request carries; of what lies beyond the caller's sight it says that it
is not there, so that no handler can forget to look. Which routes such a caller may use at all is said in
`service.ops.endpoint`: what is not narrowed here is closed there.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from service.callers import Caller
from service.core import ids
from service.core.store.connections import Connection, Connections
from service.core.store.dead_letters import DeadLetter, DeadLetters
from service.core.store.deliveries import Deliveries, Delivery, LogEntry
from service.core.store.log import Log
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Subscribers, Wanted
from service.problems import Problem


@dataclass(frozen=True, slots=True)
class Sight:
    """How far a caller sees; None: all of them."""

    connection_ids: frozenset[str] | None
    subscriber_id: str | None

    @classmethod
    def of(cls, caller: Caller) -> "Sight":
        """Return a caller's sight; an API key that is bound to a subscriber's rules sees the feed only."""
        mine = caller.subscriber_id if caller.kind == "subscriber" else None
        return cls(caller.connection_ids, mine)

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.connection_ids is None and self.subscriber_id is None

    def connection(self, c: str) -> bool:
        """Say whether a connection is seen."""
        return self.connection_ids is None or c in self.connection_ids

    def reads_only_mine(self, wanted: Wanted) -> bool:
        """Say whether a subscriber with these settings can get nothing from beyond this sight."""
        if self.connection_ids is None:
            return True
        return wanted.connection_ids is not None and self.connection_ids.issuperset(
            wanted.connection_ids
        )

    def subscriber(self, subscriber: Subscriber) -> bool:
        """Say whether a subscriber is seen."""
        mine = self.subscriber_id in (None, subscriber.id)
        return mine and self.reads_only_mine(subscriber.wanted)

    def delivery(self, delivery: Delivery) -> bool:
        """Say whether a delivery is seen."""
        return self.subscriber_id in (None, delivery.s) and self.connection(delivery.c)

    def dead_letter(self, dead: DeadLetter) -> bool:
        """Say whether a dead letter is seen."""
        mine = self.subscriber_id in (None, dead.subscriber_id)
        return mine and self.connection(dead.connection_id)


def narrowed(store: Store, sight: Sight) -> Store:
    """Return the store as one sees it who may not see all."""
    return dataclasses.replace(
        store,
        connections=_Connections(store.connections, sight),
        subscribers=_Subscribers(store.subscribers, sight),
        log=_Log(store.log, sight),
        deliveries=_Deliveries(store.deliveries, sight),
        dead_letters=_DeadLetters(store.dead_letters, sight),
    )


class _Narrowed:
    """Behaves as what it narrows, but for what the classes below override."""

    def __init__(self, whole: object, sight: Sight) -> None:
        self.__dict__.update(vars(whole))
        self._sight = sight


class _Connections(_Narrowed, Connections):
    async def get(self, c: str) -> Connection | None:
        return await super().get(c) if self._sight.connection(c) else None

    async def load(self, names: Sequence[str]) -> list[Connection | None]:
        found = await super().load(names)
        return [each if each and self._sight.connection(each.id) else None for each in found]

    async def ids(self) -> list[str]:
        return [c for c in await super().ids() if self._sight.connection(c)]


class _Subscribers(_Narrowed, Subscribers):
    async def get(self, s: str) -> Subscriber | None:
        found = await super().get(s)
        return found if found and self._sight.subscriber(found) else None

    async def load(self, names: Sequence[str]) -> list[Subscriber | None]:
        found = await super().load(names)
        return [each if each and self._sight.subscriber(each) else None for each in found]

    async def all(self) -> list[Subscriber]:
        return [each for each in await self.load(await super().ids()) if each]

    async def ids(self) -> list[str]:
        return [each.id for each in await self.all()]

    async def by_tag(self, delivery_id: str) -> str | None:
        return (await self.by_tags()).get(ids.tag_of(delivery_id))

    async def by_tags(self) -> dict[str, str]:
        # Names only, and of all: without its subscriber's an open delivery is not found.
        return {ids.subscriber_tag(s): s for s in await super().ids()}

    async def create(
        self, wanted: Wanted, secret: str | None, *more: Any, **named: Any
    ) -> tuple[Subscriber, str]:
        self._stays_mine(wanted)
        return await super().create(wanted, secret, *more, **named)

    async def update(self, s: str, wanted: Wanted) -> None:
        self._stays_mine(wanted)
        await super().update(s, wanted)

    def _stays_mine(self, wanted: Wanted) -> None:
        if not self._sight.reads_only_mine(wanted):
            detail = "this key is for some connections only: name some of them as connection_ids"
            raise Problem(403, detail)


class _Log(_Narrowed, Log):
    async def body(self, event_id: str) -> bytes | None:
        return (await self.bodies([event_id]))[0]

    async def bodies(self, event_ids: Sequence[str]) -> list[bytes | None]:
        found = await super().bodies(event_ids)
        return [body if body and self._sees(body) else None for body in found]

    async def rendered(self, event_id: str, form: str) -> bytes | None:
        seen = await self.body(event_id) is not None
        return await super().rendered(event_id, form) if seen else None

    async def newest(self, c: str, top: str, count: int) -> list[LogEntry]:
        return await super().newest(c, top, count) if self._sight.connection(c) else []

    async def oldest(self, c: str, after: str, count: int) -> list[LogEntry]:
        return await super().oldest(c, after, count) if self._sight.connection(c) else []

    async def timeline(self, c: str, model: str, remote_id: str) -> list[str]:
        return await super().timeline(c, model, remote_id) if self._sight.connection(c) else []

    def _sees(self, body: bytes) -> bool:
        return self._sight.connection(str(orjson.loads(body).get("connection_id")))


class _Deliveries(_Narrowed, Deliveries):
    async def load(self, *asked: Any, **named: Any) -> list[Delivery | None]:
        found = await super().load(*asked, **named)
        return [each if each and self._sight.delivery(each) else None for each in found]


class _DeadLetters(_Narrowed, DeadLetters):
    async def get(self, dead_id: str) -> DeadLetter | None:
        found = await super().get(dead_id)
        return found if found and self._sight.dead_letter(found) else None

    async def load(self, dead_ids: Sequence[str]) -> list[DeadLetter | None]:
        found = await super().load(dead_ids)
        return [each if each and self._sight.dead_letter(each) else None for each in found]
