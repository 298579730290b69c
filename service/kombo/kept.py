"""Records as lists need them: with when they changed, and candidates with what hangs on them."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from service.core import ids, times
from service.core.store import index
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.unified.model import Fields, Ref
from service.kombo.tables import Tables

INTERVIEWS = "candidate_interviews"


@dataclass(frozen=True, slots=True)
class Kept:
    """One record and when it changed, in ms."""

    ref: Ref
    fields: Fields
    deleted: bool
    changed: int

    @property
    def changed_at(self) -> str:
        """When it changed, as it is served."""
        return times.iso(self.changed)


@dataclass(frozen=True, slots=True)
class Family:
    """A candidate, with applications and interviews by rising remote id, deleted ones included."""

    candidate: Kept | None = None
    applications: tuple[Kept, ...] = ()
    interviews: tuple[Kept, ...] = ()

    def application_in(self, job: object) -> Kept | None:
        """Return the application in a job (unified id), one that is there before a deleted one."""
        found = [each for each in self.applications if job and each.fields.get("job_id") == job]
        return next((each for each in found if not each.deleted), next(iter(found), None))

    def interviews_of(self, application: Kept) -> list[Kept]:
        """Return the interviews of an application."""
        job = application.fields.get("job_id")
        if self.application_in(job) is not application:
            return []
        return [each for each in self.interviews if each.fields.get("job_id") == job]


NOBODY = Family()


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request reads from: one connection's records."""

    store: Store
    connection: Connection
    tables: Tables
    families: dict[str, Family] = field(default_factory=dict)  # by the candidate's remote id
    tags: dict[str, Fields] = field(default_factory=dict)  # by name, as they are shown

    @property
    def c(self) -> str:
        """The connection's id."""
        return self.connection.id

    def uid(self, model: str, remote_id: str) -> str:
        """Return a record's unified id."""
        return ids.record_id(self.c, model, remote_id)

    async def table(self, model: str) -> dict[str, Fields]:
        """Return a small model's records by unified id, with what others show of them."""
        return await self.tables.get(self.store, self.c, model)

    async def kept(self, refs: Iterable[Ref]) -> dict[Ref, Kept]:
        """Return those records that are there."""
        wanted = list(dict.fromkeys(refs))
        if not wanted:
            return {}
        known, changed = await asyncio.gather(
            self.store.records.load(self.c, wanted), index.changed(self.store.pipe, self.c, wanted)
        )
        return {
            ref: Kept(ref, snapshot.fields, snapshot.deleted, changed[ref])
            for ref, snapshot in known.items()
            if ref in changed
        }

    async def remote_ids(self, model: str, uids: Collection[str]) -> dict[str, str]:
        """Return unified id -> remote id, for those that are known."""
        return await index.remote_ids(self.store.pipe, self.c, model, uids)

    async def candidates_of(self, rows: Sequence[Kept]) -> dict[Ref, str]:
        """Return whose (remote id) each record is; a candidate is its own."""
        uids = {str(row.fields.get("candidate_id")) for row in rows if row.ref.model != "candidate"}
        known = await self.remote_ids("candidate", uids)
        own = {row.ref: row.ref.remote_id for row in rows if row.ref.model == "candidate"}
        of = {row.ref: known.get(str(row.fields.get("candidate_id"))) for row in rows}
        return own | {ref: owner for ref, owner in of.items() if owner is not None}

    async def read_families(self, candidates: Iterable[str]) -> None:
        """Read candidates (remote ids) with their applications and interviews into `families`."""
        missing = [each for each in dict.fromkeys(candidates) if each not in self.families]
        inside = await asyncio.gather(*(self._inside(each) for each in missing))
        everybody = {Ref("candidate", each) for each in missing}
        kept = await self.kept(everybody.union(*inside))
        for candidate, refs in zip(missing, inside, strict=True):
            self.families[candidate] = Family(
                kept.get(Ref("candidate", candidate)),
                _of("application", refs, kept),
                _of("interview", refs, kept),
            )

    async def read_applications(self, candidates: Iterable[str]) -> None:
        """Read the applications of candidates (remote ids), and nothing else, into `families`."""
        missing = [each for each in dict.fromkeys(candidates) if each not in self.families]
        children = self.store.records.children
        inside = await asyncio.gather(*(children(self.c, Ref("candidate", i)) for i in missing))
        kept = await self.kept(ref for refs in inside for ref in refs if ref.model == "application")
        for candidate, refs in zip(missing, inside, strict=True):
            self.families[candidate] = Family(applications=_of("application", refs, kept))

    async def family_of(self, rows: Sequence[Kept]) -> dict[Ref, Family]:
        """Return each record's family; nobody's for one whose candidate is not known."""
        owners = await self.candidates_of(rows)
        await self.read_families(owners.values())
        return {
            row.ref: self.families[owners[row.ref]] if row.ref in owners else NOBODY for row in rows
        }

    async def _inside(self, candidate: str) -> set[Ref]:
        records = self.store.records
        own, met = await asyncio.gather(
            records.children(self.c, Ref("candidate", candidate)),
            records.children(self.c, Ref(INTERVIEWS, candidate)),
        )
        return {ref for ref in own | met if ref.model in ("application", "interview")}


def _of(model: str, refs: set[Ref], kept: dict[Ref, Kept]) -> tuple[Kept, ...]:
    found = [kept[ref] for ref in refs if ref.model == model and ref in kept]
    return tuple(sorted(found, key=lambda row: by_number(row.ref.remote_id)))


def by_number(remote_id: str) -> tuple[int, str]:
    """Return the key that sorts remote ids as numbers, as they were given."""
    return (int(remote_id), "") if remote_id.isdecimal() else (0, remote_id)
