"""What is known of an event, or of a dead letter, when a query is held against it."""

from typing import Any, NamedTuple

import orjson

from service.core import times
from service.core.events import covers
from service.core.replaying.query import Query
from service.core.store.deliveries import LogEntry
from service.core.store.records import subject_key
from service.core.unified.model import Ref


class Fact(NamedTuple):
    """An event, as far as a query asks."""

    event_id: str
    type: str
    connection_id: str
    model: str
    remote_id: str
    lane: str  # of its subject
    ms: int

    @classmethod
    def of_entry(cls, c: str, entry: LogEntry) -> "Fact":
        """Return what a log entry tells."""
        ms = int(entry.position.partition("-")[0])
        return cls(
            entry.event_id, entry.type, c, entry.model, entry.remote_id, entry.lane, ms
        )  # fmt: skip

    @classmethod
    def of_body(cls, raw: bytes) -> "Fact":
        """Return what an event's envelope tells."""
        body: dict[str, Any] = orjson.loads(raw)
        data, c = body["data"], body["connection_id"]
        subject = data.get("subject")
        about = Ref(subject["model"], subject["remote_id"]) if subject else Ref("connection", c)
        return cls(
            body["id"], body["type"], c, data.get("model", ""), data.get("remote_id", ""),
            subject_key(c, about), times.parse(body["timestamp"]) or 0,
        )  # fmt: skip

    @classmethod
    def of_root(cls, c: str, event_type: str, root: str) -> "Fact":
        """Return what an inbound dead letter's root (`model:remote id`) tells."""
        model, _, remote_id = root.partition(":")
        return cls("", event_type, c, model, remote_id, subject_key(c, Ref(model, remote_id)), 0)


class Test:
    """A query, made ready to be held against many facts."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._records = None if query.records is None else frozenset(query.records)
        self._lanes = None if query.lanes is None else frozenset(query.lanes)
        self.by_record = bool(query.models) or self._records is not None or self._lanes is not None
        """Whether it asks for more than a dead letter tells by itself."""

    def takes(self, fact: Fact) -> bool:
        """Say whether a fact fits, but for its time."""
        q = self._query
        return (
            (q.types is None or any(covers(pattern, fact.type) for pattern in q.types))
            and (q.connection_ids is None or fact.connection_id in q.connection_ids)
            and (q.models is None or fact.model in q.models)
            and (
                self._records is None
                or (fact.connection_id, fact.model, fact.remote_id) in self._records
            )
            and (self._lanes is None or fact.lane in self._lanes)
        )
