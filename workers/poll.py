"""Poll Recruitee's activity feed: what no webhook tells becomes entries of the one inbox.

What came in the last minutes is read again each time, since entries may come late or out of order; an
entry that was taken before is known by its number. By our own clock: Recruitee's may be off, which is said
when what has just come is not of just now. A cursor that is refused or not honoured is a gap: it is said,
and healed by going back through the feed, else by a reconcile; so is a feed that is not served any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.core import times
from service.core.logs import logger
from service.core.recruitee import feed
from service.core.recruitee.client import Answer, Later, Missing, Ok, Refused, Unauthorized
from service.core.recruitee.intervals import NOT_SERVED_S
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from workers.asking import Asking, Done, Failed, Outcome, Unanswered
from workers.context import Context
from workers.lists import objects
from workers.taking import Taking

PAGE = 100
PAGES_A_STEP = 5
BACK_PAGES = 50
OVERLAP_MS = 120_000
TRY_FORWARD_MS = 3_600_000
GAP_MS, GAP_POLLS = 600_000, 10
BESIDE_BURST = 2
CLOCK_MS = 60_000  # so far a clock may be off
log = logger("poll")


@dataclass(slots=True)
class Poll:
    """One look at one connection's feed."""

    ctx: Context
    connection: Connection
    lease: Lease
    watch: Mapping[str, str]
    more: bool = False  # there is more to read at once
    noted: dict[str, str | int] = field(default_factory=dict)

    async def step(self) -> Outcome:
        """Read what is new; Done also where the feed is not served to this token."""
        now = times.now_ms()
        try:
            cursor = int(self.watch.get("cursor", -1))
            outcome = await (self._begin() if cursor < 0 else self._go_on(cursor, now))
        except Unanswered as error:
            return error.outcome
        if isinstance(outcome, Done):
            self.noted["polled_at"] = now
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
        """Begin at the newest entry: what was before is in the baseline, if it was read at all."""
        answer = await self._ask(cursor_order="desc")
        if not isinstance(answer, Ok):
            return await self._not_served(answer)
        if self.watch.get("served") == "0":
            await self._gap("the feed was not served to the token until now", "reconcile")
        page = _entries(answer)
        self.noted |= {"cursor": feed.newest(page), "served": 1, "page": len(page)}
        return Done(0)

    async def _not_served(self, answer: Answer) -> Outcome:
        match answer:
            case Unauthorized():
                return answer
            case Later(reason, after_s):
                return Failed(reason, after_s)
        if self.watch.get("served") == "1":
            await self._gap("the feed is not served to the token any more", "reconcile")
        elif self.watch.get("served") != "0":
            log.warning("poll.not_served", connection_id=self.connection.id)
        elif self._away(NOT_SERVED_S):
            await self._gap("nothing was asked for so long, and no feed tells of it", "reconcile")
        self.noted["served"] = 0
        return Done(0)

    def _away(self, usual_s: float) -> bool:
        """Say whether the last look was so long ago that it is a gap."""
        polled = int(self.watch.get("polled_at", 0))
        longest = max(GAP_MS, int(GAP_POLLS * usual_s * 1000))
        return polled > 0 and times.now_ms() - polled > longest

    async def _gap(self, why: str, healed_by: str) -> None:
        log.warning("poll.gap", connection_id=self.connection.id, why=why, healed_by=healed_by)
        since = int(self.watch.get("polled_at", 0))
        await self.ctx.store.watching.gap(self.connection.id, why, since, healed_by)

    async def _go_on(self, cursor: int, now: int) -> Outcome:
        backwards = int(self.watch.get("backwards", 0))
        if backwards and now - backwards < TRY_FORWARD_MS:
            return await self._back(cursor, now)
        return await self._forward(cursor, now)

    async def _forward(self, cursor: int, now: int) -> Outcome:
        """Read from the cursor on, a few pages at most."""
        after, longest, number = cursor, int(self.watch.get("page", 0)), 0
        for _ in range(PAGES_A_STEP):
            answer = await self._ask(cursor_order="asc", cursor_position=str(after))
            if not isinstance(answer, Ok):
                return await self._without(answer, cursor, now)
            page, size = _entries(answer), len(objects(answer.data.get(feed.KEY)))
            fresh = [one for one in page if one.id > after]
            if any(one.id < after for one in page):
                return await self._turn(cursor, now, "the feed does not honour its cursor")
            number += await self._take(fresh, cursor)
            self._hold_clock(fresh, now)
            after, longest = feed.newest(fresh) or after, max(longest, size)
            # How long its pages are at most nobody says: a shorter one than it gave before is the last.
            if size < longest or not size:
                break
        else:
            self.more = True
        if self._away(self.ctx.settings.poll_interval):
            await self._gap("nothing was asked for so long", "feed")
        self.noted |= {"served": 1, "page": longest, "backwards": 0}
        self.noted |= (
            {"cursor": after, "mark": ""} if self.more else self._settled(after, cursor, now)
        )
        return Done(number)

    def _hold_clock(self, entries: Sequence[feed.Entry], now: int) -> None:
        """Note how far Recruitee's clock is off, in seconds, by entries that were not there a poll ago."""
        polled = int(self.watch.get("polled_at", 0))
        seen = int(self.watch.get("mark", "").partition("@")[0] or self.watch["cursor"])
        said = [times.parse(one.cause.at) or 0 for one in entries if one.id > seen]
        if not said or not polled:
            return
        off = max(said) - now
        just_now = -(now - polled) - OVERLAP_MS <= off <= CLOCK_MS
        self.noted["clock_off"] = 0 if just_now else round(off / 1000)

    def _settled(self, newest: int, cursor: int, now: int) -> dict[str, str | int]:
        """Move the cursor on to what was the newest two minutes ago, by our clock."""
        number, _, since = self.watch.get("mark", "").partition("@")
        if not number or int(number) <= cursor:
            return {"cursor": cursor, "mark": f"{newest}@{now}" if newest > cursor else ""}
        if now - int(since) < OVERLAP_MS:
            return {"cursor": cursor}
        mark = f"{newest}@{now}" if newest > int(number) else ""
        return {"cursor": int(number), "mark": mark}

    async def _without(self, answer: Answer, cursor: int, now: int) -> Outcome:
        """See whether the feed is not served at all, or only its cursor is refused."""
        if not isinstance(answer, Missing | Refused):
            return await self._not_served(answer)
        head = await self._ask(cursor_order="desc", limit="1")
        if not isinstance(head, Ok):
            return await self._not_served(head)
        return await self._turn(cursor, now, "the feed's cursor has vanished")

    async def _turn(self, cursor: int, now: int, why: str) -> Outcome:
        """Go back from the head from now on; that is said once, for as long as it lasts."""
        self.noted["backwards"] = now
        known = int(self.watch.get("backwards", 0))
        return await self._back(cursor, now, "" if known else why)

    async def _back(self, cursor: int, now: int, why: str = "") -> Outcome:
        """Go back through the feed from its head to where it was left; else ask for a reconcile."""
        fresh, reached = dict[int, feed.Entry](), False
        for number in range(1, BACK_PAGES + 1):
            answer = await self._ask(page=str(number))
            if not isinstance(answer, Ok):
                return await self._not_served(answer)
            page = _entries(answer)
            fresh |= {one.id: one for one in page if one.id > cursor}
            reached = any(one.id <= cursor for one in page) or (not page and cursor == 0)
            if reached or not page:
                break
        taken = await self._take([fresh[number] for number in sorted(fresh)], cursor)
        if not reached:
            await self._gap("the feed does not reach back to where it was left", "reconcile")
        elif why:
            await self._gap(why, "feed")
        head = max(fresh, default=cursor)
        self.noted |= self._settled(head, cursor, now) if reached else {"cursor": head, "mark": ""}
        self.noted["served"] = 1
        return Done(taken)

    async def _take(self, entries: Sequence[feed.Entry], settled: int) -> int:
        return await Taking(self.ctx, self.connection, self.lease).take(entries, settled)


def _entries(answer: Ok) -> list[feed.Entry]:
    return feed.in_order(objects(answer.data.get(feed.KEY)))
