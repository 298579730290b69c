"""Truto's `record:*`: the envelope and the signature as documented; the payload reconstructed, not captured.

Truto shows what a payload is made of ({event, resource, id, snapshot}) and no whole one. Its ids are the
source's own, so `payload.id` is Recruitee's; the snapshot is our record, which has both.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

HEADER: Final = "X-Truto-Signature"
ENVIRONMENT: Final = "hirewire"
TEST: Final = {"foo": "bar"}
CREATED: Final = ("created", "restored", "scheduled")
DELETED: Final = ("deleted", "erased", "canceled")
RESOURCES: Final[Mapping[str, str]] = {
    "activity": "activities",
    "evaluation": "scorecards",
    "location": "offices",
    "rejection_reason": "reject_reasons",
    "stage": "job_interview_stages",
}


def record_event(event: Mapping[str, Any], webhook_id: str) -> dict[str, Any]:
    """Return Truto's body for a change event, or for a test of the subscriber's."""
    data = event["data"]
    name = "test" if "model" not in data else f"record:{happened(event['type'])}"
    return {
        "id": event["id"],
        "event": name,
        "payload": TEST if name == "test" else _payload(event, name),
        "environment_id": ENVIRONMENT,
        "webhook_id": webhook_id,
        "created_at": event["timestamp"],
    }


def signature(secret: str, body: bytes) -> str:
    """Return Truto's header: hex of HMAC-SHA256 over the body."""
    return f"format=sha256,v={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _payload(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    data = event["data"]
    model = str(data["model"])
    return {
        "event": name.partition(":")[2],
        "resource": f"ats/{RESOURCES.get(model, model + 's')}",
        "id": data["remote_id"],
        "integrated_account_id": event["connection_id"],
        "snapshot": data.get("record"),
    }


def happened(event_type: str) -> str:
    """Return what an event of ours is to Truto: created, updated or deleted."""
    what = event_type.partition(".")[2]
    return "created" if what in CREATED else "deleted" if what in DELETED else "updated"
