"""The baseline: read every root once, in silence, page by page, each page kept before the next."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from service.core import ids, times
from service.core.errors import Fenced
from service.core.logs import logger
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    Refused,
    Unauthorized,
    page_params,
)
from service.core.store.connections import ACTIVE, Connection
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.records import Committed, Write
from service.core.unified import announce as decide
from service.core.unified.model import Context as Facts
from service.core.unified.model import Draft, Ref, Root, Snapshot, Verdict
from service.core.unified.registry import MODELS, ROOTS
from workers.asking import Done, Failed, company
from workers.context import Context
from workers.drain import LEASE_MS
from workers.refetch import as_of

ORDER = ("job",)  # jobs first: their stages' categories are needed to read applications
COMMIT_ROWS = 50
FULL_WAITS_S = 10.0
log = logger("baseline")


async def baseline(
    ctx: Context, connection: Connection, lease: Lease
) -> Done | Failed | Unauthorized:
    """Read on from where the baseline stands; at its end the connection becomes active."""
    progress: dict[str, Any] = orjson.loads(connection.baseline or b"{}")
    roots = sorted(ROOTS.values(), key=lambda root: (root.name not in ORDER, root.name))
    for root in roots:
        if progress.get(root.name, {}).get("done"):
            continue
        outcome = await _Reading(ctx, connection, lease, root, progress).run()
        if not isinstance(outcome, Done):
            return outcome
    if not await ctx.store.claims.renew("in", lease, LEASE_MS):
        raise Fenced(lease.id)
    await ctx.store.connections.wake(connection.id, ACTIVE, reason="", baseline_done=times.now_ms())
    log.info("baseline.done", connection_id=connection.id)
    return Done(0)


class _Reading:
    """One root's listing."""

    def __init__(
        self,
        ctx: Context,
        connection: Connection,
        lease: Lease,
        root: Root,
        progress: dict[str, Any],
    ) -> None:
        self._ctx = ctx
        self._connection = connection
        self._c = connection.id
        self._lease = lease
        self._root = root
        self._progress = progress
        self._jobs: dict[str, str] = {}  # unified -> remote id of those that the page names

    async def run(self) -> Done | Failed | Unauthorized:
        facts = await self._facts()
        at = int(self._progress.get(self._root.name, {}).get("at", 0))
        read = int(self._progress.get(self._root.name, {}).get("read", 0))
        while True:
            if await self._ctx.ladder.rung() >= Rung.READING_WAITS:
                return Failed("Redis is over 75 % full: reading at length waits", FULL_WAITS_S)
            token, answer = await self._page(at)
            match answer:
                case Ok(data):
                    rows = _objects(data.get(self._root.listing.key))
                    await self._keep(rows, _objects(data.get("references")), token, facts)
                case Unauthorized():
                    return answer
                case Later(reason, after_s):
                    return Failed(reason, after_s)
                case Hidden() | Missing() | Refused():
                    # Not for this token: what it may not list it learns record by record.
                    log.warning("baseline.hidden", connection_id=self._c, root=self._root.name)
                    rows = []
            read += len(rows)
            at = self._next(at, len(rows))
            last = not rows or len(rows) < self._root.listing.limit
            await self._note(at, read, last)
            if last:
                return Done(0)

    async def _page(self, at: int) -> tuple[int, Answer]:
        rate = self._ctx.settings.recruitee_rate
        begun = await self._ctx.store.records.begin(
            self._c, Ref(self._root.name, "0"), rate, MAX_IN_FLIGHT, self._lease
        )
        await asyncio.sleep(begun.wait_s)
        listing = self._root.listing
        answer = await self._ctx.recruitee.get(
            company(self._connection), listing.path, page_params(listing, at)
        )
        if isinstance(answer, Later) and answer.limited:
            await self._ctx.store.records.hold(self._c, answer.after_s or 2.0, rate, MAX_IN_FLIGHT)
        return begun.token, answer

    def _next(self, at: int, count: int) -> int:
        return at + count if self._root.listing.style == "offset" else max(at, 1) + 1

    async def _note(self, at: int, read: int, done: bool) -> None:
        self._progress[self._root.name] = {"at": at, "read": read, "done": done}
        await self._ctx.store.connections.note(
            self._c, baseline=orjson.dumps(self._progress).decode()
        )

    async def _keep(
        self,
        rows: Sequence[Mapping[str, Any]],
        references: Sequence[Mapping[str, Any]],
        token: int,
        facts: Facts,
    ) -> None:
        for start in range(0, len(rows), COMMIT_ROWS):
            drafts: dict[Ref, tuple[Draft, Ref]] = {}
            for row in rows[start : start + COMMIT_ROWS]:
                expanded = self._root.expand(row, references, facts)
                root = Ref(expanded[0].model, expanded[0].remote_id) if expanded else None
                for draft in expanded:
                    if root is not None:
                        drafts[Ref(draft.model, draft.remote_id)] = (draft, root)
            await self._commit(drafts, token, facts)

    async def _commit(
        self, drafts: Mapping[Ref, tuple[Draft, Ref]], token: int, facts: Facts
    ) -> None:
        while drafts:
            known = await self._ctx.store.records.load(self._c, drafts)
            writes, changes = [], []
            for ref, (draft, root) in drafts.items():
                before = known.get(ref)
                verdict = self._verdict(draft, before, facts)
                if verdict.snapshot:
                    came_with = "" if ref == root else f"{root.model}:{root.remote_id}"
                    version = before.version if before else 0
                    snapshot = as_of(ref.model, verdict.snapshot)
                    writes.append(Write(ref, version, snapshot, came_with))
                    first = (before.sequence if before else 0) + 1
                    changes += list(enumerate(verdict.changes, first))
            if self._jobs:
                await self._ctx.store.records.name(self._c, "job", self._jobs)
            done = await self._ctx.store.records.commit(
                self._c, token, writes, changes, lease=self._lease, ring=False
            )
            if done is not Committed.MOVED:
                return self._ctx.on_events() if changes else None
            if self._ctx.stopping.is_set():
                raise Fenced(self._c)

    def _verdict(self, draft: Draft, before: Snapshot | None, facts: Facts) -> Verdict:
        """Compare: the first read is silent; a later one tells what changed, webhooks may have said it."""
        first = not self._connection.baseline_done
        model, began = MODELS[draft.model], self._connection.baseline_iso
        return decide.announce(model, draft, before, [], facts, began, quiet=first)

    async def _facts(self) -> Facts:
        stages = await self._ctx.store.records.all_fields(self._c, "stage", "category")
        known = {i: category for i, category in stages.items() if isinstance(category, str)}
        return Facts(self._c, self._uid, known)

    def _uid(self, model: str, remote_id: str) -> str:
        uid = ids.record_id(self._c, model, remote_id)
        if model == "job":
            self._jobs[uid] = remote_id
        return uid


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
