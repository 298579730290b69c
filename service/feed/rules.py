"""What a reader of the feed gets to see: by what it asks for, and by the subscriber it is bound to."""

from collections.abc import Sequence
from typing import Protocol

import orjson

from service.core.delivery.choosing import case_of
from service.core.delivery.filters import passes
from service.core.delivery.redaction import redacted
from service.core.events import matches
from service.core.store.deliveries import LogEntry
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber


class Rules(Protocol):
    """Which events a reader gets, and what it sees of them."""

    def names(self, c: str, entry: LogEntry) -> bool:
        """Say whether an event of a connection is asked for, as far as its log entry tells."""

    async def shown(self, bodies: Sequence[bytes]) -> list[bytes | None]:
        """Return these events as they are to be seen; None for those that are not."""


class Plain:
    """The envelopes as they are, by type; `*` is what it is to subscribers."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def names(self, _: str, entry: LogEntry) -> bool:
        """Say whether a type is asked for."""
        return any(matches(pattern, entry.type) for pattern in self._patterns)

    async def shown(self, bodies: Sequence[bytes]) -> list[bytes | None]:
        """Return them all."""
        return [*bodies]


class Bound:
    """A subscriber's filters and redaction over what is asked for; always our own envelope."""

    def __init__(self, asked: Plain, subscriber: Subscriber, store: Store) -> None:
        self._asked = asked
        self._store = store
        self._wanted = subscriber.wanted
        secret = subscriber.hash_key
        self._key = secret.get_secret_value().encode() if secret else b""

    def names(self, c: str, entry: LogEntry) -> bool:
        """Say whether it is asked for, and the subscriber's to have."""
        return self._asked.names(c, entry) and self._wanted.wants(c, entry.type)

    async def shown(self, bodies: Sequence[bytes]) -> list[bytes | None]:
        """Return what passes the subscriber's filters, redacted."""
        return [await self._seen(body) for body in bodies]

    async def _seen(self, body: bytes) -> bytes | None:
        event = orjson.loads(body)
        case = await case_of(self._store, self._wanted, event)
        if not passes(case):
            return None
        if not self._wanted.redact:
            return body
        return orjson.dumps(redacted(event, self._wanted.redact, self._key, case.options))
