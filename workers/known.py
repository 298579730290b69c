"""Subscribers as this process knows them: read anew each time, opened only when something was changed."""

from service.core.store import keys
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber

# What deliveries change by themselves; all else is what somebody asked for.
RUNNING = frozenset(
    {b"status", b"reason", b"streak", b"ok_at", b"resumed", b"bad_from", b"try", b"pace"}
    | {b"brk", b"brk_at", b"brk_c", b"brk_n", b"brk_until", b"probe", b"probe_until"}
    | {b"ramp", b"ramp_ok"}
)
MOST = 2000


class Known:
    """Keeps settings with their secrets opened, since to open them costs more than to read them."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[dict[bytes, bytes], Subscriber]] = {}

    def of(self, s: str) -> Subscriber | None:
        """Return a subscriber as it was when it was read last."""
        row = self._rows.get(s)
        return row[1] if row else None

    async def read(self, store: Store, s: str) -> Subscriber | None:
        """Return a subscriber as it is, or None when there is none."""
        raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", keys.subscriber(s))
        if b"id" not in raw:
            self._rows.pop(s, None)
            return None
        asked = {name: value for name, value in raw.items() if name not in RUNNING}
        row = self._rows.get(s)
        if row is not None and row[0] == asked:
            found = _as_it_stands(row[1], raw)
        else:
            fields = {name.decode(): value.decode() for name, value in raw.items()}
            found = Subscriber.read(fields, store.vault)
        self._rows.pop(s, None)
        self._rows[s] = (asked, found)
        if len(self._rows) > MOST:
            self._rows.pop(next(iter(self._rows)))
        return found


def _as_it_stands(known: Subscriber, raw: dict[bytes, bytes]) -> Subscriber:
    return known.model_copy(
        update={
            "status": raw[b"status"].decode(),
            "reason": raw.get(b"reason", b"").decode(),
            "streak": int(raw.get(b"streak", 0)),
            "ok_at": int(raw.get(b"ok_at", 0)),
            "resumed": int(raw.get(b"resumed", 0)),
        }
    )
