"""Reads what clients send without trusting its type."""

import orjson

from service.sandbox.records import Json

LONGEST_NUMBER = 18


def parsed(raw: bytes) -> Json | None:
    """Return a JSON object; `{}` for no body, None for anything that is no object."""
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def member(body: Json, name: str) -> Json:
    """Return the object under a name, or `{}` when there is none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def whole(value: object, default: int = 0) -> int:
    """Return a natural number given as such or as text; anything else is the default."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else default


def texts(given: object) -> tuple[str, ...]:
    """Return the trimmed, non-empty strings of a list, or of a single string."""
    listed = given if isinstance(given, list) else [given]
    return tuple(text.strip() for text in listed if isinstance(text, str) and text.strip())
