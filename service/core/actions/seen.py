"""What of an answer shows that a write was done, although its own answer was lost."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from service.core import times

SKEW_MS: Final = 120_000
"""By how much Recruitee's clock may be behind ours."""
Row = Mapping[str, Any]


def rows(data: Mapping[str, Any], key: str) -> list[Row]:
    """Return the objects of a list of an answer."""
    found = data.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def member(data: Mapping[str, Any], key: str) -> Row:
    """Return an object of an answer, or an empty one."""
    found = data.get(key)
    return found if isinstance(found, Mapping) else {}


def newest(
    found: Iterable[Row], since_ms: int, fits: Callable[[Row], bool]
) -> dict[str, str] | None:
    """Return `{"id"}` of the latest row that fits and was made since; None when there is none."""
    made = [
        (at, str(row["id"]))
        for row in found
        if row.get("id") is not None
        and (at := times.parse(row.get("created_at"))) is not None
        and at >= since_ms - SKEW_MS
        and fits(row)
    ]
    return {"id": max(made)[1]} if made else None


def kept_id(key: str) -> Callable[[Mapping[str, Any]], dict[str, str]]:
    """Return what keeps the id of an answer's object."""

    def kept(data: Mapping[str, Any]) -> dict[str, str]:
        made = member(data, key).get("id")
        return {"id": str(made)} if made is not None else {}

    return kept


def placement_in(candidate: Row, job_id: str) -> dict[str, str] | None:
    """Return `{"id", "stage_id"}` of a candidate's placement in a job, or None."""
    for row in rows(candidate, "placements"):
        if str(row.get("offer_id") or member(row, "offer").get("id")) == job_id:
            stage = row.get("stage_id") or member(row, "stage").get("id") or ""
            return {"id": str(row["id"]), "stage_id": str(stage)}
    return None


def mails(row: Row) -> set[str]:
    """Return somebody's addresses, in lower case."""
    found = row.get("emails")
    return (
        {each.lower() for each in found if isinstance(each, str)}
        if isinstance(found, list)
        else set()
    )
