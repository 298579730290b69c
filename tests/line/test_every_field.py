"""Every field that has a source was seen filled: what a first read of the sandbox leaves null, and why."""

from collections.abc import Mapping
from typing import Any

from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.evidence import Grade
from service.core.unified.options import Options
from service.core.unified.registry import MODELS, SOURCES
from tests.line.conftest import SECRET, TOKEN, Line
from tests.line.test_sync import _done

JOINED = "the application of that candidate in that job: joined when it is read"
NOT_BY_A_READ: Mapping[str, str] = {
    "attachment.application_id": JOINED,
    "evaluation.application_id": JOINED,
    "interview.application_id": JOINED,
    "note.application_id": JOINED,
    "interview.canceled": "true only once it is gone: read off remote_deleted_at",
}
"""Fields that no first read fills, each with the reason."""
NOT_YET_IN_THE_SANDBOX: Mapping[str, tuple[str, ...]] = {
    "application": (
        "language",
        "opening_id",
        "time_to_hire",
    ),
    "attachment": (
        "guest_id",
        "guest_name",
        "job_id",
        "visible_to",
    ),
    "candidate": (
        "gdpr_consent_request_completed_at",
        "gdpr_consent_request_sent_at",
    ),
    "evaluation": (
        "guest_id",
        "guest_name",
    ),
    "interview": (
        "internal_note",
        "organizer_id",
        "public_note",
        "reschedule_reason",
        "rescheduled_at",
        "video_conferencing_url",
        "video_provider",
    ),
    "job": (
        "education",
        "number_of_openings",
        "priority",
        "requisition_ids",
        "salary_amount",
    ),
    "location": ("note",),
    "note": (
        "attachment_ids",
        "guest_id",
        "guest_name",
        "job_id",
        "pinned_at",
        "reactions",
        "reply_to_id",
    ),
    "rejection_reason": (
        "actions",
        "automation_ids",
    ),
    "role": ("description",),
    "screening_question": (
        "remote_created_at",
        "remote_updated_at",
    ),
    "stage": (
        "remote_created_at",
        "remote_updated_at",
        "time_limit",
    ),
    "user": ("anonymized_at",),
}
"""Fields for which the sandbox's companies have nothing to show."""
BY_NO_LIST: Mapping[str, str] = {
    "activity": "told by the feed of activities, which a full read does not read",
}
"""Models that a full read does not read."""


async def test_every_field_that_has_a_source_is_filled_by_a_first_read(line: Line) -> None:
    connection = await _read(line)
    await _map_the_custom_fields(line, connection)

    filled = {model: await _filled(line.store, connection.id, model) for model in MODELS}
    empty = [
        f"{model}.{name}"
        for model, rows in SOURCES.items()
        if model not in BY_NO_LIST
        for name, source in rows.items()
        if source.grade is not Grade.OURS and name not in filled[model]
    ]

    lacks = {f"{model}.{name}" for model, names in NOT_YET_IN_THE_SANDBOX.items() for name in names}
    left = sorted(set(empty) - NOT_BY_A_READ.keys() - lacks)
    assert not left, " ".join(left)
    assert not NOT_BY_A_READ.keys() - set(empty), "these are filled by now"


async def _read(line: Line) -> Connection:
    made = await line.store.connections.create(
        "5600", TOKEN, SECRET, "Example", Options(private_notes=True)
    )
    line.drains.refetch.wake()
    await _done(line, made.id)
    return made


async def _map_the_custom_fields(line: Line, connection: Connection) -> None:
    """Give a candidate's and a job's field keys of their own, and read again."""
    keys = {
        key: f"{model}_field"
        for model in ("candidate", "job")
        for key in await _own_fields(line.store, connection.id, model)
    }
    options = Options(private_notes=True, custom_keys=keys)
    await line.store.connections.update(connection.id, options=options)
    answer = await (await line.ops()).post(f"/connections/{connection.id}/sync", {})
    assert answer.status_code == 202
    await _done(line, connection.id)


async def _own_fields(store: Store, c: str, model: str) -> list[str]:
    """Return the key of the first field of the company's own that any record of a model has."""
    async for known in store.records.pages(c, model):
        for snapshot in known.values():
            if fields := snapshot.fields.get("integration_fields"):
                return [str(fields[0]["key"])]
    return []


async def _filled(store: Store, c: str, model: str) -> set[str]:
    found: set[str] = set()
    async for known in store.records.pages(c, model):
        for snapshot in known.values():
            found |= {name for name, value in snapshot.fields.items() if _says_something(value)}
    return found


def _says_something(value: Any) -> bool:
    return value is not None and value != [] and value != {} and value != ""
