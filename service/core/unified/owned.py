"""Read what a candidate or a job owns: notes, attachments, interviews, evaluations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from service.core import times
from service.core.unified.evidence import Source, of
from service.core.unified.listed import word
from service.core.unified.model import Cause, Context, Fields, Ref
from service.core.unified.reading import (
    UNKNOWN,
    Link,
    Missing,
    Raw,
    Rule,
    clean,
    identifier,
    identifiers,
    mapping,
    mappings,
    record,
)

PUBLIC: Final = "public"
NEAR_MS = 60_000
"""How far apart a feed entry and the making of the record that it tells of are at most."""
_LINKS = (Link("candidate_id", "candidate_id", "candidate"), Link("job_id", "offer_id", "job"))

APPLICATION: Source = of(
    ("candidate_id", "offer_id"), how="the candidate's application in that job; joined on read"
)


def owned(
    model: str,
    remote_id: str,
    row: Raw,
    owner: Ref,
    context: Context,
    kept: Iterable[str],
    rules: Iterable[Rule],
    links: Iterable[Link] = (),
) -> Fields:
    """Return the fields `kept` of a row; its owner is whoever's list it is in."""
    read = record(model, remote_id, row, context, rules, (*_LINKS, *links))
    read[f"{owner.model}_id"] = context.uid(owner.model, owner.remote_id)
    return {name: read[name] for name in kept if name in read}


def concerns(cause: Cause, fields: Fields, context: Context) -> bool:
    """Say whether a webhook or feed entry is about the record's candidate, or else its job.

    Neither names the record itself.
    """
    if cause.candidate_id is not None:
        return fields.get("candidate_id") == context.uid("candidate", cause.candidate_id)
    jobs = {context.uid("job", job_id) for job_id in cause.job_ids}
    return not jobs or fields.get("job_id") in jobs


def dated_by(news: Iterable[str]) -> Callable[[Cause, str], bool]:
    """Return which causes date a change: these feed entries, and looks of our own."""
    dating = frozenset(news)
    return lambda cause, path: cause.event_type is None or cause.event_type in dating


def made_by(news: Iterable[str]) -> Callable[[Cause, Fields], bool]:
    """Return whether one of these feed entries is the news of a record, which it does not name."""
    making = frozenset(news)

    def creates(cause: Cause, fields: Fields) -> bool:
        said, made = times.parse(cause.at), times.parse(fields.get("remote_created_at"))
        near = said is not None and made is not None and abs(said - made) <= NEAR_MS
        return cause.event_type in making and near

    return creates


def written(value: object) -> str | Missing | None:
    """Return text or HTML exactly as it was written; blank is null."""
    if value is None:
        return None
    return (clean(value) if value.strip() else None) if isinstance(value, str) else UNKNOWN


def visibility(value: object) -> str | Missing | None:
    """Return PUBLIC, PROTECTED, PRIVATE; what else Recruitee says passes through."""
    if not isinstance(value, dict):
        return None if value is None else UNKNOWN
    level = word(value.get("level"))
    return level.upper() if level else UNKNOWN


def is_public(row: Raw) -> bool:
    """Say whether a row says of itself that all may see it."""
    return mapping(row.get("visibility")).get("level") == PUBLIC


def visible_to(row: Raw, context: Context) -> Fields:
    """Return `visible_to`: the users and roles that are named, null where it is public."""
    told = row.get("visibility")
    if not isinstance(told, dict):
        return {}
    if is_public(row):
        return {"visible_to": None}
    users, roles = identifiers(told.get("admin_ids")), identifiers(told.get("role_ids"))
    if users is UNKNOWN or roles is UNKNOWN:
        return {}
    named = {
        "user_ids": [context.uid("user", i) for i in users],
        "role_ids": [context.uid("role", i) for i in roles],
    }
    return {"visible_to": named}


def guest(row: Raw, references: Sequence[Mapping[str, Any]]) -> Fields:
    """Return `guest_id` and `guest_name` of an author from outside the company."""
    if "guest_id" not in row:
        return {}
    guest_id = identifier(row["guest_id"])
    if guest_id is None:
        return {"guest_id": None, "guest_name": None} if row["guest_id"] is None else {}
    found = (
        word(each.get("name"))
        for each in mappings(references)
        if each.get("type") == "Guest" and identifier(each.get("id")) == guest_id
    )
    name = next(found, None)
    return {"guest_id": guest_id} | ({"guest_name": name} if name else {})
