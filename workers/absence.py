"""What a whole pass through a list did not show: who that is, and whether it can be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.core.recruitee.client import Hidden, Ok
from service.core.store.connections import Connection
from service.core.store.reconciliations import Reconciliation
from service.core.unified.model import Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking
from workers.collect import UNSHOWN, allowed
from workers.comparing import absent_for, entries, member_of
from workers.context import Context

SAMPLE = 3
BURST = 2


@dataclass(frozen=True, slots=True)
class Absence:
    """The absent of one list in one reconciliation."""

    ctx: Context
    connection: Connection
    one: Reconciliation
    before: str  # the number of the pass before, "" when there was none

    @property
    def _c(self) -> str:
        return self.connection.id

    async def see_to(self, name: str) -> str:
        """Have each of them looked at by itself; returns why that is not done, with "" when it is.

        When it is too many at once the list is held, unless some of them turn out to be there.
        """
        member, confirmed = member_of(name), self.one.confirmed.get(name, 0)
        total = sum((await self.ctx.store.records.counts(self._c, [member])).values())
        most = allowed(total) + confirmed
        gone, count = await self._unseen(member, most)
        self.one.add(self.one.absent, name, count)
        if count <= most:
            await self._look_at(name, gone)
            return ""
        if await self._shown_after_all(name, list(gone)):
            return UNSHOWN
        self.one.held.append(name)
        return f"{count} of {total} {member} records vanished at once"

    async def _unseen(self, member: str, most: int) -> tuple[dict[str, int], int]:
        """Return who was not shown, with the passes in a row, and how many; not many more than `most`."""
        gone, count, cursor = dict[str, int](), 0, 0
        while True:
            cursor, found = await self.ctx.store.reconciliations.unseen(
                self.one, member, self.before, cursor
            )
            fresh = {i: passes for i, passes in found.items() if i not in gone}
            count += len(fresh)
            gone |= dict(list(fresh.items())[: max(0, most + SAMPLE - len(gone))])
            if not cursor:
                return gone, count

    async def _look_at(self, name: str, gone: Mapping[str, int]) -> None:
        for passes in sorted(set(gone.values())):
            roots = await self._roots_of(name, [i for i, n in gone.items() if n == passes])
            await self.ctx.store.reconciliations.put_off(
                self._c, entries(roots, absent_for(passes))
            )

    async def _shown_after_all(self, name: str, gone: Sequence[str]) -> bool:
        """Ask for some that a list did not show: whether they are there, or hidden from the token."""
        root = ROOTS.get(name)
        path = root.path if root else COLLECTIONS[name].single
        if not path:
            return False
        asking = Asking(self.ctx, self.connection, BURST)
        for remote_id in gone[:SAMPLE]:
            answer = await asking.further(path.format(id=remote_id), root.params if root else None)
            if isinstance(answer, Ok | Hidden):
                return True
        return False

    async def _roots_of(self, name: str, gone: Sequence[str]) -> list[Ref]:
        """Return what to look at: the record itself, or its owner's list."""
        if name in ROOTS:
            return [Ref(name, remote_id) for remote_id in gone]
        records = self.ctx.store.records
        known = await records.load(self._c, [Ref(member_of(name), each) for each in gone])
        owners = {s.fields.get("candidate_id") for s in known.values()}
        owned = sorted(each for each in owners if isinstance(each, str))
        found = [await records.remote_id(self._c, "candidate", each) for each in owned]
        return [Ref(name, remote_id) for remote_id in found if remote_id]
