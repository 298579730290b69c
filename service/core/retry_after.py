"""`Retry-After`, as RFC 9110 has it: seconds or a date."""

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime

CAP_S = 86_400.0


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds to wait, from 0 to a day, or None when nothing readable was sent."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text):
        return min(float(text), CAP_S)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max((aware - (now or datetime.now(UTC))).total_seconds(), 0.0), CAP_S)
