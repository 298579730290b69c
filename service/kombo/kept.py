"""Records as lists need them: with when they changed, and candidates with what hangs on them."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from service.core import ids
from service.core.store import index, rows
from service.core.store.connections import Connection
from service.core.store.rows import Kept as Kept
from service.core.store.store import Store
from service.core.unified.model import Fields, Ref
from service.kombo.tables import Tables

INTERVIEWS = "candidate_interviews"


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

    async def several(self, *models: str) -> list[dict[str, Fields]]:
        """Return the tables of several models, asked for at once."""
        return await asyncio.gather(*(self.table(model) for model in models))

    async def kept(self, refs: Iterable[Ref]) -> dict[Ref, Kept]:
        """Return those records that are there."""
        wanted = list(dict.fromkeys(refs))
        if not wanted:
            return {}
        return await rows.load(self.store.pipe, self.c, wanted)

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
        if not missing:
            return
        people, inside = await asyncio.gather(
            self.kept(Ref("candidate", each) for each in missing),
            self._inside(("candidate", INTERVIEWS), missing, ("application", "interview")),
        )
        for each in missing:
            applications = _of("application", inside[each])
            met = _of("interview", inside[each])
            self.families[each] = Family(people.get(Ref("candidate", each)), applications, met)

    async def read_applications(self, candidates: Iterable[str]) -> None:
        """Read the applications of candidates (remote ids), and nothing else, into `families`."""
        missing = [each for each in dict.fromkeys(candidates) if each not in self.families]
        inside = await self._inside(("candidate",), missing, ("application",))
        for each in missing:
            self.families[each] = Family(applications=_of("application", inside[each]))

    async def family_of(self, rows: Sequence[Kept]) -> dict[Ref, Family]:
        """Return each record's family; nobody's for one whose candidate is not known."""
        owners = await self.candidates_of(rows)
        await self.read_families(owners.values())
        return {
            row.ref: self.families[owners[row.ref]] if row.ref in owners else NOBODY for row in rows
        }

    async def _inside(
        self, roots: Sequence[str], candidates: Sequence[str], models: Sequence[str]
    ) -> dict[str, list[Kept]]:
        return await rows.families(self.store.pipe, self.c, roots, candidates, models)


def _of(model: str, inside: Iterable[Kept]) -> tuple[Kept, ...]:
    # One that came with two roots is one record.
    found = {each.ref: each for each in inside if each.ref.model == model}
    return tuple(sorted(found.values(), key=lambda row: by_number(row.ref.remote_id)))


def by_number(remote_id: str) -> tuple[int, str]:
    """Return the key that sorts remote ids as numbers, as they were given."""
    return (int(remote_id), "") if remote_id.isdecimal() else (0, remote_id)
