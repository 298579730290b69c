"""Webhooks as they are registered, and one event on its way to one of them."""

from dataclasses import dataclass, field

import orjson

from service.sandbox.announcements import Event
from service.sandbox.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A registered receiver; `events` None means all, `in_flight` 1 keeps the order of sending."""

    id: int
    url: str
    secret: str
    events: frozenset[str] | None = None
    in_flight: int = 1

    def wants(self, event: Event) -> bool:
        """Say whether the event was chosen for this hook."""
        return self.events is None or event.type in self.events

    def shape(self) -> Json:
        """Return the hook as the control surface shows it, secret included."""
        events = None if self.events is None else sorted(self.events)
        return {"id": self.id, "url": self.url, "secret": self.secret, "events": events}


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event for one hook with its attempts; `state` is waiting, delivered, failed or lost."""

    hook_id: int
    event_id: int
    event: Event
    first_attempt: int = 1
    state: str = "waiting"
    attempts: list[Json] = field(default_factory=list)

    def body(self) -> bytes:
        """Return the bytes of the next attempt: only `attempt_count` differs between attempts."""
        envelope = {
            "id": self.event_id,
            "attempt_count": self.first_attempt + len(self.attempts),
            "created_at": self.event.at,
            "event_type": self.event.type,
            "event_subtype": self.event.subtype,
            "level": "info",
            "payload": self.event.payload,
        }
        return orjson.dumps(envelope)

    def shape(self) -> Json:
        """Return the delivery as the log shows it."""
        return {
            "hook_id": self.hook_id,
            "event_id": self.event_id,
            "event_type": self.event.type,
            "event_subtype": self.event.subtype,
            "created_at": self.event.at,
            "state": self.state,
            "attempts": self.attempts,
        }
