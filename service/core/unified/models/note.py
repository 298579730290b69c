"""Note: what the team wrote on a candidate or a job; read with the list of its owner.

| field | comes from | a change of it |
| --- | --- | --- |
| content_html | `body_html`, else `body`, as it was written | note.updated |
| content_text | `text` | note.updated |
| visibility, is_private, visible_to | `visibility` | note.updated |
| reply_to_id | `reply_to_id`, else the note it is served inside | note.updated |
| author_id; guest_id, guest_name | the user, or the guest with whom a page was shared | note.updated |
| reactions | emoji and who chose it | in silence: no fact of the note |
| application_id | the candidate's application in `job_id`; joined on read | in silence |
| title | nothing: Recruitee has none | never |
| body_json | not kept: the same as the HTML | never |

Replies are records of their own. A note that does not say that it is public is kept out unless the
connection keeps private notes, and so are the replies to it, whatever they say of themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from service.core.unified import owned
from service.core.unified.evidence import EVERY, Sources, never, of
from service.core.unified.listed import word
from service.core.unified.model import Collection, Context, Draft, Fields, Listing, Model, Ref
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    flag,
    identifier,
    identifiers,
    instant,
    mapping,
    mappings,
)

NAME = "note"
MADE = frozenset({"candidate_note_add", "job_note_add", "note_reply", "share_note_add"})
NEWS = MADE | {"candidate_note_remove", "job_note_remove", "note_mention", "note_reaction"}


def _is_private(value: object) -> bool | Missing | None:
    level = owned.visibility(value)
    return level.lower() != owned.PUBLIC if isinstance(level, str) else level


_RULES = (
    Rule("title", (), lambda: None),
    Rule("content_html", ("body",), owned.written),
    Rule("content_text", ("text",), owned.written),
    Rule("visibility", ("visibility",), owned.visibility),
    Rule("is_private", ("visibility",), _is_private),
    Rule("is_automated", ("triggered",), flag),
    Rule("pinned_at", ("pinned_at",), instant),
)
_LINKS = (Link("author_id", "admin_id", "user"), Link("reply_to_id", "reply_to_id", NAME))


def expand(
    owner_model: str,
    raw: Mapping[str, Any],
    references: Sequence[Mapping[str, Any]],
    context: Context,
    owner: str,
) -> list[Draft]:
    """Return a note of a candidate or a job and the replies to it, those that may be kept."""
    of_whom = Ref(owner_model, owner)
    found = list(_thread(mapping(raw), context.private_notes))
    return [_draft(row, i, parent, references, of_whom, context) for row, i, parent in found]


def _thread(row: Raw, private: bool) -> Iterator[tuple[Raw, str, str | None]]:
    """Yield (note, its id, the id of the note it replies to), each after the one before it."""
    waiting: list[tuple[Raw, str | None]] = [(row, None)]
    while waiting:
        note, parent = waiting.pop()
        remote_id = identifier(note.get("id"))
        if remote_id is None or not (private or owned.is_public(note)):
            continue
        yield note, remote_id, parent
        waiting += [(reply, remote_id) for reply in reversed(mappings(note.get("replies")))]


def _draft(
    row: Raw,
    remote_id: str,
    parent: str | None,
    references: Sequence[Mapping[str, Any]],
    owner: Ref,
    context: Context,
) -> Draft:
    fields = owned.owned(NAME, remote_id, row, owner, context, MODEL.fields, _RULES, _LINKS)
    if parent:
        fields["reply_to_id"] = context.uid(NAME, parent)
    newer = owned.written(row.get("body_html"))
    if isinstance(newer, str):
        fields["content_html"] = newer
    fields |= owned.guest(row, references) | owned.visible_to(row, context)
    fields |= _attachments(row, context) | _reactions(row, context)
    return Draft(NAME, remote_id, fields, owner)


def _attachments(row: Raw, context: Context) -> Fields:
    found = identifiers(row.get("attachments", UNKNOWN))
    if found is UNKNOWN:
        return {}
    return {"attachment_ids": [context.uid("attachment", i) for i in found]}


def _reactions(row: Raw, context: Context) -> Fields:
    if not isinstance(row.get("reactions"), list):
        return {}
    chosen = [
        each for kind in mappings(row["reactions"]) for each in mappings(kind.get("reactions"))
    ]
    return {"reactions": [_reaction(each, context) for each in chosen]}


def _reaction(raw: Raw, context: Context) -> Fields:
    users = identifiers(raw.get("admin_ids"))
    ids = [] if users is UNKNOWN else [context.uid("user", i) for i in users]
    return {"emoji": word(raw.get("unicode")), "user_ids": ids}


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "title", "content_html", "content_text", "visibility", "visible_to",
        "is_private", "author_id", "guest_id", "guest_name", "candidate_id", "job_id", "application_id",
        "reply_to_id", "attachment_ids", "reactions", "is_automated", "pinned_at",
        "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"application_id", "reactions", "remote_updated_at"}),
    creates=owned.made_by(MADE),
    tells=owned.dated_by(NEWS),
    concerns=owned.concerns,
    restored_as="created",
)  # fmt: skip


def _partial(answer: Raw) -> str | None:
    # Without its visibility a note counts as not public; that is no reason to say that it was deleted.
    blind = any("visibility" not in row for row in mappings(answer.get("notes")))
    return "a note does not say who may see it" if blind else None


COLLECTIONS = (
    Collection(
        "candidate_notes",
        NAME,
        Listing("/candidates/{id}/notes", "notes", "none"),
        partial(expand, "candidate"),
        owner="candidate",
        counted="notes_count",
        partial=_partial,
    ),
    Collection(
        "job_notes",
        NAME,
        Listing("/offers/{id}/notes", "notes", "none"),
        partial(expand, "job"),
        owner="job",
        counted="notes_count",
        partial=_partial,
    ),
)

_ROWS = {
    **EVERY,
    "title": never("a note in Recruitee has no title"),
    "content_html": of(
        ("body_html", "body"), how="the newer form, else the older, as it was written"
    ),
    "content_text": of("text"),
    "visibility": of("visibility.level", how="PUBLIC, PROTECTED, PRIVATE"),
    "visible_to": of(
        ("visibility.admin_ids", "visibility.role_ids"),
        how="the users and roles that are named; null where it is public",
    ),
    "is_private": of("visibility.level", how="whether it is not public"),
    "author_id": of("admin_id"),
    "guest_id": of("guest_id", how="Recruitee's id: a guest is no user"),
    "guest_name": of("references[].name", how="the Guest that the answer refers to"),
    "candidate_id": of("candidate_id", how="in a candidate's list: that candidate"),
    "job_id": of("offer_id", how="in a job's list: that job"),
    "application_id": owned.APPLICATION,
    "reply_to_id": of("reply_to_id", how="else the note it is served inside"),
    "attachment_ids": of("attachments[].id"),
    "reactions": of("reactions[].reactions[]", how="emoji and user ids"),
    "is_automated": of("triggered"),
    "pinned_at": of("pinned_at", how="RFC 3339, UTC; replies have none"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
