"""What a backfill sends: a record's present state, told as `<model>.created` of origin `sync`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from service.core import ids, times
from service.core.store import keys
from service.core.store.records import subject_key
from service.core.store.store import Store
from service.core.unified.model import Ref, Snapshot
from service.core.unified.registry import MODELS

OWNERS = (("candidate", "candidate_id"), ("job", "job_id"))
OWNED = ("application", "interview", "note", "attachment", "evaluation", "activity")


class State(NamedTuple):
    """A record as it is now, and the event that tells of it."""

    event_id: str
    version: int
    lane: str
    event: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The bytes that are sent in the format `hirewire`."""
        return orjson.dumps(self.event)


def created(model: str) -> str:
    """Return the type under which a model's records begin."""
    return f"{model}.{MODELS[model].created_as}"


async def state_of(store: Store, s: str, c: str, ref: Ref, snapshot: Snapshot) -> State:
    """Return a record's state for a subscriber.

    Its id is derived from (subscriber, record, version): sent again, the same state is the same event. Its
    `sequence` is that of the record's last event, 0 if there was none: whatever comes later is higher.
    """
    event_id = ids.state_event_id(s, c, *ref, snapshot.version)
    subject, subject_uid = await _subject(store, c, ref, snapshot.fields)
    event = _envelope(event_id, c, ref, snapshot, subject, subject_uid)
    event["timestamp"] = await _at(store, c, ref, snapshot.fields)
    said = await store.records.adoption.shown(c, event)
    return State(event_id, snapshot.version, subject_key(c, subject), said)


def _envelope(
    event_id: str, c: str, ref: Ref, snapshot: Snapshot, subject: Ref, subject_uid: str
) -> dict[str, Any]:
    fields, model = snapshot.fields, MODELS[ref.model]
    return {
        "id": event_id,
        "type": created(ref.model),
        "timestamp": None,
        "connection_id": c,
        "integration_id": f"recruitee:{c}",
        "sequence": snapshot.sequence,
        "origin": "sync",
        "causes": [],
        "data": {
            "model": ref.model,
            "id": fields.get("id") or ids.record_id(c, *ref),
            "remote_id": ref.remote_id,
            "subject": {
                "model": subject.model,
                "id": subject_uid,
                "remote_id": subject.remote_id,
            },
            "record": {name: fields[name] for name in model.fields if name in fields},
            "changes": [],
        },
    }


async def _subject(store: Store, c: str, ref: Ref, fields: Mapping[str, Any]) -> tuple[Ref, str]:
    """Return whom a record's order is kept by, and that one's unified id."""
    for model, name in OWNERS if ref.model in OWNED else ():
        uid = fields.get(name)
        if isinstance(uid, str) and (remote := await store.records.remote_id(c, model, uid)):
            return Ref(model, remote), uid
    return ref, str(fields.get("id") or ids.record_id(c, *ref))


async def _at(store: Store, c: str, ref: Ref, fields: Mapping[str, Any]) -> str:
    """Return when the state came to be: the record's own time, else its commit's."""
    for name in ("remote_updated_at", "remote_created_at"):
        if (ms := times.parse(fields.get(name))) is not None:
            return times.iso(ms)
    committed = await store.pipe.call("ZSCORE", keys.index(c, ref.model), ref.remote_id)
    return times.iso(int(float(committed or 0)))
