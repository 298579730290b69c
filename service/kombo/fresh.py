"""`Cache-Control: max-age=N` on a read: what is older is asked for again first, through the inbox.

A record is looked at by the request that reads it whole: a candidate or job by itself, what hangs on one
with that one's list, the company's small lists at once. Who waits for the same waits for one request. The
wait is bounded, and so is what readers may take of the request rate: what did not come in time is shown as
it is, and the answer says so.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from starlette.datastructures import Headers

from service.core.store import looking
from service.core.unified.model import Ref
from service.core.unified.models.attachment import PROFILE
from service.core.unified.registry import COLLECTIONS, ROOTS
from service.kombo.kept import Desk, Kept

WAITS_S: Final = 10.0
LONGEST_S: Final = 30
LOOK_S: Final = 0.05
STALE: Final = "hirewire-stale"
_DIRECTIVE: Final = re.compile(r'\s*([a-z-]+)\s*(?:=\s*"?(\d{1,9})"?)?\s*', re.IGNORECASE)
_WHOLE: Final = {each.member: each.name for each in COLLECTIONS.values() if each.owner is None}
_OWNED: Final = {
    (each.member, each.owner): each.name for each in COLLECTIONS.values() if each.owner
}


def max_age(headers: Headers) -> int | None:
    """Return how old, in seconds, an answer may be; `no-cache` is 0, None: as old as it is."""
    said = _directives(headers, "cache-control")
    if "no-cache" in said:
        return 0
    return said.get("max-age")


def waits(headers: Headers) -> float:
    """Return how long, in seconds, to wait at most: `Prefer: wait=N`, else 10."""
    asked = _directives(headers, "prefer").get("wait")
    return WAITS_S if asked is None else float(min(asked, LONGEST_S))


def _directives(headers: Headers, name: str) -> dict[str, int | None]:
    parts = ",".join(headers.getlist(name)).split(",")
    found = (_DIRECTIVE.fullmatch(part) for part in parts)
    return {m[1].lower(): int(m[2]) if m[2] else None for m in found if m}


@dataclass(slots=True)
class Fresh:
    """One reader who waits for what is no older than `since`."""

    desk: Desk
    rate: float  # requests/s
    since: int  # ms of Redis' clock
    began: int  # ms of Redis' clock
    until: float  # monotonic
    settled: set[str] = field(default_factory=set)  # roots that were looked at, whatever came of it

    @classmethod
    async def of(cls, desk: Desk, headers: Headers, rate: float) -> "Fresh | None":
        """Return it, or None for a reader who takes what there is."""
        seconds = max_age(headers)
        if seconds is None:
            return None
        now = await looking.now(desk.store.pipe)
        return cls(desk, rate, now - seconds * 1000, now, monotonic() + waits(headers))

    async def stale(self, rows: Iterable[Kept]) -> list[Kept]:
        """Return those that were read before `since`."""
        shown = list(rows)
        read = await self.desk.store.records.fetched(self.desk.c, [row.ref for row in shown])
        return [row for row in shown if read.get(row.ref, 0) < self.since]

    async def again(self, rows: Sequence[Kept], unknown: Iterable[Ref] = ()) -> bool:
        """Have what is stale looked at, and wait; False when there is nothing more to look at.

        `unknown` are records that are asked for by name and that we do not have.
        """
        roots = await self.roots(await self.stale(rows))
        roots |= {":".join(ref) for ref in unknown if ref.model in ROOTS}
        wanted = sorted(roots - self.settled)
        if not wanted or monotonic() >= self.until:
            return False
        await self._settle(wanted)
        return True

    async def _settle(self, wanted: Sequence[str]) -> None:
        """Wait until each root was looked at since we began, or time is over."""
        pipe, c = self.desk.store.pipe, self.desk.c
        entries = dict[str, str]()  # those that nobody had begun before we came
        left = set(wanted)
        while left:
            missing = [root for root in wanted if root in left and root not in entries]
            asked = await looking.look(pipe, c, missing, self.rate) if missing else {}
            refused = {root for root, name in asked.items() if not name}
            self.settled |= refused
            entries |= {
                root: name
                for root, name in asked.items()
                if name and looking.asked_at(name) >= self.began
            }
            left -= refused
            inside = await looking.waiting(pipe, c, {r: e for r, e in entries.items() if r in left})
            done = {root for root in entries if root in left and root not in inside}
            self.settled |= done
            left -= done
            if left:
                if monotonic() >= self.until:
                    return
                await asyncio.sleep(LOOK_S)

    async def roots(self, rows: Sequence[Kept]) -> set[str]:
        """Return what reads these records whole, as the inbox names it."""
        found = {":".join(row.ref) for row in rows if row.ref.model in ROOTS}
        found |= {f"{_WHOLE[row.ref.model]}:0" for row in rows if row.ref.model in _WHOLE}
        if any(row.ref.model == "stage" for row in rows):
            found |= await self._jobs_with({str(row.fields.get("id")) for row in rows})
        return found | await self._owners(rows)

    async def _owners(self, rows: Sequence[Kept]) -> set[str]:
        found = set[str]()
        for owner in ("candidate", "job"):
            field_ = f"{owner}_id"
            mine = [row for row in rows if _list_of(row, owner)]
            uids = {str(row.fields.get(field_)) for row in mine}
            remote = await self.desk.remote_ids(owner, uids)
            found |= {
                f"{_list_of(row, owner)}:{remote[str(row.fields.get(field_))]}"
                for row in mine
                if str(row.fields.get(field_)) in remote
            }
        return found

    async def _jobs_with(self, stages: set[str]) -> set[str]:
        """Return one job for each of these stages (unified ids): it shows its whole pipeline."""
        jobs = await self.desk.store.records.all_fields(self.desk.c, "job", "stage_ids")
        of = {stage: job for job, named in jobs.items() for stage in _names(named)}
        return {f"job:{of[stage]}" for stage in stages if stage in of}


def _list_of(row: Kept, owner: str) -> str | None:
    """Return the root that reads a record with its owner, where it is this one that has it."""
    if row.fields.get("candidate_id") and owner != "candidate":
        return None
    with_it = row.ref.model == "attachment" and row.fields.get("source") == PROFILE
    if row.ref.model == "application" or with_it:
        return "candidate" if owner == "candidate" else None
    return _OWNED.get((row.ref.model, owner)) if row.fields.get(f"{owner}_id") else None


def _names(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
