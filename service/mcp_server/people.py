"""Candidates found by words, and those whose consent ends soon."""

from typing import Annotated, Final

from pydantic import Field

from service.core import times
from service.core.store import keys
from service.core.unified.model import Fields, Ref
from service.mcp_server import pages
from service.mcp_server.nouns import page_of, row_of
from service.mcp_server.pages import enveloped
from service.mcp_server.records import shown
from service.mcp_server.tool import Call, Paged, Shape, Tool

LOOKED_THROUGH: Final = ("name", "title", "company", "source", "origin", "location", "tags",
                         "email_addresses", "custom_fields")  # fmt: skip
DAY_MS: Final = 86_400_000
Word = Annotated[str, Field(min_length=1, max_length=100)]


class Search(Paged):
    """What to look for; all that is given must be so."""

    query: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="words of names, titles, companies, tags, e-mails, custom fields"
    )
    tag: Word | None = None
    source: Word | None = None


class Within(Paged):
    """How soon."""

    within_days: Annotated[int, Field(ge=0, le=3650)] = 30


def tools() -> list[Tool]:
    """Return both."""
    answers = page_of(row_of("candidate"))
    return [
        Tool("search_candidates", "Search candidates",
             "Finds candidates by words (every word must occur), tag or source.",
             "custom", "candidates", Search, answers, _search, tags=("candidates",),
             open_world=False),
        Tool("consents_expiring", "Consents that end soon",
             "Lists candidates whose consent to be kept ends within so many days, soonest first.",
             "custom", "candidates", Within, answers, _expiring, tags=("candidates", "privacy"),
             open_world=False),
    ]  # fmt: skip


async def _search(call: Call, asked: Search) -> Shape:
    words = (asked.query or "").casefold().split()

    def keeps(fields: Fields) -> bool:
        if asked.tag is not None and not _has(fields.get("tags"), asked.tag):
            return False
        sources = [fields.get("source"), *(fields.get("sources") or ())]
        if asked.source is not None and not _has(sources, asked.source):
            return False
        said = " ".join(str(fields.get(name) or "") for name in LOOKED_THROUGH).casefold()
        return all(word in said for word in words)

    source = pages.changed(call, "candidate", asked.next_cursor, None)
    return await pages.page(call, asked, source, keeps)


def _has(values: object, wanted: str) -> bool:
    listed = values if isinstance(values, list) else []
    named = (each.get("name") if isinstance(each, dict) else each for each in listed)
    return any(str(each).casefold() == wanted.casefold() for each in named)


async def _expiring(call: Call, asked: Within) -> Shape:
    now = times.now_ms()
    low, skip = now, 0
    if asked.next_cursor is not None:
        low, skip = pages.read(asked.next_cursor, int, int)
    flat = await call.store.pipe.call(
        "ZRANGEBYSCORE", keys.consents(call.c), low, now + asked.within_days * DAY_MS, "WITHSCORES",
        "LIMIT", max(0, skip), asked.limit + 1,
    )  # fmt: skip
    rows = zip(flat[::2], flat[1::2], strict=True)
    ends = [(who.decode(), int(float(at))) for who, at in rows]
    chosen = ends[: asked.limit]
    known = await call.store.records.load(call.c, [Ref("candidate", who) for who, _ in chosen])
    there = [(who, at) for who, at in chosen if Ref("candidate", who) in known]
    people = await shown(
        call, {Ref("candidate", who): known[Ref("candidate", who)] for who, _ in there}
    )
    told = [
        row | {"consent_ends_at": times.iso(at), "days_left": round((at - now) / DAY_MS, 1)}
        for row, (_, at) in zip(people, there, strict=True)
    ]
    places = [(low, skip + i + 1) for i in range(len(told))]
    return enveloped(told, places, more=len(ends) > len(chosen))
