"""Candidates, with their applications, tags and files: nothing is left to a second call."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from service.core.unified.model import Fields, Ref
from service.kombo.kept import Desk, Family, Kept, by_number
from service.truto.resource import BY_TIME, Counter, Resource, Shape
from service.truto.resources import attachments
from service.truto.resources.parts import (
    dates,
    mail,
    objects,
    only_id,
    place,
    remote,
    tag_shapes,
    text,
)
from service.truto.schema import CANDIDATE

ROOTS: Final = ("candidate", "candidate_attachments")
"""What a candidate's applications and files come with."""
INSIDE: Final = ("application", "attachment")


class Tables(NamedTuple):
    """Small models, by unified id; tags and sources by name."""

    jobs: Mapping[str, Fields]
    stages: Mapping[str, Fields]
    users: Mapping[str, Fields]
    tags: Mapping[str, Fields]
    sources: Mapping[str, Fields]


def own(row: Kept) -> Shape:
    """Return what a candidate says without others; Recruitee keeps none private nor off the mails."""
    fields = row.fields
    return {
        "id": row.ref.remote_id,
        "first_name": fields.get("first_name"),
        "last_name": fields.get("last_name"),
        "name": None if fields.get("is_anonymous") is True else fields.get("name"),
        "company": fields.get("company"),
        "title": fields.get("title"),
        "last_interaction_at": fields.get("last_activity_at"),
        "locations": place(fields.get("location")),
        "phones": [
            {"number": number, "extension": None, "type": each.get("type")}
            for each in objects(fields.get("phone_numbers"))
            if (number := text(each.get("phone_number")))
        ],
        "emails": [
            {"email": address, "type": each.get("type")}
            for each in objects(fields.get("email_addresses"))
            if (address := text(each.get("email_address")))
        ],
        "urls": [
            {"url": link, "type": kind.lower() if (kind := text(each.get("type"))) else None}
            for each in objects(fields.get("social_media"))
            if (link := text(each.get("link")))
        ],
        **dates(fields),
    }


async def tables(desk: Desk) -> Tables:
    """Return the small models that candidates show."""
    jobs, stages, users, tags, sources = await asyncio.gather(
        *(desk.table(model) for model in ("job", "stage", "user", "tag", "source"))
    )
    return Tables(jobs, stages, users, _by_name(tags), _by_name(sources))


def _by_name(table: Mapping[str, Fields]) -> dict[str, Fields]:
    named: dict[str, Fields] = {}
    for each in table.values():
        name = each.get("name")
        if name and (name not in named or not each.get("remote_deleted_at")):
            named[str(name)] = each
    return named


async def _join(
    counter: Counter, rows: Sequence[Kept], shapes: Sequence[Shape], wanted: frozenset[str]
) -> None:
    known = await tables(counter.desk)
    for row, each in zip(rows, shapes, strict=True):
        each["tags"] = tag_shapes(known.tags, row.fields.get("tags"))
    if wanted <= {"tags"}:
        return
    inside = await _inside(counter.desk, [row.ref.remote_id for row in rows], wanted)
    for row, each in zip(rows, shapes, strict=True):
        applications, files = inside[row.ref.remote_id]
        family = Family(applications=tuple(applications))
        shown = [
            attachments.shape(counter, one, family, row.ref.remote_id, known.jobs) for one in files
        ]
        each["applications"] = [_application(row, one, shown, known) for one in applications]
        each["attachments"] = shown


async def _inside(
    desk: Desk, candidates: Sequence[str], wanted: frozenset[str]
) -> dict[str, tuple[list[Kept], ...]]:
    """Return each candidate's (applications, files), those that are there, by rising id."""
    children = desk.store.records.children
    roots, models = (ROOTS, INSIDE) if "attachments" in wanted else (ROOTS[:1], INSIDE[:1])
    found = await asyncio.gather(
        *(children(desk.c, Ref(root, each)) for root in roots for each in candidates)
    )
    of = {
        each: {ref for refs in found[i :: len(candidates)] for ref in refs if ref.model in models}
        for i, each in enumerate(candidates)
    }
    kept = await desk.kept(ref for refs in of.values() for ref in refs)
    return {each: tuple(_of(model, refs, kept) for model in INSIDE) for each, refs in of.items()}


def _of(model: str, refs: set[Ref], kept: Mapping[Ref, Kept]) -> list[Kept]:
    rows = [kept[ref] for ref in refs if ref.model == model and ref in kept]
    return sorted(
        (row for row in rows if not row.deleted), key=lambda row: by_number(row.ref.remote_id)
    )


def _application(candidate: Kept, row: Kept, files: Sequence[Shape], known: Tables) -> Shape:
    job = only_id(remote(known.jobs, row.fields.get("job_id")))
    stage = known.stages.get(str(row.fields.get("current_stage_id")))
    source = text(candidate.fields.get("source"))
    mine = [each for each in files if (each["application"] or {}).get("id") == row.ref.remote_id]
    return {
        "id": row.ref.remote_id,
        "candidate": {"id": candidate.ref.remote_id},
        "job": job,
        "applied_at": row.fields.get("remote_created_at"),
        "rejected_at": row.fields.get("rejected_at"),
        "source": {"id": remote(known.sources, source), "name": source} if source else None,
        "credited_to": _person(known.users.get(str(candidate.fields.get("created_by_id")))),
        "current_stage": {
            "id": stage.get("remote_id"), "name": stage.get("name"), "job": job,
            "created_at": None, "updated_at": None,
        }
        if stage
        else None,
        "reject_reason": row.fields.get("rejection_reason_name"),
        "attachments": mine,
        **dates(row.fields),
    }  # fmt: skip


def _person(user: Fields | None) -> Shape | None:
    if not user or not user.get("remote_id"):
        return None
    return {
        "id": user["remote_id"],
        "first_name": user.get("first_name"),
        "last_name": user.get("last_name"),
        "emails": mail(user.get("email")),
    }


CANDIDATES: Final = Resource(
    "candidates", "candidate", CANDIDATE, own, _join,
    frozenset({"tags", "applications", "attachments"}),
    aliases={
        "job_id": ("applications", "job", "id"),
        "stage_id": ("applications", "current_stage", "id"),
        "application_id": ("applications", "id"), "email": ("emails", "email"),
        "phone": ("phones", "number"),
    },
    sortable={**BY_TIME, "name": "name", "last_interaction_at": "last_activity_at"},
)  # fmt: skip
