"""Instants as text: RFC 3339, UTC, milliseconds, the one form in which we store and send them."""

from datetime import UTC, datetime

Millis = int


def now_ms() -> Millis:
    """Return this machine's clock, in milliseconds since the epoch."""
    return int(datetime.now(UTC).timestamp() * 1000)


def iso(ms: Millis) -> str:
    """Return `2026-04-21T07:40:00.000Z` for milliseconds since the epoch."""
    seconds, millis = divmod(ms, 1000)
    # Not strftime: it writes the year 1 as `1`.
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{millis:03d}Z"


def parse(text: object) -> Millis | None:
    """Return the milliseconds of any instant Recruitee writes, or None when it is none.

    Forms seen: `2026-04-21T07:34:16.922854Z`, `...:51Z`, without `Z`, `2023-07-25 17:53:46 UTC`,
    and a bare date (midnight UTC).
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        instant = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)


def canonical(text: object) -> str | None:
    """Return an instant in our one form, or None when it is none."""
    ms = parse(text)
    try:
        return None if ms is None else iso(ms)
    except (ValueError, OverflowError):
        return None


def within(ms: Millis, since: Millis | None, until: Millis | None) -> bool:
    """Say whether an instant lies between the two, ends included; None: open."""
    return (since is None or ms >= since) and (until is None or ms <= until)
