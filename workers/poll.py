"""Poll Recruitee's activity feed: what no webhook tells becomes entries of the one inbox.

The feed is read again from two minutes before its newest entry each time, since entries may come late
or out of order; an entry that was taken before is known by its own record. A cursor that is refused or
not honoured is a gap: it is said, and healed by going back through the feed, else by a reconcile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.core import times
from service.core.logs import logger
from service.core.recruitee import feed
from service.core.recruitee.client import Answer, Later, Missing, Ok, Refused, Unauthorized
from service.core.recruitee.webhook import entry as inbox_entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Ref
from service.core.unified.models import activity
from workers.asking import Asking, Done, Failed, Outcome, Unanswered
from workers.commit import Commit, Found
from workers.context import Context
from workers.lists import objects
from workers.scope import within

PAGE = 100
PAGES_A_STEP = 5
BACK_PAGES = 50
OVERLAP_MS = 120_000
NOT_SERVED_S = 900.0
BESIDE_BURST = 2
log = logger("poll")

Watch = Mapping[str, str]


@dataclass(slots=True)
class Poll:
    """One look at one connection's feed."""

    ctx: Context
    connection: Connection
    lease: Lease
    watch: Watch
    more: bool = False  # there is more to read at once
    noted: dict[str, str | int] = field(default_factory=dict)

    async def step(self) -> Outcome:
        """Read what is new; Done also where the feed is not served to this token."""
        try:
            cursor = int(self.watch.get("cursor", -1))
            outcome = await (self._begin() if cursor < 0 else self._read_on(cursor))
        except Unanswered as error:
            return error.outcome
        if isinstance(outcome, Done):
            self.noted["polled_at"] = times.now_ms()
            await self.ctx.store.watching.note(self.connection.id, **self.noted)
        return outcome

    def next_in_s(self) -> float:
        """Return when to look again."""
        if self.more:
            return 0.0
        served = self.noted.get("served", self.watch.get("served", "1"))
        return self.ctx.settings.poll_interval if str(served) == "1" else NOT_SERVED_S

    async def _ask(self, **params: str) -> Answer:
        asking = Asking(self.ctx, self.connection, BESIDE_BURST)
        return await asking.further(feed.PATH, {"limit": str(PAGE), **params})

    async def _begin(self) -> Outcome:
        """Begin at the newest entry: what was before is in the baseline."""
        answer = await self._ask(cursor_order="desc", limit="1")
        match answer:
            case Ok(data):
                self.noted |= {"cursor": feed.newest(_entries(data)), "served": 1}
                return Done(0)
        return await self._not_served(answer)

    async def _not_served(self, answer: Answer) -> Outcome:
        match answer:
            case Unauthorized():
                return answer
            case Later(reason, after_s):
                return Failed(reason, after_s)
        if self.watch.get("served") != "0":
            log.warning("poll.not_served", connection_id=self.connection.id)
        self.noted["served"] = 0
        return Done(0)

    async def _read_on(self, cursor: int) -> Outcome:
        after, taken = cursor, list[feed.Entry]()
        for _ in range(PAGES_A_STEP):
            answer = await self._ask(cursor_order="asc", cursor_position=str(after))
            if not isinstance(answer, Ok):
                return await self._without(answer, cursor)
            page = sorted(_entries(answer.data), key=lambda one: one.id)
            fresh = [one for one in page if one.id > after]
            if page and not fresh and len(page) >= PAGE:
                return await self._back(cursor, "the feed does not honour its cursor")
            await self._take(fresh)
            taken += fresh
            after = feed.newest(fresh) or after
            if len(page) < PAGE:
                break
        else:
            self.more = True
        self.noted |= {"served": 1, "cursor": after if self.more else _overlapped(taken, cursor)}
        return Done(len(taken))

    async def _without(self, answer: Answer, cursor: int) -> Outcome:
        """See whether the feed is not served at all, or only its cursor is refused."""
        if not isinstance(answer, Missing | Refused):
            return await self._not_served(answer)
        head = await self._ask(cursor_order="desc", limit="1")
        if not isinstance(head, Ok):
            return await self._not_served(head)
        return await self._back(cursor, "the feed's cursor has vanished")

    async def _back(self, cursor: int, why: str) -> Outcome:
        """Go back through the feed from its head to where it was left; else ask for a reconcile."""
        taken, reached = list[feed.Entry](), False
        for number in range(1, BACK_PAGES + 1):
            answer = await self._ask(page=str(number))
            if not isinstance(answer, Ok):
                return await self._not_served(answer)
            page = _entries(answer.data)
            taken += [one for one in page if one.id > cursor]
            reached = not page or len(page) < PAGE or any(one.id <= cursor for one in page)
            if reached:
                break
        await self._take(sorted(taken, key=lambda one: one.id))
        healed = "the feed, read backwards" if reached else "a reconcile"
        log.warning("poll.gap", connection_id=self.connection.id, why=why, healed_by=healed)
        watching, c = self.ctx.store.watching, self.connection.id
        since = self.watch.get("polled_at")
        await watching.gap(c, {"why": why, "since": int(since or 0), "healed_by": healed})
        self.noted |= {"served": 1, "cursor": _overlapped(taken, feed.newest(taken) or cursor)}
        if not reached:
            self.noted["reconcile"] = 1
        return Done(len(taken))

    async def _take(self, entries: Sequence[feed.Entry]) -> None:
        """Put what entries are about into the inbox, then keep them, so that each is taken once."""
        c, records = self.connection.id, self.ctx.store.records
        known = await records.load(c, [Ref(activity.NAME, str(one.id)) for one in entries])
        new = [one for one in entries if Ref(activity.NAME, str(one.id)) not in known]
        rows: dict[tuple[str, int], bytes] = {}
        for one in new:
            for root in await self._roots(one):
                rows[root, one.id] = inbox_entry(root, one.cause)
        if rows:
            await self.ctx.store.inbox.enqueue(c, list(rows.values()))
        for one in new:
            await self._keep(one)
        if new:
            await self.ctx.store.watching.count(c, {"seen:activity": len(new)})

    async def _roots(self, one: feed.Entry) -> Sequence[str]:
        if not one.every_job:
            return one.roots
        jobs = await self.ctx.store.records.all_fields(self.connection.id, "job", "remote_id")
        return [f"job:{job}" for job in jobs]

    async def _keep(self, one: feed.Entry) -> None:
        commit = Commit(self.ctx, self.connection, self.lease, [one.cause])
        commit.began()
        facts = commit.facts()
        draft = activity.draft(one.raw, (), facts)
        kept = await within(commit, [draft] if draft else [])
        token = await self.ctx.store.records.token()
        found = [Found(each, Ref(each.model, each.remote_id)) for each in kept]
        await commit.run(found, [], token, {}, facts)


def _entries(data: Mapping[str, object]) -> list[feed.Entry]:
    read = (feed.read(row) for row in objects(data.get(feed.KEY)))
    return [one for one in read if one is not None]


def _overlapped(taken: Sequence[feed.Entry], cursor: int) -> int:
    """Return the newest entry that is two minutes older than the newest of all."""
    dated = [(ms, one.id) for one in taken if (ms := times.parse(one.at)) is not None]
    if not dated:
        return max(cursor, feed.newest(taken))
    latest = max(ms for ms, _ in dated)
    settled = [number for ms, number in dated if ms <= latest - OVERLAP_MS]
    return max(settled, default=cursor)
