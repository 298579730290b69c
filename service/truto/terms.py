"""What writes are sent, in our terms: the inputs of actions, and what of a body is not written."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from service.core.actions import inputs
from service.truto.bodies import (
    ActivityAsked,
    AttachmentAsked,
    AttachmentGiven,
    CandidateAsked,
    CandidateChanged,
    CandidateUpdated,
    Owned,
    TagNamed,
    Wire,
)
from service.truto.envelope import Refused, invalid, lacking
from service.truto.resource import Shape
from service.truto.schema import ACTIVITY

LEVELS: Final = {"public": "public", "private": "private", "admin_only": "protected"}
TYPES: Final[Mapping[str, Literal["CV", "COVER_LETTER", "OTHER"]]] = {
    "resume": "CV", "cover_letter": "COVER_LETTER", "other": "OTHER",
}  # fmt: skip
UNWRITTEN: Final = (
    "company", "title", "is_private", "can_email", "locations", "attachments", "applications",
    "remote_data",
)  # fmt: skip
"""What Truto's body has and Recruitee's does not take, or takes elsewhere: said when it is given."""


def candidate_of(body: Owned) -> str:
    """Return the candidate that a body names; raises Refused."""
    named = body.candidate_id or (body.candidate.id if body.candidate else None)
    if named is None:
        raise lacking("body", "candidate_id")
    return named


def job_of(body: AttachmentAsked) -> str | None:
    """Return the job that a document is for."""
    return body.job_id or (body.job.id if body.job else None)


def person(
    body: CandidateAsked, job: str | None
) -> tuple[inputs.CreateApplication, tuple[str, ...]]:
    """Return a new candidate in our terms, and what of the body is not written."""
    name = _name(body)
    if name is None:
        raise lacking("body", "name")
    applied = body.applications[0] if body.applications else None
    job_id = body.job_id or (applied.job.id if applied else None) or job or None
    if job_id is not None and not (job_id.isascii() and job_id.isdecimal() and len(job_id) <= 20):
        raise invalid("job_id", "is one of Recruitee's ids")
    who = inputs.Person(
        name=name,
        emails=tuple(each.email for each in body.emails or ()),
        phones=tuple(each.whole for each in body.phones or ()),
        social_links=tuple(each.url for each in body.urls or ()),
    )
    stage = applied.current_stage.id if applied and applied.current_stage else None
    wanted = inputs.CreateApplication(
        person=who, job_id=job_id, stage_id=stage if job_id else None, source=body.source,
        tags=tag_names(body.tags or ()), files=tuple(file(each) for each in body.attachments),
    )  # fmt: skip
    return wanted, _unwritten(body, "attachments", "applications")


def changes(body: CandidateUpdated, who: str) -> tuple[inputs.UpdateCandidate, tuple[str, ...]]:
    """Return a change in our terms, and what of the body is not written. Raises Refused."""
    if body.name is None and (body.first_name is None) != (body.last_name is None):
        raise invalid(
            "first_name", "Recruitee has one name: give first_name and last_name, or name"
        )
    found: dict[str, Any] = {"name": _name(body)}
    if body.emails is not None:
        found["emails"] = tuple(each.email for each in body.emails)
    if body.phones is not None:
        found["phones"] = tuple(each.whole for each in body.phones)
    if body.urls is not None:
        found["social_links"] = tuple(each.url for each in body.urls)
    known = {name: value for name, value in found.items() if value is not None}
    said = _unwritten(body)
    if not known and body.tags is None:
        raise Refused(422, "the body names nothing that can be changed", failures=said)
    return inputs.UpdateCandidate(candidate_id=who, **known), said


def tag_names(tags: tuple[TagNamed, ...]) -> tuple[str, ...]:
    """Return tags' names, each once."""
    return tuple(dict.fromkeys(each.name.strip() for each in tags))


def file(body: AttachmentGiven) -> inputs.File:
    """Return a document in our terms; raises Refused unless it is given in one of the two ways."""
    if (body.content is None) == (body.file_url is None):
        raise invalid("file_url", "give either file_url or content, in base64")
    return inputs.File(
        name=body.file_name, content_type=body.content_type, data=body.content,
        data_url=body.file_url, type=TYPES[body.attachment_type],
    )  # fmt: skip


def noted(body: ActivityAsked, who: str) -> inputs.Note:
    """Return a note in our terms: its subject, if it has one, is its first line."""
    content = f"{body.subject}\n{body.body}" if body.subject else body.body
    level = LEVELS[body.visibility] if body.visibility else None
    return inputs.Note(candidate_id=who, content=content, visibility=level)


def unseen(body: ActivityAsked, made: str, who: str) -> Shape:
    """Return a note that no read shows, as far as it is known."""
    return dict.fromkeys(ACTIVITY) | {
        "id": made, "candidate": {"id": who}, "activity_type": "note", "from": [], "to": [],
        "cc": [], "body": body.body, "visibility": body.visibility,
    }  # fmt: skip


def _name(body: CandidateChanged) -> str | None:
    if body.name:
        return body.name.strip() or None
    parts = [each.strip() for each in (body.first_name, body.last_name) if each and each.strip()]
    return " ".join(parts) or None


def _unwritten(body: Wire, *written: str) -> tuple[str, ...]:
    names = [name for name in UNWRITTEN if name in body.model_fields_set and name not in written]
    return tuple(f"{name} was not written: it is none of what can be set here" for name in names)
