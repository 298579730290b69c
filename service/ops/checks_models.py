"""Which models a connection's token may read: every list that we read is asked for a few rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.core.recruitee.client import (
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    Refused,
    Unauthorized,
    page_params,
)
from service.core.unified.model import Listing
from service.core.unified.reading import identifier, mappings
from service.core.unified.registry import COLLECTIONS, MODELS, ROOTS
from service.ops.checks_actions import Role
from service.ops.questions import Params, Questions

GOOD = ("allowed", "empty")
ROWS = "5"
CURE = (
    "make the token as an administrator, or give its owner that right in Recruitee (Settings, Team)"
)
AWAY_CURE = "Recruitee did not answer well; try again in a minute"
INSIDE: Mapping[str, str] = {"application": "candidate", "screening_question": "question_template"}
"""Models that come inside another, where that is not the job."""
FEED = Listing("/tracking/activities", "activities", "page", 20)
RIGHTS: Mapping[str, str] = {
    "/candidates": "view_candidates_section",
    "/offers": "view_jobs_section",
    "/interview/events": "view_calendar_section",
}
"""The ability behind a list, by the start of its path; assumed: no page of the vendor says it."""


@dataclass(frozen=True, slots=True)
class Read:
    """One way in which a model is read."""

    model: str
    listing: Listing
    fallback: Listing | None = None
    owner: str | None = None  # the root whose id is in the path
    page: str | None = None  # a root's own page


def reads() -> Iterator[Read]:
    """Yield every list that we read, the roots' first: their ids are in the paths of others."""
    for root in ROOTS.values():
        yield Read(root.name, root.listing, page=root.path)
    for one in COLLECTIONS.values():
        if one.bulk is not None:
            yield Read(one.member, one.bulk)  # asks for nobody's in particular
        else:
            yield Read(one.member, one.listing, one.fallback, one.owner)
    yield Read("activity", FEED)


async def tried(questions: Questions, role: Role | None) -> list[dict[str, Any]]:
    """Return a row per way of reading: model, path, status (allowed, empty, forbidden, failed), cure."""
    trying = _Trying(questions, role)
    rows = [await trying.row(read) for read in reads()]
    return rows + [_inside(model, rows) for model in MODELS if _nowhere(model, rows)]


class _Trying:
    def __init__(self, questions: Questions, role: Role | None) -> None:
        self._questions = questions
        self._role = role
        self._owners: dict[str, str] = {}  # a record of each root, by its name

    async def row(self, read: Read) -> dict[str, Any]:
        path = self._filled(read)
        if path is None:
            why = f"there is no {read.owner} to try it with"
            return _row(read.model, read.listing.path, "empty", why)
        answer = await self._questions.get(path, _params(read.listing))
        status, cure = self._verdict(answer, read.listing)
        if status == "forbidden" and read.fallback is not None:
            status, cure = await self._instead(read.fallback, cure)
        if status == "allowed" and read.page is not None:
            status, cure = await self._opened(read, answer)
        return _row(read.model, read.listing.path, status, cure)

    def _filled(self, read: Read) -> str | None:
        if read.owner is None:
            return read.listing.path
        owner = self._owners.get(read.owner)
        return read.listing.path.replace("{id}", owner) if owner else None

    async def _instead(self, listing: Listing, cure: str | None) -> tuple[str, str | None]:
        answer = await self._questions.get(listing.path, _params(listing))
        status, _ = self._verdict(answer, listing)
        told = f"read from {listing.path} instead, which says less; for all of it: {cure}"
        return (status, told) if status in GOOD else ("forbidden", cure)

    async def _opened(self, read: Read, answer: Answer) -> tuple[str, str | None]:
        """Open one of the records that were listed: a list may show more than may be opened."""
        rows = mappings(answer.data.get(read.listing.key)) if isinstance(answer, Ok) else []
        ids = [i for row in rows if (i := identifier(row.get("id")))]
        if not ids or read.page is None:
            return "allowed", None
        self._owners[read.model] = ids[0]
        one = await self._questions.get(read.page.replace("{id}", ids[0]))
        if isinstance(one, Ok | Missing):
            return "allowed", None  # one that is missing was removed in between
        status, cure = self._verdict(one, read.listing)
        return status, f"they are listed, but one by itself ({read.page}) is not served: {cure}"

    def _verdict(self, answer: Answer, listing: Listing) -> tuple[str, str | None]:
        match answer:
            case Ok(data):
                return ("allowed" if data.get(listing.key) else "empty"), None
            case Hidden() | Unauthorized():
                return "forbidden", _cure(listing.path, self._role)
            case Later(reason):
                return "failed", f"{AWAY_CURE} ({reason})"
            case Refused(status, reason):
                return "failed", f"Recruitee refused the request ({status}: {reason})"
            case Missing():
                return "failed", "Recruitee has no such listing for this company"


def _row(model: str, path: str, status: str, cure: str | None) -> dict[str, Any]:
    return {"model": model, "path": path, "status": status, "cure": cure}


def _nowhere(model: str, rows: list[dict[str, Any]]) -> bool:
    return all(row["model"] != model for row in rows)


def _inside(model: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    outer = next(row for row in rows if row["model"] == INSIDE.get(model, "job"))
    return _row(model, outer["path"], outer["status"], outer["cure"])


def _params(listing: Listing) -> Params:
    params = [(k, v) for k, v in page_params(listing, 0) if k != "limit"]
    return [*params, ("limit", ROWS)] if listing.limit else params


def _cure(path: str, role: Role | None) -> str:
    right = next((a for start, a in RIGHTS.items() if path.startswith(start)), None)
    lacks = role is not None and role.abilities is not None and right not in role.abilities
    named = f" (its role lacks `{right}`)" if right and lacks else ""
    return f"the token's owner lacks the right to read these{named}: {CURE}"
