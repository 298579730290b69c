"""Webhooks as Recruitee would send them: invented people in reconstructed shapes, and their signature."""

import hashlib
import hmac
from typing import Any

import orjson

SECRET = "a webhook secret"
NAME = "Wilhelmina Unlikely-Name"
EMAIL = "wilhelmina@unlikely.example"

CANDIDATE: dict[str, Any] = {"id": 3331, "name": NAME, "emails": [EMAIL]}
OFFER: dict[str, Any] = {"id": 207, "title": "Bell founder", "status": "published"}
POOL: dict[str, Any] = {"id": 88, "title": "Silver medals"}
STAGES: dict[str, Any] = {
    "from_stage": {"id": 51, "name": "Applied", "category": "apply"},
    "to_stage": {"id": 52, "name": "Call", "category": "phone_screen"},
}


def envelope(event_type: Any = "candidate_moved", **changed: Any) -> dict[str, Any]:
    """Return a webhook about one candidate's move, with parts replaced; `...` leaves one out."""
    whole = {
        "id": 1001,
        "attempt_count": 1,
        "created_at": "2026-04-21T07:40:00.123456Z",
        "event_type": event_type,
        "event_subtype": "stage_changed",
        "level": "info",
        "payload": {"candidate": CANDIDATE, "offer": OFFER, "details": STAGES},
    } | changed
    return {name: value for name, value in whole.items() if value is not ...}


def raw(body: bytes | dict[str, Any]) -> bytes:
    """Return the bytes that are sent."""
    return body if isinstance(body, bytes) else orjson.dumps(body)


def sign(body: bytes, secret: str = SECRET) -> str:
    """Sign as Recruitee does; written here again, so that a mistake of ours would show."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
