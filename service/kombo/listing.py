"""What makes a list: its model, its filters, its relations, and what is shown of each record."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.core.unified.model import Fields, Ref
from service.kombo.asked import Asked
from service.kombo.kept import Desk, Kept


class Mark(NamedTuple):
    """A moment at which something changed: in ms, in which of a list's indexes, of which record there."""

    at: int
    source: int  # 0: the list's own index; then those of `Listing.related`
    member: str


class Place(NamedTuple):
    """Where a record stands in a list: by its latest mark, then its own remote id."""

    mark: Mark
    record: str


Fits = Callable[[Desk, Any, Sequence[Kept]], Awaitable[Sequence[bool]]]
Show = Callable[[Desk, Sequence[Kept]], Awaitable[list[dict[str, Any]]]]


async def everything(desk: Desk, asked: Any, rows: Sequence[Kept]) -> Sequence[bool]:
    """Let all records through."""
    return [True] * len(rows)


async def nothing_related(desk: Desk, rows: Sequence[Kept]) -> Mapping[Ref, Sequence[Mark]]:
    """Say that no change of another record counts."""
    return {}


async def nothing_moved(desk: Desk, rows: Sequence[Kept]) -> Mapping[str, Sequence[Ref]]:
    """Say that a related record moves none."""
    return {}


async def anyone(desk: Desk, asked: Any) -> set[str] | None:
    """Choose no records beforehand."""
    return None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of `/v1/ats`."""

    path: str
    model: str | None  # None: Recruitee has no such thing, so that the list is empty
    show: Show
    asked: type[Asked] = Asked
    fits: Fits = everything
    """(desk, what is asked, records) -> which of them the list's own filters let through."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Filter -> the `model.field` without which it cannot be answered."""
    listed: Callable[[Fields], bool] = lambda fields: True
    """Whether a record can be in this list at all."""
    chosen: Callable[[Desk, Any], Awaitable[set[str] | None]] = anyone
    """The remote ids among which a filter's records all are, where that is known; else None."""
    related: tuple[str, ...] = ()
    """Models whose changes count for `updated_after`, in the order of `Mark.source`, from 1."""
    marks: Callable[[Desk, Sequence[Kept]], Awaitable[Mapping[Ref, Sequence[Mark]]]] = (
        nothing_related
    )
    """Records of the list -> the marks that related records leave on them."""
    moved: Callable[[Desk, Sequence[Kept]], Awaitable[Mapping[Ref, Sequence[str]]]] | None = None
    """Records of a related model -> the records of the list (remote ids) that they leave a mark on; None:
    the model is small, and all of it is looked at."""
