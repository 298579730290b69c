"""A timeline that cannot be trusted: it skips, repeats or reorders, as the knobs say."""

from collections.abc import Iterable
from itertools import islice

from service.sandbox.knobs import Knobs
from service.sandbox.records import Activity

SPREAD = 2_654_435_761
WHOLE = 1 << 32


def spoiled(rows: Iterable[Activity], limit: int, knobs: Knobs) -> list[Activity]:
    """Return a page of so many entries; one that is skipped is skipped in every answer."""
    there = (one for one in rows if one.event not in knobs.feed_lacks)
    kept = (one for one in there if _chance(one.id) >= knobs.feed_skip)
    page = list(islice(kept, limit))
    if knobs.feed_repeat:
        page = [each for one in page for each in _repeated(one, knobs.feed_repeat)][:limit]
    if knobs.feed_reorder:
        page = _swapped(page)
    return page


def _repeated(one: Activity, rate: float) -> tuple[Activity, ...]:
    return (one, one) if _chance(one.id + 1) < rate else (one,)


def _swapped(page: list[Activity]) -> list[Activity]:
    """Let neighbours change places."""
    return [one for at in range(0, len(page), 2) for one in page[at : at + 2][::-1]]


def _chance(number: int) -> float:
    return number * SPREAD % WHOLE / WHOLE
