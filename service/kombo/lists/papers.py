"""What hangs on candidates: notes, scorecards (Recruitee's evaluations), attachments."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from service.core.unified.model import Fields, Ref
from service.kombo.asked import OwnedAsked
from service.kombo.kept import NOBODY, Desk, Kept
from service.kombo.listing import Listing
from service.kombo.lists.fitting import FILES, closed
from service.kombo.lists.parts import DATES, Shape, framed, mappings, picked, user

COLLECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "note": ("candidate_notes",),
    "evaluation": ("candidate_evaluations",),
    "attachment": ("candidate_attachments", "candidate"),
}
"""Model -> the roots that a candidate's records of it come with."""
RESPONSE: Final = ("remote_id", "description", "required")
SELECTS: Final = ("SINGLE_SELECT", "MULTI_SELECT")
UNASKED: Final = frozenset({"infobox"})


async def _notes(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    own = ("candidate_id", "author_id", "title", "content_html", "is_private", *DATES)
    shown = await _joined(desk, rows)
    people = await desk.table("user")
    return [
        framed(row, own) | shown[row.ref] | {"author": user(people.get(_author(row)))}
        for row in rows
    ]


async def _scorecards(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    own = ("candidate_id", "interview_id", "author_id", *DATES)
    # Not Kombo's: without them a rating by thumbs would be empty.
    more = ("title", "overall_recommendation", "rating_note")
    shown = await _joined(desk, rows)
    people = await desk.table("user")
    return [
        framed(row, (*own, *more))
        | shown[row.ref]
        | {"author": user(people.get(_author(row))), "responses": responses(row.fields)}
        for row in rows
    ]


async def _attachments(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    own = ("candidate_id", "type", "file_name", *DATES)
    shown = await _joined(desk, rows)
    return [
        closed(framed(row, own), type=FILES) | shown[row.ref] | {"content_ref": None}
        for row in rows
    ]


def _author(row: Kept) -> str:
    return str(row.fields.get("author_id"))


async def _joined(desk: Desk, rows: Sequence[Kept]) -> dict[Ref, Shape]:
    """Return `application_id`: the candidate's application in the job that a record names."""
    families = await desk.family_of(rows)
    found = {
        row.ref: families.get(row.ref, NOBODY).application_in(row.fields.get("job_id"))
        for row in rows
    }
    return {ref: {"application_id": a.fields["id"] if a else None} for ref, a in found.items()}


def responses(evaluation: Fields) -> list[Shape]:
    """Return an evaluation's answers in Kombo's closed types; one it has no word for is text."""
    rows = mappings(evaluation.get("responses"))
    return [_response(row) for row in rows if row.get("kind") not in UNASKED]


def _response(row: Mapping[str, Any]) -> Shape:
    type_, answer = row.get("type"), row.get("answer")
    shown = picked(dict(row), RESPONSE) | {"label": row.get("label") or ""}
    if type_ in SELECTS:
        labelled = [each for each in mappings(row.get("options")) if each.get("label")]
        return shown | {"type": type_, "answer": answer, "options": labelled}
    if type_ is not None:
        return shown | {"type": type_, "answer": answer}
    return shown | {"type": "TEXT", "answer": _text(answer)}


def _text(answer: object) -> str | None:
    if answer is None or isinstance(answer, str):
        return answer
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS).decode()


def _chosen(model: str) -> Any:
    async def chosen(desk: Desk, asked: OwnedAsked) -> set[str] | None:
        """Return the records of the candidates named, or of those whose applications are named."""
        if asked.candidate_ids is None and asked.application_ids is None:
            return None
        owners = None
        if asked.candidate_ids is not None:
            owners = set((await desk.remote_ids("candidate", asked.candidate_ids)).values())
        if asked.application_ids is not None:
            named = await _applicants(desk, asked.application_ids)
            owners = named if owners is None else owners & named
        return await _of(desk, model, owners or set())

    return chosen


async def _applicants(desk: Desk, applications: Sequence[str]) -> set[str]:
    known = await desk.remote_ids("application", applications)
    rows = await desk.kept(Ref("application", i) for i in known.values())
    return set((await desk.candidates_of(list(rows.values()))).values())


async def _of(desk: Desk, model: str, candidates: set[str]) -> set[str]:
    roots = [Ref(root, each) for root in COLLECTIONS[model] for each in candidates]
    sets = await asyncio.gather(*(desk.store.records.children(desk.c, root) for root in roots))
    return {ref.remote_id for refs in sets for ref in refs if ref.model == model}


async def _fits(desk: Desk, asked: OwnedAsked, rows: Sequence[Kept]) -> list[bool]:
    if asked.application_ids is None:
        return [True] * len(rows)
    joined, wanted = await _joined(desk, rows), set(asked.application_ids)
    return [joined[row.ref]["application_id"] in wanted for row in rows]


def _on_candidates(fields: Fields) -> bool:
    # Kombo's are all a candidate's; a job's own notes and files are not among them.
    return fields.get("candidate_id") is not None


def _listing(path: str, model: str, show: Any) -> Listing:
    needs = {"application_ids": f"{model}.job_id"}
    return Listing(
        path, model, show, OwnedAsked, _fits, needs, _on_candidates, chosen=_chosen(model)
    )


NOTES = _listing("notes", "note", _notes)
SCORECARDS = _listing("scorecards", "evaluation", _scorecards)
ATTACHMENTS = _listing("attachments", "attachment", _attachments)
