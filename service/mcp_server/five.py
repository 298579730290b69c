"""The five tools that Truto has for Recruitee, by its names, inputs and outputs, read from our store."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from service.core.unified.model import Ref, Snapshot
from service.mcp_server import pages, records
from service.mcp_server.nouns import page_of
from service.mcp_server.records import shown
from service.mcp_server.tool import AnyId, Call, Paged, Shape, Told, Tool

Known = Mapping[Ref, Snapshot]
RESULTS: Final = (
    "id", "candidate_id", "admin_id", "guest_id", "offer_id", "stage_id", "kind", "rating",
    "rating_note", "interview_template_name", "interview_result_answers", "created_at", "updated_at",
)  # fmt: skip
NOTES: Final = (
    "id", "candidate_id", "admin_id", "body", "text", "visibility", "attachments", "reply_to_id",
    "created_at", "updated_at",
)  # fmt: skip
OFFER_NOTES: Final = (
    "id", "offer_id", "text", "body", "admin_id", "visibility", "replies", "reactions", "created_at",
    "updated_at",
)  # fmt: skip
LOCATIONS: Final = (
    "id", "name", "country_code", "state_name", "state_code", "city", "full_address", "created_at",
    "updated_at", "archived_at", "lang_code", "translations", "active_offers_count",
)  # fmt: skip
ADMINS: Final = ("id", "name", "email", "role", "first_name", "last_name", "status")


class OfCandidate(Paged):
    """The notes of one candidate."""

    id: AnyId = Field(description="the candidate's id")


class OfOffer(Paged):
    """The notes of one offer."""

    offer_id: AnyId = Field(description="the offer's id: a job")


def tools() -> list[Tool]:
    """Return the five."""
    return [
        _tool("interview_results", "Lists interview results: who rated whom, and how.", RESULTS,
              Paged, _results, ("candidates", "interviews")),
        _tool("notes", "Lists the notes on one candidate.", NOTES, OfCandidate, _notes,
              ("candidates", "notes")),
        _tool("locations", "Lists the company's locations.", LOCATIONS, Paged, _locations,
              ("company",)),
        _tool("offer_notes", "Lists the notes on one offer (a job), replies inside.", OFFER_NOTES,
              OfOffer, _offer_notes, ("jobs", "notes")),
        _tool("admins", "Lists the members of the company.", ADMINS, Paged, _admins, ("company",)),
    ]  # fmt: skip


def _tool(
    many: str, said: str, fields: tuple[str, ...], asks: type[Paged], does: Any, tags: Any
) -> Tool:
    return Tool(
        name=f"list_all_recruitee_{many}",
        title=f"List {many.replace('_', ' ')}",
        description=said,
        method="list",
        resource=many,
        asks=asks,
        answers=page_of(_row(many, fields)),
        does=does,
        tags=tags,
    )


def _row(many: str, fields: tuple[str, ...]) -> type[BaseModel]:
    typed: dict[str, Any] = {name: (Any, None) for name in fields if name != "id"}
    return create_model(
        f"{many.title().replace('_', '')}Row", __base__=Told, id=(str, ...), **typed
    )


async def _results(call: Call, asked: Paged) -> Shape:
    source = pages.changed(call, "evaluation", asked.next_cursor, None)
    return await pages.page(call, asked, source, show=_as_results)


async def _notes(call: Call, asked: OfCandidate) -> Shape:
    who, _ = await records.one(call, "candidate", asked.id)
    source = pages.below(call, Ref("candidate_notes", who), "note", asked.next_cursor)
    return await pages.page(call, asked, source, show=_as_notes)


async def _locations(call: Call, asked: Paged) -> Shape:
    source = pages.changed(call, "location", asked.next_cursor, None)
    return await pages.page(call, asked, source, show=_as_locations)


async def _offer_notes(call: Call, asked: OfOffer) -> Shape:
    job, _ = await records.one(call, "job", asked.offer_id, "offer_id")
    source = pages.below(call, Ref("job_notes", job), "note", asked.next_cursor)
    # Replies stand inside the note that they are of, as Recruitee serves them.
    return await pages.page(
        call, asked, source, lambda fields: not fields.get("reply_to_id"), _as_offer_notes
    )


async def _admins(call: Call, asked: Paged) -> Shape:
    source = pages.changed(call, "user", asked.next_cursor, None)
    return await pages.page(call, asked, source, show=_as_admins)


async def _as_results(call: Call, known: Known) -> list[Shape]:
    return [
        _dated(row) | {
            "candidate_id": row.get("candidate_id"), "admin_id": row.get("author_id"),
            "guest_id": row.get("guest_id"), "offer_id": row.get("job_id"),
            "stage_id": row.get("stage_id"), "kind": row.get("kind"),
            "rating": _lower(row.get("overall_recommendation")),
            "rating_note": row.get("rating_note"), "interview_template_name": row.get("title"),
            "interview_result_answers": row.get("responses") or [],
        }
        for row in await shown(call, known)
    ]  # fmt: skip


async def _as_notes(call: Call, known: Known) -> list[Shape]:
    return [_note(row) for row in await shown(call, known)]


def _note(row: Shape) -> Shape:
    return _dated(row) | {
        "candidate_id": row.get("candidate_id"), "admin_id": row.get("author_id"),
        "body": row.get("content_html"), "text": row.get("content_text"),
        "visibility": _visibility(row),
        "attachments": [{"id": i} for i in row.get("attachment_ids") or ()],
        "reply_to_id": row.get("reply_to_id"),
    }  # fmt: skip


async def _as_offer_notes(call: Call, known: Known) -> list[Shape]:
    rows = await shown(call, known)
    answers = await _replies(call, {str(row.get("job_id")) for row in rows})
    return [_offer_note(row, answers) for row in rows]


def _offer_note(row: Shape, answers: Mapping[str, list[Shape]]) -> Shape:
    """Return a note, and the replies to it inside, theirs inside them."""
    replies = [_offer_note(each, answers) for each in answers.get(row["id"], ())]
    reactions = [
        {"unicode": each.get("emoji"), "admin_ids": each.get("user_ids")}
        for each in row.get("reactions") or ()
    ]
    body = row.get("content_html")
    return _dated(row) | {
        "offer_id": row.get("job_id"), "text": row.get("content_text") or body, "body": body,
        "admin_id": row.get("author_id"), "visibility": _visibility(row), "replies": replies,
        "reactions": reactions,
    }  # fmt: skip


async def _replies(call: Call, jobs: set[str]) -> dict[str, list[Shape]]:
    """Return note -> the replies to it, of all notes of these jobs."""
    found: dict[str, list[Shape]] = {}
    for job in jobs:
        inside = await call.store.records.children(call.c, Ref("job_notes", job))
        known = await call.store.records.load(call.c, sorted(inside))
        there = {ref: each for ref, each in known.items() if not each.deleted}
        for row in await shown(call, there):
            # A thread that names itself would never end.
            if (parent := row.get("reply_to_id")) and int(parent) < int(row["id"]):
                found.setdefault(parent, []).append(row)
    return found


async def _as_locations(call: Call, known: Known) -> list[Shape]:
    offers: dict[str, int] = {}
    async for jobs in call.store.records.pages(call.c, "job"):
        for job in jobs.values():
            if not job.deleted and job.fields.get("status") == "OPEN":
                for place in job.fields.get("location_ids") or ():
                    offers[place] = offers.get(place, 0) + 1
    return [_location(row, offers) for row in await shown(call, known)]


def _location(row: Shape, offers: Mapping[str, int]) -> Shape:
    return _dated(row) | {
        "name": row.get("name"), "country_code": row.get("country"), "state_name": row.get("state"),
        "state_code": row.get("state_code"), "city": row.get("city"),
        "full_address": row.get("raw"), "archived_at": row.get("archived_at"),
        "lang_code": row.get("language"),
        "translations": [
            {"lang_code": each.get("language"), "name": each.get("name"), "city": each.get("city"),
             "full_address": each.get("raw"), "note": each.get("note")}
            for each in row.get("translations") or ()
        ],
        "active_offers_count": offers.get(str(row.get("unified_id")), 0),
    }  # fmt: skip


async def _as_admins(call: Call, known: Known) -> list[Shape]:
    return [_admin(row) for row in await shown(call, known)]


def _admin(row: Shape) -> Shape:
    first, last = row.get("first_name"), row.get("last_name")
    roles = row.get("system_roles") or [{}]
    return {
        "id": row["id"],
        "name": " ".join(each for each in (first, last) if each) or None,
        "email": row.get("email"),
        "role": roles[0].get("remote_label"),
        "first_name": first,
        "last_name": last,
        "status": _lower(row.get("status")),
    }


def _dated(row: Shape) -> Shape:
    return {
        "id": row["id"],
        "created_at": row.get("remote_created_at"),
        "updated_at": row.get("remote_updated_at"),
    }


def _visibility(row: Shape) -> Shape:
    to = row.get("visible_to") or {}
    return {
        "level": _lower(row.get("visibility")),
        "admin_ids": to.get("user_ids") or [],
        "role_ids": to.get("role_ids") or [],
    }


def _lower(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None
