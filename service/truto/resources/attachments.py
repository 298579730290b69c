"""Attachments: files of candidates and jobs, their CVs and cover letters."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core.unified.model import Fields
from service.kombo.kept import NOBODY, Family, Kept
from service.truto.resource import BY_TIME, Counter, Resource, Shape
from service.truto.resources.parts import dates, only_id, remote, text
from service.truto.schema import ATTACHMENT

TYPES: Final[Mapping[str, str]] = {
    "CV": "resume", "COVER_LETTER": "cover_letter", "OTHER": "other",
}  # fmt: skip
TYPED: Final = "text"
"""The kind of a letter that was typed: there is no file of it."""


def own(row: Kept) -> Shape:
    """Return what a file says itself."""
    return {
        "id": row.ref.remote_id,
        "file_name": text(row.fields.get("file_name")),
        "attachment_type": TYPES.get(str(row.fields.get("type")), "other"),
        **dates(row.fields),
    }


def shape(
    counter: Counter, row: Kept, family: Family, candidate: str | None, jobs: Mapping[str, Fields]
) -> Shape:
    """Return a file whole."""
    job = row.fields.get("job_id")
    applied = family.application_in(job)
    joined = {
        "file_url": None
        if row.fields.get("kind") == TYPED
        else counter.file_url(row.ref.remote_id),
        "candidate": only_id(candidate),
        "application": only_id(applied.ref.remote_id if applied else None),
        "job": only_id(remote(jobs, job)),
    }
    return dict.fromkeys(ATTACHMENT) | own(row) | joined


async def _join(
    counter: Counter, rows: Sequence[Kept], shapes: Sequence[Shape], wanted: frozenset[str]
) -> None:
    desk = counter.desk
    owners = await desk.candidates_of(rows)
    if "application" in wanted:
        await desk.read_applications(owners.values())
    jobs = await desk.table("job")
    for row, each in zip(rows, shapes, strict=True):
        owner = owners.get(row.ref)
        family = desk.families.get(owner or "", NOBODY)
        each.update(shape(counter, row, family, owner, jobs))


ATTACHMENTS: Final = Resource(
    "attachments", "attachment", ATTACHMENT, own, _join,
    frozenset({"file_url", "candidate", "application", "job"}),
    aliases={
        "candidate_id": ("candidate", "id"), "job_id": ("job", "id"),
        "application_id": ("application", "id"),
    },
    sortable=BY_TIME,
)  # fmt: skip
