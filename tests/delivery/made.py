"""Invented events, as the log has them."""

from typing import Any

import orjson

from service.core import ids
from service.core.store.subscribers import Redaction, Wanted

C = "3kTMd9RwVbXyQ5nHs7PfGc2J"
URL = "https://receiver.example/hook"
CANDIDATE = {"model": "candidate", "id": ids.record_id(C, "candidate", "88"), "remote_id": "88"}


def row(path: str, before: Any, after: Any) -> dict[str, Any]:
    return {"path": path, "before": before, "after": after}


def event(
    kind: str = "candidate.updated",
    record: dict[str, Any] | None = None,
    changes: list[dict[str, Any]] | None = None,
    remote_id: str = "88",
    subject: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an envelope; the record has its ids by itself."""
    model = kind.partition(".")[0]
    about = {"model": model, "id": ids.record_id(C, model, remote_id), "remote_id": remote_id}
    return {
        "id": f"evt_{ids.derive(kind, remote_id)}",
        "type": kind,
        "timestamp": "2026-05-04T09:30:00.000Z",
        "connection_id": C,
        "integration_id": f"recruitee:{C}",
        "sequence": 3,
        "origin": "webhook",
        "causes": [{"event_id": 7, "event_type": "candidate_changed", "event_subtype": None}],
        "data": {
            **about,
            "subject": subject or (CANDIDATE if model in ("application", "note") else about),
            "record": {"id": about["id"], "remote_id": remote_id, **(record or {})},
            "changes": changes or [],
        },
    }


def operational(kind: str = "subscriber.disabled", **data: Any) -> dict[str, Any]:
    """Return an operational event's envelope."""
    whole = event()
    del whole["sequence"]
    return {**whole, "type": kind, "origin": "system", "causes": [], "data": data}


def body(of: dict[str, Any]) -> bytes:
    return orjson.dumps(of)


def wanted(**asked: Any) -> Wanted:
    return Wanted(url=URL, **asked)


def rules(*paths: str, how: Any = "drop") -> tuple[Redaction, ...]:
    return tuple(Redaction(path=path, how=how) for path in paths)
