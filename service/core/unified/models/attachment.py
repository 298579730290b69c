"""Attachment: a file on a candidate or a job, and a candidate's CV and cover letter.

| field | comes from | a change of it |
| --- | --- | --- |
| type | CV and COVER_LETTER from the candidate's own page, OTHER from the lists | attachment.updated |
| file_name | `filename`; of CV and letter the last part of the address's path | attachment.updated |
| content | a letter that was typed and not uploaded | attachment.updated |
| visibility, visible_to | `visibility` | attachment.updated |
| size_bytes, status | `file_size`, `status` | in silence: they settle once it is processed |
| application_id | the candidate's application in `job_id`; joined on read | in silence |
| addresses of file, PDF, picture, thumbnails | not kept: they expire | never |

CV and letter have no id in Recruitee: `cv-40` and `letter-40` are ours, and they come and go with the
candidate 40, not with its list. Files of notes that are not public are kept out as those notes are.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from service.core.unified import owned
from service.core.unified.evidence import EVERY, Sources, never, of
from service.core.unified.model import (
    Cause,
    Collection,
    Context,
    Draft,
    Fields,
    Listing,
    Model,
    Ref,
)
from service.core.unified.models.application import BORN
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    clean,
    identifier,
    integer,
    mapping,
    text,
)

NAME = "attachment"
MADE = frozenset(
    {
        "candidate_attachment_upload", "job_attachment_upload", "share_attachment_upload",
        "mailbox_attachment_converted",
    }
)  # fmt: skip
NEWS = MADE | {"candidate_attachment_remove", "job_attachment_remove"}
PROFILE: Final = "profile"
"""The `source` of CV and cover letter: the candidate's own page."""


class ProfileFile(NamedTuple):
    """A file that a candidate's own page has, and the keys that tell of it."""

    prefix: str
    type: str
    addresses: tuple[str, ...]  # the first that is filled names the file
    status: str
    typed: str | None = None  # the key of the text that may stand for the file


PROFILE_FILES = (
    ProfileFile("cv", "CV", ("cv_original_url", "cv_url"), "cv_processing_status"),
    ProfileFile(
        "letter",
        "COVER_LETTER",
        ("cover_letter_file_original_url", "cover_letter_file_url"),
        "cover_letter_file_processing_status",
        "cover_letter",
    ),
)


def _uploader(value: object) -> str | Missing | None:
    """Return ADMIN, GUEST, or null (the candidate, or the mailbox)."""
    read = text(value)
    return read.upper() if isinstance(read, str) else read


_RULES = (
    Rule("type", (), lambda: "OTHER"),
    Rule("file_name", ("filename",), text),
    Rule("extension", ("extension",), text),
    Rule("kind", ("kind",), text),
    Rule("size_bytes", ("file_size",), integer),
    Rule("content", (), lambda: None),
    Rule("source", ("source",), text),
    Rule("status", ("status",), text),
    Rule("visibility", ("visibility",), owned.visibility),
    Rule("uploader_type", ("uploader",), _uploader),
    Rule("remote_updated_at", (), lambda: None),
)
_LINKS = (Link("uploader_id", "admin_id", "user"),)


def expand(
    owner_model: str,
    raw: Mapping[str, Any],
    references: Sequence[Mapping[str, Any]],
    context: Context,
    owner: str,
) -> list[Draft]:
    """Return a file of a candidate or a job; nothing for a file of a note that is kept out."""
    row, of_whom = mapping(raw), Ref(owner_model, owner)
    remote_id = identifier(row.get("id"))
    hidden = row.get("source") == "note" and not (context.private_notes or owned.is_public(row))
    if remote_id is None or hidden:
        return []
    fields = owned.owned(NAME, remote_id, row, of_whom, context, MODEL.fields, _RULES, _LINKS)
    fields |= owned.guest(row, references) | owned.visible_to(row, context)
    return [Draft(NAME, remote_id, fields, of_whom)]


def of_candidate(raw: Mapping[str, Any], candidate_id: str, context: Context) -> list[Draft]:
    """Return the CV and the cover letter that a candidate's own page has; a lean list has neither."""
    row = mapping(raw)
    there = (file for file in PROFILE_FILES if _filled(row, file))
    return [_profile(row, file, candidate_id, context) for file in there]


def gone_from(raw: Mapping[str, Any], candidate_id: str) -> list[Ref]:
    """Return what a candidate's own page says is not there: its CV, its letter, known or not."""
    row = mapping(raw)
    empty = (
        file
        for file in PROFILE_FILES
        if all(text(row.get(key, UNKNOWN)) is None for key in _signs(file))
    )
    return [Ref(NAME, f"{file.prefix}-{candidate_id}") for file in empty]


def _signs(file: ProfileFile) -> tuple[str, ...]:
    return (*file.addresses, file.typed) if file.typed else file.addresses


