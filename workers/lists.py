"""Read a whole list, page by page, and say whether it can be trusted to be whole."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from service.core.recruitee.client import Answer, Ok, Refused, page_params
from service.core.unified.model import Listing
from service.core.unified.reading import identifier
from workers.asking import Asking

MAX_PAGES = 10_000
OVERLAP = 10  # rows of a page by offset that the page before it showed
MOST_BACK = 100
Row = Mapping[str, Any]


class Page(NamedTuple):
    """One page's rows and what they refer to; or the answer that came instead."""

    rows: Sequence[Row]
    references: Sequence[Row]
    total: int | None  # of all pages, where the answer says so
    instead: Answer | None = None
    answer: Row = MappingProxyType({})


class Rest(NamedTuple):
    """What of a page was not read yet."""

    rows: Sequence[Row]
    next: int | None  # where to go on; None: that was the last page
    last: list[str]  # ids of the last rows, by which the next page is held against this one
    slipped: bool  # the list has shrunk: rows of this page may have slipped into those before it


@dataclass(slots=True)
class Whole:
    """A list as its pages show it."""

    rows: dict[str, Row] = field(default_factory=dict)  # by remote id, the first sight of each
    references: list[Row] = field(default_factory=list)
    doubt: str = ""  # why what is absent from it may be there all the same
    instead: Answer | None = None  # what came instead of a page


async def page(
    asking: Asking, listing: Listing, at: int, owner: str = "0", *, turn: bool = True
) -> Page:
    """Ask for the page that starts at `at`; `owner` stands for {id} in path and parameters."""
    asked = owned(listing, owner)
    ask = asking.further if turn else asking.get
    answer = await ask(asked.path, page_params(asked, at))
    if not isinstance(answer, Ok):
        return Page((), (), None, answer)
    if not isinstance(answer.data.get(listing.key), list):
        # Not an empty list: nothing that it does not show is gone.
        return Page((), (), None, Refused(200, f"the answer has no list {listing.key!r}"))
    meta = answer.data.get("meta")
    total = meta.get("total_count") if isinstance(meta, Mapping) else None
    rows, references = objects(answer.data.get(listing.key)), objects(answer.data.get("references"))
    return Page(rows, references, total if isinstance(total, int) else None, None, answer.data)


def owned(listing: Listing, owner: str) -> Listing:
    """Return a listing with its owner's id in it."""
    params = {
        name: value.format(id=owner) if isinstance(value, str) else value
        for name, value in listing.params.items()
    }
    return replace(listing, path=listing.path.format(id=owner), params=params)


def following(listing: Listing, at: int, count: int) -> int | None:
    """Return where the next page starts, or None after the last: a short one."""
    if listing.style == "none" or not count or count < listing.limit:
        return None
    return at + count if listing.style == "offset" else max(at, 1) + 1


def begin(listing: Listing, at: int) -> int:
    """Return where to ask for what follows `at`: by offset a few rows before it, which were read."""
    overlap = min(OVERLAP, listing.limit // 2)
    return max(0, at - overlap) if listing.style == "offset" else at


def rest(listing: Listing, began: int, one: Page, last: Sequence[str]) -> Rest:
    """Return what a page shows beyond the rows that were read `last`."""
    ids = [identifier(row.get("id")) for row in one.rows]
    known = [place for place, each in enumerate(ids) if each is not None and each in last]
    rows = one.rows[known[-1] + 1 :] if known else one.rows
    slipped = bool(began and last and not known) and listing.style == "offset"
    there = [i for i in ids if i][-OVERLAP:]
    return Rest(rows, following(listing, began, len(one.rows)), there, slipped)


async def whole(
    asking: Asking,
    listing: Listing,
    owner: str = "0",
    first: Page | None = None,
    partial: Callable[[Row], str | None] = lambda answer: None,
) -> Whole:
    """Read all pages; raises Unanswered. `first`: the page at 0, where it was asked for before."""
    read, at, totals = Whole(), 0, set[int]()
    async for one in _pages(asking, listing, owner, first):
        if one.instead is not None:
            read.instead = one.instead
            return read
        read.doubt = read.doubt or partial(one.answer) or ""
        known = len(read.rows)
        for row in one.rows:
            if remote_id := identifier(row.get("id")):
                read.rows.setdefault(remote_id, row)
            else:
                read.doubt = "a row has no id"
        read.references += one.references
        totals |= {one.total} - {None} if one.total is not None else set()
        if len(read.rows) - known < len(one.rows):
            read.doubt = read.doubt or "a page repeats rows of another"
        at += 1
        if at >= MAX_PAGES:
            read.doubt = f"it has over {MAX_PAGES} pages"
            return read
    if len(totals) > 1:
        read.doubt = "its total changed between the pages"
    elif totals and totals != {len(read.rows)}:
        read.doubt = "its total is not what its pages hold"
    return read


async def _pages(
    asking: Asking, listing: Listing, owner: str, first: Page | None
) -> AsyncIterator[Page]:
    at: int | None = 0
    while at is not None:
        one = first if first is not None and at == 0 else await page(asking, listing, at, owner)
        yield one
        at = following(listing, at, len(one.rows))


def objects(value: object) -> list[Row]:
    """Return the objects of a JSON list; nothing for anything else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
