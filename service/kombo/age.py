"""How old an answer is at most: when Recruitee was last asked about what it shows."""

from collections.abc import Iterator, Mapping
from typing import Final

from service.core import times
from service.core.store.runs import Part, Run
from service.core.unified.registry import COLLECTIONS
from service.kombo.kept import Desk

AS_OF: Final = "hirewire-as-of"
FED: Final = frozenset(
    {"candidate", "application", "job", "stage", "interview", "note", "evaluation", "attachment"}
)
"""What the activity feed tells of, so that a look at the feed is a look at them."""
LISTS: Final[Mapping[str, str]] = {
    each.member: name for name, each in COLLECTIONS.items() if each.owner is None
}
"""Model -> the company's list that it is read with."""


async def headers(desk: Desk, model: str) -> dict[str, str]:
    """Return `age`, in seconds, and the moment as of which the answer is known to be right."""
    watch = await desk.store.watching.get(desk.c)
    now = times.now_ms()
    looked = max(_looks(desk, model, watch), default=desk.connection.baseline_done)
    return {"age": str(max(0, now - looked) // 1000), AS_OF: times.iso(min(now, looked))}


def _looks(desk: Desk, model: str, watch: Mapping[str, str]) -> Iterator[int]:
    yield desk.connection.baseline_done
    run = Run.of(desk.connection)
    name = LISTS.get(model, model)
    yield run.parts.get(name, Part()).ended
    if name in COLLECTIONS:
        yield int(watch.get(f"due:{name}", 0)) - COLLECTIONS[name].every_s * 1000
    if model in FED and watch.get("served") == "1":
        yield int(watch.get("polled_at", 0))
