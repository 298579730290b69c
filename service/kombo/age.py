"""How old an answer is: since when its oldest record was read, and as of when it is known to be right."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from service.core import times
from service.core.store.runs import Part, Run
from service.core.unified.registry import COLLECTIONS
from service.kombo.fresh import STALE, Fresh
from service.kombo.kept import Desk, Kept

AS_OF: Final = "hirewire-as-of"
WARNING: Final = '110 hirewire "Response is Stale"'
FED: Final = frozenset(
    {"candidate", "application", "job", "stage", "interview", "note", "evaluation", "attachment"}
)
"""What the activity feed tells of, so that a look at the feed is a look at them."""
LISTS: Final[Mapping[str, str]] = {
    each.member: name for name, each in COLLECTIONS.items() if each.owner is None
}
"""Model -> the company's list that it is read with."""


async def headers(
    desk: Desk, model: str, rows: Sequence[Kept] = (), fresh: Fresh | None = None
) -> dict[str, str]:
    """Return `age`, in seconds, of the oldest record shown, and as of when the answer is right.

    The first is when it was read whole; the second, when Recruitee was last asked for changes of it, be it
    by the feed. With no record shown both are of the list. To a reader who set an age, how many are older.
    """
    watch = await desk.store.watching.get(desk.c)
    looked = max(_looks(desk, model, watch), default=desk.connection.baseline_done)
    oldest = min((row.asked or desk.connection.baseline_at for row in rows), default=looked)
    now = times.now_ms()
    found = {
        "age": str(max(0, now - oldest) // 1000),
        AS_OF: times.iso(min(now, max(looked, oldest))),
    }
    if fresh is None:
        return found
    old = sum(row.asked < fresh.since for row in rows)
    return found | ({STALE: str(old), "warning": WARNING} if old else {STALE: "0"})


def _looks(desk: Desk, model: str, watch: Mapping[str, str]) -> Iterator[int]:
    yield desk.connection.baseline_done
    run = Run.of(desk.connection)
    name = LISTS.get(model, model)
    yield run.parts.get(name, Part()).ended
    if name in COLLECTIONS:
        yield int(watch.get(f"due:{name}", 0)) - COLLECTIONS[name].every_s * 1000
    if model in FED and watch.get("served") == "1":
        yield int(watch.get("polled_at", 0))
