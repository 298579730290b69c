"""Since and until, as queries and bodies give them: RFC 3339, both ends included."""

from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from service.core import times


def _millis(value: object) -> int:
    # A `+` that nobody escaped reaches us as a space, and no instant has one before its offset.
    text = value.strip().replace(" ", "+") if isinstance(value, str) and "T" in value else value
    ms = times.parse(text)
    if ms is None:
        raise ValueError("must be an RFC 3339 instant, as 2026-04-21T07:40:00Z")
    return ms


Instant = Annotated[
    int, BeforeValidator(_millis), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""Milliseconds since the epoch, written as RFC 3339."""

within = times.within
