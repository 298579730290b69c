"""Interview: a meeting with a candidate; read with the candidate's list, or everybody's at once.

| field | comes from | a change of it |
| --- | --- | --- |
| starting_at, ending_at | `starts_at`; that and `duration`, in minutes | rescheduled |
| timezone, rescheduled_at, reschedule_reason | served | goes along with those, else interview.updated |
| title | `custom_name` | interview.updated |
| status | `scheduled`: SCHEDULED once invitations were sent, PLANNED before | interview.updated |
| user_ids, author_id | `admin_ids`, who interviews; `admin_id`, who made it | interview.updated |
| attendees, candidate_response | what each user and the candidate answered | interview.updated |
| location | one line: `raw` of Kombo's location | interview.updated |
| canceled | whether it ended: Recruitee removes what is canceled; read off `remote_deleted_at` | in silence |
| application_id | the candidate's application in `job_id`; joined on read | in silence |
| addresses of invitation, calendars, sync | not kept: whoever has them is let in | never |
| reminders, requests for evaluations, `old_starts_at` | not kept | never |

Past or to come is the clock's to say, so it is in no field.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core import times
from service.core.unified import owned
from service.core.unified.evidence import EVERY, Grade, Sources, of
from service.core.unified.listed import word
from service.core.unified.model import (
    Claim,
    Collection,
    Context,
    Draft,
    Fields,
    Listing,
    Model,
    Ref,
)
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
    number,
    text,
)

NAME = "interview"
MADE = frozenset({"interview_event_scheduled", "interview_requested_event_add"})
NEWS = MADE | {
    "interview_event_change", "interview_event_rescheduled", "interview_event_rescheduled_by_candidate",
    "interview_event_remove", "interview_event_deleted", "interview_event_request_sent",
    "interview_event_rsvp_changed", "interview_event_candidate_rsvp_changed",
}  # fmt: skip
PLACE = ("city", "country", "raw", "state", "street_1", "street_2", "zip_code")
_MOVED = ("timezone", "rescheduled_at", "reschedule_reason")  # what changes along with the time


def _ending_at(starts_at: object, minutes: object) -> str | Missing | None:
    began, lasts = times.parse(starts_at), number(minutes)
    if starts_at is None or lasts is None:
        return None
    if began is None or lasts is UNKNOWN:
        return UNKNOWN
    try:
        return times.iso(began + round(lasts * 60_000))
    except (ValueError, OverflowError):
        return UNKNOWN


def _location(value: object) -> dict[str, str | None] | Missing | None:
    place = text(value)
    return {**dict.fromkeys(PLACE), "raw": place} if isinstance(place, str) else place


def _status(scheduled: object) -> str | Missing | None:
    read = flag(scheduled)
    return ("SCHEDULED" if read else "PLANNED") if isinstance(read, bool) else read


_RULES = (
    Rule("title", ("custom_name",), text),
    Rule("kind", ("kind",), text),
    Rule("status", ("scheduled",), _status),
    Rule("starting_at", ("starts_at",), instant),
    Rule("ending_at", ("starts_at", "duration"), _ending_at),
    Rule("timezone", ("timezone",), text),
    Rule("location", ("location",), _location),
    Rule("video_conferencing_url", ("video_url",), text),
    Rule("video_provider", ("video_provider",), text),
    Rule("is_private", ("private",), flag),
    Rule("internal_note", ("note",), owned.written),
    Rule("public_note", ("public_note",), owned.written),
    Rule("rescheduled_at", ("rescheduled_at",), instant),
    Rule("reschedule_reason", ("reschedule_reason",), text),
)
_LINKS = (
    Link("author_id", "admin_id", "user"),
    Link("organizer_id", "organizer_id", "user"),
    Link("stage_id", "stage_id", "stage"),
)


def expand(
    raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], context: Context, owner: str
) -> list[Draft]:
    """Return an interview with the candidate `owner`; nothing for one with somebody else."""
    row, of_whom = mapping(raw), Ref("candidate", owner)
    remote_id = identifier(row.get("id"))
    if remote_id is None or candidate_of(row) not in (owner, None):
        return []
    fields = owned.owned(NAME, remote_id, row, of_whom, context, MODEL.fields, _RULES, _LINKS)
    fields |= _users(row, context) | _responses(row, owner, context)
    return [Draft(NAME, remote_id, fields, of_whom)]


def candidate_of(row: Mapping[str, Any]) -> str | None:
    """Return the remote id of the candidate that a row names."""
    return identifier(row.get("candidate_id"))


def _users(row: Raw, context: Context) -> Fields:
    found = identifiers(row.get("admin_ids", UNKNOWN))
    return {} if found is UNKNOWN else {"user_ids": [context.uid("user", i) for i in found]}


def _responses(row: Raw, owner: str, context: Context) -> Fields:
    """Return `attendees` ([{"user_id", "response"}] by rising remote id) and `candidate_response`."""
    read: Fields = {}
    if isinstance(row.get("event_attendees"), list):
        users = _answers(row["event_attendees"], "admin_id")
        read["attendees"] = [
            {"user_id": context.uid("user", i), "response": users[i]}
            for i in sorted(users, key=int)
        ]
    if isinstance(row.get("event_candidate_attendees"), list):
        asked = _answers(row["event_candidate_attendees"], "candidate_id")
        read["candidate_response"] = asked.get(owner)
    return read


def _answers(value: object, key: str) -> dict[str, str | None]:
    found = ((identifier(each.get(key)), each) for each in mappings(value))
    return {i: word(each.get("response_status")) for i, each in found if i}


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "title", "kind", "status", "starting_at", "ending_at", "timezone", "location",
        "video_conferencing_url", "video_provider", "user_ids", "organizer_id", "author_id",
        "attendees", "candidate_response", "candidate_id", "job_id", "application_id", "stage_id",
        "canceled", "is_private", "internal_note", "public_note", "rescheduled_at",
        "reschedule_reason", "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    claims=(
        Claim("rescheduled", "starting_at", takes=("ending_at", *_MOVED)),
        Claim("rescheduled", "ending_at", takes=_MOVED),
    ),
    volatile=frozenset({"application_id", "canceled", "remote_updated_at"}),
    creates=owned.made_by(MADE),
    tells=owned.dated_by(NEWS),
    concerns=owned.concerns,
    created_as="scheduled",
    deleted_as="canceled",
    restored_as="scheduled",
)  # fmt: skip

# Recruitee shows what is to come and nothing else, unless it is asked for all.
_ALL = {"scope": "all", "status": "all"}
COLLECTIONS = (
    Collection(
        "candidate_interviews",
        NAME,
        Listing(
            "/interview/events", "interview_events", "none", 0, {"candidate_id": "{id}", **_ALL}
        ),
        expand,
        owner="candidate",
        bulk=Listing("/interview/events", "interview_events", "page", 500, _ALL),
        owner_of=candidate_of,
        single="/interview/events/{id}",
    ),
)

_ROWS = {
    **EVERY,
    "title": of("custom_name"),
    "kind": of("kind", how="meeting, phone, on_site, video, ..."),
    "status": of("scheduled", how="SCHEDULED once invitations were sent, else PLANNED"),
    "starting_at": of("starts_at", how="RFC 3339, UTC"),
    "ending_at": of(("starts_at", "duration"), how="the start and that many minutes"),
    "timezone": of("timezone"),
    "location": of("location", how="the whole line is `raw`"),
    "video_conferencing_url": of("video_url"),
    "video_provider": of("video_provider"),
    "user_ids": of("admin_ids[]", how="the interviewers"),
    "organizer_id": of("organizer_id"),
    "author_id": of("admin_id"),
    "attendees": of("event_attendees[]", how="what each user answered"),
    "candidate_response": of(
        "event_candidate_attendees[].response_status", how="of the interview's own candidate"
    ),
    "candidate_id": of("candidate_id"),
    "job_id": of("offer_id"),
    "application_id": owned.APPLICATION,
    "stage_id": of("stage_id"),
    "canceled": of(
        "id", Grade.ASSUMED, "whether it is gone from the list: read off remote_deleted_at"
    ),
    "is_private": of("private"),
    "internal_note": of("note"),
    "public_note": of("public_note"),
    "rescheduled_at": of("rescheduled_at", how="RFC 3339, UTC"),
    "reschedule_reason": of("reschedule_reason"),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
