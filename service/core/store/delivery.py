"""A delivery: one event for one subscriber, as it is stored, with its attempts."""

from typing import Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids

Status = Literal["open", "delivered", "dead", "erased", "skipped"]


class Attempt(BaseModel):
    """One HTTP try, numbered from 1."""

    model_config = ConfigDict(frozen=True)

    number: int
    at: int  # ms, when it began
    status_code: int | None
    error: str | None
    duration_ms: int
    response_excerpt: str


class Delivery(BaseModel):
    """One event for one subscriber. Stored under short names: there are many."""

    model_config = ConfigDict(frozen=True)

    id: str
    e: str  # event
    s: str  # subscriber
    c: str  # connection
    t: str  # event type
    lane: str
    f: str = "hirewire"  # format, as it was when it was opened: every attempt has the same bytes
    at: int  # ms, when it was opened
    ct: int = 0  # ms, when its event was committed (0: as `at`, of what is sent again or tested)
    n: int = 0  # attempts made
    next: int | None = None  # ms, when the next attempt is due
    status: Status = "open"
    reason: str = ""
    replay: str | None = None
    dlt: str | None = None  # the dead letter that a replay delivers again
    log: tuple[Attempt, ...] = ()

    @property
    def since(self) -> int:
        """When its event was there to be sent, in ms since the epoch."""
        return self.ct or self.at

    @property
    def taken_at(self) -> int | None:
        """When it was taken, in ms since the epoch; None: it was not, or nobody knows any more."""
        if self.status != "delivered" or not self.log:
            return None
        return self.log[-1].at + self.log[-1].duration_ms

    def dump(self) -> bytes:
        """Return the stored form, without what is by default; `n` and `replay` are read by the scripts."""
        said = self.__dict__
        kept = {name: said[name] for name, default in _DEFAULTS if said[name] != default}
        return orjson.dumps(kept, default=vars)


# `n` is always said. (Pydantic's own dump took a tenth of a delivery's time.)
_DEFAULTS = tuple(
    (name, field.default if name != "n" else None) for name, field in Delivery.model_fields.items()
)


class LogEntry(NamedTuple):
    """One entry of a connection's event log."""

    position: str
    event_id: str
    type: str
    lane: str
    model: str
    remote_id: str


def entry_of(row: Any) -> LogEntry:
    """Read a log entry as a script returns it: its position, then names and values."""
    position, flat = row
    if flat[::2] == _FIELDS:
        return LogEntry(position.decode(), *(value.decode() for value in flat[1::2]))
    named = dict(zip(flat[::2], flat[1::2], strict=True))
    return LogEntry(position.decode(), *(named[name].decode() for name in _FIELDS))


_FIELDS = [b"e", b"t", b"s", b"m", b"r"]


def opened(
    lease_id: str, connection_id: str, entry: LogEntry, now: int, form: str = "hirewire"
) -> Delivery:
    """Return the delivery that a log entry becomes for a subscriber."""
    return Delivery(
        id=ids.delivery_id(entry.event_id, lease_id),
        e=entry.event_id,
        s=lease_id,
        c=connection_id,
        t=entry.type,
        lane=entry.lane,
        f=form,
        at=now,
        ct=int(entry.position.partition("-")[0]),
    )
