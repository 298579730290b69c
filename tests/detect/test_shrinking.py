"""A list that shrinks while it is read: whoever slipped in among what was read is read all the same."""

import dataclasses
from types import MappingProxyType

import pytest

from service.core.store.connections import ACTIVE
from service.core.store.runs import Run
from service.core.unified.registry import ROOTS
from tests.crash.test_full_reads import There
from tests.crash.test_full_reads import there as there
from tests.model.company import Json
from workers import sync


async def test_a_list_that_shrinks_by_two_pages_while_it_is_read_loses_nobody(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = dataclasses.replace(ROOTS["candidate"].listing, limit=2)
    small = {**ROOTS, "candidate": dataclasses.replace(ROOTS["candidate"], listing=listing)}
    monkeypatch.setitem(vars(sync), "ROOTS", MappingProxyType(small))
    people = list(there.company.candidates)
    for person in people[4:]:
        there.company.candidates[person]["title"] = "Slipped"
    serve, pages = there.company.serve, []

    def served(path: str, query: dict[str, str]) -> Json | None:
        answer = serve(path, query)
        pages.extend([path] if path.strip("/") == "candidates" else [])
        if len(pages) == 3:  # the first four were read
            for person in people[:4]:
                there.company.deleted[person] = there.company.candidates.pop(person)
            pages.append("gone")
        return answer

    monkeypatch.setattr(there.company, "serve", served)
    run, parts = Run.asked_for(emit=True, deep=False).dump()
    await there.store.connections.wake(there.c, ACTIVE, sync=run, baseline=parts)
    await there.quiet()

    told = [number for kind, number in await there.told() if kind == "candidate.updated"]
    assert "gone" in pages and sorted(told) == sorted(map(str, people[4:]))
