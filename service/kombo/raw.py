"""`remote_data`: what Recruitee serves of a record, word for word; asked for on read, and never kept.

Kombo's layout: the endpoint that served it, and what it said. What is part of another record's answer (an
application: its candidate's) comes with that one. It is asked for within the connection's request rate, of
which readers have half, and within ten seconds; what did not come is null, and a header says how many came
and why the others did not.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final, NamedTuple

from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Company,
    Later,
    Ok,
    Params,
    RecruiteeClient,
    page_params,
)
from service.core.unified.model import Collection, Context, Ref
from service.core.unified.options import EVERYTHING
from service.core.unified.reading import mappings
from service.core.unified.registry import COLLECTIONS, ROOTS
from service.kombo.fresh import Fresh
from service.kombo.kept import Desk, Kept
from service.state import Request

SAID: Final = "hirewire-remote-data"
WITHIN_S: Final = 10.0
SHARE: Final = 0.5
LEAST: Final = 4
BURST: Final = 2
HOLD_S: Final = 2.0
SCOPE, RATE, REFUSED, ABSENT = "scope", "rate", "refused", "not-served"
FIRST: Final = {"none": 0, "offset": 0, "page": 1}
Raw = dict[str, Any]


class Source(NamedTuple):
    """One request."""

    path: str
    params: Params | None


async def fill(
    request: Request, desk: Desk, rows: Sequence[Kept], results: Sequence[Raw]
) -> dict[str, str]:
    """Put `remote_data` into what is shown, where the integration has it on; returns headers."""
    if not desk.connection.options.remote_data or not rows:
        return {}
    if desk.connection.options.scope != EVERYTHING:
        # What Recruitee says of a record is more than the operator chose to have.
        return {SAID: f"0/{len(rows)}; {SCOPE}"}
    asking = _Asking(desk, request.state["recruitee"], request.state["settings"].recruitee_rate)
    raws = await asking.of(rows)
    for row, result in zip(rows, results, strict=True):
        result["remote_data"] = raws.get(row.ref)
    missing = ", ".join(sorted(asking.why))
    return {SAID: f"{len(raws)}/{len(rows)}" + (f"; {missing}" if len(raws) < len(rows) else "")}


@dataclass(slots=True)
class _Asking:
    """The requests of one page."""

    desk: Desk
    recruitee: RecruiteeClient
    rate: float
    why: set[str] = field(default_factory=set)
    until: float = field(default_factory=lambda: monotonic() + WITHIN_S)

    async def of(self, rows: Sequence[Kept]) -> dict[Ref, Raw]:
        """Return what is served of each record that anything is served of."""
        roots = [await self._root(row) for row in rows]
        wanted = list(dict.fromkeys(root for root in roots if root))
        most = max(LEAST, int(self.rate * WITHIN_S * SHARE))
        answers = await self._answers(wanted[:most])
        found = dict[Ref, Raw]()
        for row, root in zip(rows, roots, strict=True):
            raw = self._raw(row, root, answers[root]) if root and root in answers else None
            if root and raw is not None:
                found[row.ref] = {_source(root).path: raw}
            else:
                self.why.add(self._reason(root, wanted[most:], answers))
        return found

    def _reason(
        self, root: str | None, beyond: Sequence[str], answers: Mapping[str, object]
    ) -> str:
        if root is None or root in answers:
            return ABSENT
        return RATE if root in beyond or monotonic() > self.until else REFUSED

    async def _root(self, row: Kept) -> str | None:
        """Return the root whose answer has the record; stages are parts of many jobs' answers."""
        if row.ref.model == "stage":
            return None
        named = await Fresh(self.desk, self.rate, 0, 0, 0).roots([row])
        return next(iter(named), None)

    async def _answers(self, roots: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        lane = asyncio.Semaphore(BURST)

        async def one(root: str) -> tuple[str, Answer | None]:
            async with lane:
                return root, await self._get(_source(root))

        found = await asyncio.gather(*(one(root) for root in roots))
        return {root: answer.data for root, answer in found if isinstance(answer, Ok)}

    async def _get(self, source: Source) -> Answer | None:
        """Ask in turn; None where the turn would come too late."""
        records, c = self.desk.store.records, self.desk.c
        if await records.ahead(c) > self.until - monotonic():
            self.why.add(RATE)
            return None
        await asyncio.sleep(await records.turn(c, self.rate, BURST))
        of = self.desk.connection
        company = Company(of.company_id, of.api_token.get_secret_value())
        answer = await self.recruitee.get(company, source.path, source.params)
        if isinstance(answer, Later) and answer.limited:
            await records.hold(c, answer.after_s or HOLD_S, self.rate, MAX_IN_FLIGHT)
        return answer

    def _raw(self, row: Kept, root: str, answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        name, _, remote_id = root.partition(":")
        if name not in ROOTS:
            return self._member(row, COLLECTIONS[name], remote_id, answer)
        found = answer.get(ROOTS[name].key)
        return found if isinstance(found, Mapping) else None

    def _member(
        self, row: Kept, of: Collection, owner: str, answer: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Return the row of a list that is this record."""
        facts = Context(self.desk.c, self.desk.uid, private_notes=True)
        references = mappings(answer.get("references"))
        for each in mappings(answer.get(of.listing.key)):
            drafts = of.expand(each, references, facts, owner)
            if drafts and drafts[0].remote_id == row.ref.remote_id:
                return each
        return None


def _source(root: str) -> Source:
    """Return the request that a root, or the first page of a list, is read with."""
    name, _, remote_id = root.partition(":")
    if name in ROOTS:
        return Source(ROOTS[name].path.format(id=remote_id), ROOTS[name].params)
    listing = COLLECTIONS[name].listing
    named = {k: v.format(id=remote_id) for k, v in listing.params.items() if isinstance(v, str)}
    one = replace(
        listing, path=listing.path.format(id=remote_id), params={**listing.params, **named}
    )
    return Source(one.path, page_params(one, FIRST[one.style]))
