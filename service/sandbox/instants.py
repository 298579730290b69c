"""Instants as Recruitee writes them, and as whole microseconds, in which they are compared."""

from datetime import UTC, datetime, timedelta

from service.sandbox.records import Stamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 86_400_000_000
_START = datetime(1970, 1, 1)  # noqa: DTZ001 (without a zone it is written faster)


def stamp(instant: datetime) -> Stamp:
    """Return `2026-04-21T07:34:16.922854Z`: microseconds are always written."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def stamped(us: int) -> Stamp:
    """Return the same of microseconds since 1970."""
    return (_START + timedelta(microseconds=us)).isoformat(timespec="microseconds") + "Z"


def micros(instant: Stamp | None) -> int:
    """Return microseconds since 1970; 0 for none and for what is no instant."""
    if not instant:
        return 0
    try:
        return micros_of(datetime.fromisoformat(instant))
    except ValueError:
        return 0


def micros_of(instant: datetime) -> int:
    """Return microseconds since 1970 of an instant; one without a zone is UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def seconds(instant: Stamp | None) -> str | None:
    """Return an instant cut to whole seconds, as search hits have it."""
    return instant and f"{instant[:19]}Z"
