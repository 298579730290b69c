"""Filters where ids were taken along: whatever id a subscriber chose by, and whatever id an event says."""

from collections.abc import Sequence
from typing import Any

from service.core.delivery.filters import Case, unified
from service.core.store.store import Store
from service.core.store.subscribers import Wanted

CHOSEN = (("job_ids", "job"), ("stage_ids", "stage"))


async def as_said(store: Store, c: str, cases: Sequence[Case]) -> list[Case]:
    """Return a connection's cases with every id as it is said today; what is sent stays as it was told."""
    if not cases or not await store.records.adoption.count(c):
        return list(cases)
    wanted = await _wanted(store, c, cases[0].wanted)
    said = await store.records.adoption.shown(c, [[x.event, list(x.applications)] for x in cases])
    return [
        case._replace(wanted=wanted, event=event, applications=tuple(applications))
        for case, (event, applications) in zip(cases, said, strict=True)
    ]


async def _wanted(store: Store, c: str, wanted: Wanted) -> Wanted:
    """Return settings whose jobs and stages are chosen by every id that they have."""
    meant: dict[str, Any] = {}
    for name, model in CHOSEN:
        if (chosen := getattr(wanted, name)) is not None:
            every = sorted(unified(c, model, chosen))
            meant[name] = tuple({*every, *await store.records.adoption.shown(c, every)})
    return wanted.model_copy(update=meant) if meant else wanted