def _filled(row: Raw, file: ProfileFile) -> bool:
    return any(isinstance(text(row.get(key)), str) for key in _signs(file))


def _profile(row: Raw, file: ProfileFile, candidate_id: str, context: Context) -> Draft:
    remote_id = f"{file.prefix}-{candidate_id}"
    name = next((name for key in file.addresses if (name := _file_name(row.get(key)))), None)
    stem, dot, extension = (name or "").rpartition(".")
    fields: Fields = {
        **dict.fromkeys(MODEL.fields),
        "id": context.uid(NAME, remote_id),
        "remote_id": remote_id,
        "candidate_id": context.uid("candidate", candidate_id),
        "type": file.type,
        "file_name": name,
        "extension": extension.lower() if stem and dot else None,
        "kind": "document" if name else "text",
        "source": PROFILE,
        "status": text(row.get(file.status, UNKNOWN)),
        "content": owned.written(row.get(file.typed, UNKNOWN)) if file.typed else None,
    }
    del fields["application_id"]
    known = {field: value for field, value in fields.items() if value is not UNKNOWN}
    return Draft(NAME, remote_id, known, Ref("candidate", candidate_id))


def _file_name(address: object) -> str | None:
    """Return cv_x1.pdf for https://files.example.com/a/cv_x1.pdf?expires=9."""
    try:
        path = urlsplit(address).path if isinstance(address, str) else ""
    except ValueError:
        return None
    return clean(unquote(path.rpartition("/")[2])).strip() or None


_made = owned.made_by(MADE)


def _creates(cause: Cause, fields: Fields) -> bool:
    # CV and letter have no time of their own: they are as new as the candidate they came with.
    return cause.event_type in BORN if fields.get("source") == PROFILE else _made(cause, fields)


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "type", "file_name", "extension", "kind", "size_bytes", "content", "source",
        "status", "visibility", "visible_to", "uploader_id", "uploader_type", "guest_id", "guest_name",
        "candidate_id", "job_id", "application_id", "remote_created_at", "remote_updated_at",
        "remote_deleted_at",
    ),
    volatile=frozenset({"application_id", "size_bytes", "status", "remote_updated_at"}),
    creates=_creates,
    tells=owned.dated_by(NEWS | BORN),
    concerns=owned.concerns,
    restored_as="created",
)  # fmt: skip


def _partial(answer: Raw) -> str | None:
    hidden = answer.get("hidden_attachments_exist") is True
    return "it hides attachments from this token" if hidden else None


COLLECTIONS = (
    Collection(
        "candidate_attachments",
        NAME,
        Listing("/candidates/{id}/attachments", "attachments", "none"),
        partial(expand, "candidate"),
        owner="candidate",
        counted="attachments_count",
        partial=_partial,
    ),
    Collection(
        "job_attachments",
        NAME,
        Listing("/offers/{id}/attachments", "attachments", "none"),
        partial(expand, "job"),
        owner="job",
        counted="attachments_count",
        partial=_partial,
    ),
)

_ROWS = {
    **EVERY,
    "remote_id": of("id", how="CV and letter: cv-<candidate>, letter-<candidate>"),
    "remote_updated_at": never("a file in Recruitee is not edited"),
    "type": of(
        ("cv_original_url", "cover_letter_file_original_url", "cover_letter"),
        how="CV, COVER_LETTER by the candidate's key; every listed file is OTHER",
    ),
    "file_name": of(
        ("filename", "cv_original_url", "cv_url", "cover_letter_file_original_url", "cover_letter_file_url"),
        how="of CV and letter the last part of the address's path",
    ),
    "extension": of(("extension", "cv_original_url"), how="of CV and letter from the name"),
    "kind": of("kind", how="document, image, other; text for a letter that was typed"),
    "size_bytes": of("file_size"),
    "content": of("cover_letter", how="a letter that was typed, as it was written"),
    "source": of("source", how="CV and letter: profile"),
    "status": of(("status", "cv_processing_status", "cover_letter_file_processing_status")),
    "visibility": of("visibility.level", how="PUBLIC, PROTECTED, PRIVATE"),
    "visible_to": of(
        ("visibility.admin_ids", "visibility.role_ids"),
        how="the users and roles that are named; null where it is public",
    ),
    "uploader_id": of("admin_id"),
    "uploader_type": of("uploader", how="ADMIN, GUEST"),
    "guest_id": of("guest_id", how="Recruitee's id: a guest is no user"),
    "guest_name": of("references[].name", how="the Guest that the answer refers to"),
    "candidate_id": of("candidate_id", how="in a candidate's list: that candidate"),
    "job_id": of("offer_id", how="in a job's list: that job"),
    "application_id": owned.APPLICATION,
}  # fmt: skip
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
