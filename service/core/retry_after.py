"""`Retry-After`, as RFC 9110 has it: seconds or a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MAX_RETRY_AFTER_S: Final = 86_400.0
MAX_TEXT: Final = 64


def retry_after_s(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for, 0 to 86400, or None when it is none.

    Seconds, fractions too, or an HTTP date, which counts from `now`.
    """
    if text is None or len(text) > MAX_TEXT:
        return None
    try:
        if text.strip().replace(".", "", 1).isdecimal() and text.isascii():
            seconds = float(text)
        else:
            at = parsedate_to_datetime(text)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
