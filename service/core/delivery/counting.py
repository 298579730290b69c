"""How many of a log's entries a subscriber wanted, as far as that can still be known."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.delivery.choosing import choose
from service.core.delivery.filters import ERASED, needs_body
from service.core.delivery.rendering import PLAIN
from service.core.store.deliveries import LogEntry
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber


@dataclass(frozen=True, slots=True)
class Count:
    """How many; `at_most`: some could be judged by type and connection only, their body is gone."""

    count: int
    at_most: bool


async def count_wanted(
    store: Store, subscriber: Subscriber, c: str, entries: Sequence[LogEntry]
) -> Count:
    """Count which of a connection's entries were for a subscriber, by all of its filters.

    Whom an erasure was for is forgotten with its body: it counts for everybody who names its type.
    """
    wants = subscriber.wanted.wants
    erased = sum(entry.type == ERASED and wants(c, ERASED) for entry in entries)
    others = [entry for entry in entries if entry.type != ERASED and wants(c, entry.type)]
    bodies = _Bodies()
    good = await choose(store, subscriber, c, others, bodies)
    judged = not needs_body(subscriber.wanted) or all((e.event_id, PLAIN) in bodies for e in others)
    return Count(erased + sum(good), bool(erased) or not judged)


class _Bodies(dict[tuple[str, str], bytes]):
    """The bodies of one page."""

    def put(self, key: tuple[str, str], value: bytes) -> None:
        """Keep."""
        self[key] = value
