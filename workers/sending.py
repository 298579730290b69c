"""What a line has in hand: requests under way, and a few deliveries that go as soon as one of them ends.

Few, and only while the subscriber answers quickly: so a socket need not wait for Redis between two of
them, and what came back is settled several at a time. What is not sent within half a second is handed back.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from service.core.store.deliveries import Delivery, Settle
from workers.drain import LEASE_MS
from workers.slots import SLOW_AFTER_S, Slot, Slots

AHEAD = 96
AHEAD_S = 0.1  # how long what waits would take at the pace of late
QUICK_S = 0.1
STALE_S = 0.5
GATHER_S = 0.01
GATHER = 64
SURE_S = LEASE_MS / 1000 - 1
LATELY = 0.2

Attempt = Callable[[Delivery, float], Awaitable[Settle | None]]


@dataclass(slots=True)
class _Held:
    delivery: Delivery
    until: float  # the end of its flight
    since: float
    sure: bool  # the store takes it for under way already


@dataclass(slots=True)
class _Flight:
    slot: Slot
    began: float
    sure: bool
    task: "asyncio.Task[None] | None" = None


class InHand:
    """One subscriber's requests and the queue before them."""

    def __init__(
        self, slots: Slots, attempt: Attempt, news: asyncio.Event, *, proven: bool, cap: int,
        sure_s: float = SURE_S,
    ) -> None:  # fmt: skip
        self._slots = slots
        self._attempt = attempt
        self._news = news
        self._queue: deque[_Held] = deque()
        self._flying: dict[str, _Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._settled: list[Settle] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sure_s = sure_s
        self._sure_until = 0.0
        self._told: list[_Flight] = []
        self._cutting: asyncio.TimerHandle | None = None
        self._fault: BaseException | None = None
        self._proven = proven
        self._slow = False
        self._quick = False
        self._took_s = 0.0  # of late
        self._retries = 0
        self.cap = cap
        self.troubled = False
        """Whether the breaker is not closed: then nothing is taken beforehand."""

    def __len__(self) -> int:
        """How many are under way or in the queue."""
        return len(self._flying) + len(self._queue)

    @property
    def retries(self) -> int:
        """How many of these were tried before."""
        return self._retries

    @property
    def queued(self) -> int:
        """How many have not been sent yet."""
        return len(self._queue)

    @property
    def busy(self) -> bool:
        """Whether anything is in hand, or has come back and was not collected."""
        return bool(self._flying or self._queue or self._settled)

    @property
    def most(self) -> int:
        """How many requests may be under way: one until the subscriber has shown that it answers."""
        return self.cap if self._proven else 1

    @property
    def starved(self) -> bool:
        """Whether other subscribers hold all the sockets."""
        return self._slots.free(slow=self._on_probation) == 0

    @property
    def full(self) -> bool:
        """Whether no more can be sent now."""
        return len(self) >= self.most or self.starved

    def free(self) -> int:
        """Return how many more requests could leave now."""
        return max(0, min(self.most - len(self), self._slots.free(slow=self._on_probation)))

    def ahead(self) -> int:
        """Return how many more would be taken into the queue."""
        if not self._quick or not self._proven or self.troubled:
            return 0
        return max(0, self.most + self._most_ahead - len(self) - self.free())

    def tell(self) -> list[str]:
        """Return what the store is to know as not sent; what is under way by now it knows then."""
        self._told = list(self._flying.values())
        return [held.delivery.id for held in self._queue if not held.sure]

    def take(
        self, deliveries: Sequence[Delivery], free: int, asked_at: float, flight_s: float
    ) -> None:
        """Take what was handed out, the first `free` of it to be sent at once, and send what can be.

        `asked_at` is when the store was asked, by the loop's clock; it has answered now.
        """
        for flight in self._told:
            flight.sure = True
        self._sure_until = asked_at + self._sure_s
        now, until = monotonic(), asked_at + flight_s
        self._queue.extend(_Held(d, until, now, k < free) for k, d in enumerate(deliveries))
        self._retries += sum(d.n > 0 for d in deliveries)
        if len(deliveries) > free and self._cutting is None:
            self._cut()
        self.send()

    def send(self) -> None:
        """Begin as many requests as there is room for."""
        while self._may_begin and len(self._tasks) < self.most:
            task = asyncio.create_task(self._serve(self._begun()))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def collect(self, *, all_back: bool) -> list[Settle]:
        """Return what came back, and untried what has waited too long, or all that waits."""
        if self._fault is not None:
            raise self._fault
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        settled, self._settled = self._settled, []
        give_up = all_back or self.troubled or not self._proven
        while self._queue and (give_up or monotonic() - self._queue[0].since > STALE_S):
            delivery = self._queue.popleft().delivery
            self._retries -= delivery.n > 0
            settled.append(Settle(delivery, "back", attempted=False))
        return settled

    def patience(self) -> float:
        """Return for how many seconds at most the line may wait before it looks here."""
        now, ends = monotonic(), [float("inf")]
        if self._queue:
            ends.append(self._queue[0].since + STALE_S)
        ends += [f.began + SLOW_AFTER_S for f in self._flying.values() if not f.slot.slow]
        return max(0.0, min(ends) - now) + 0.001

    def look(self) -> None:
        """Count requests that take over a second among the slow."""
        late = monotonic() - SLOW_AFTER_S
        for flight in self._flying.values():
            if flight.began <= late:
                self._slow = True
                self._quick = False
                flight.slot.demote()

    async def cancel(self) -> None:
        """Stop what is under way: the lease is gone, or so is the process."""
        for timer in (self._timer, self._cutting):
            if timer is not None:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        # Of those that had not even begun.
        for flight in self._flying.values():
            flight.slot.give_back()
        self._flying.clear()

    @property
    def _on_probation(self) -> bool:
        return not self._proven or self._slow

    @property
    def _most_ahead(self) -> int:
        return min(AHEAD, int(self.cap * AHEAD_S / max(self._took_s, 1e-4)))

    @property
    def _may_begin(self) -> bool:
        """Whether there is a next one, a socket for it, and nobody else who may be at it."""
        if not self._queue or self.starved:
            return False
        return self._queue[0].sure or monotonic() < self._sure_until

    def _cut(self) -> None:
        """End what the store does not know to be under way, once it was not heard of for too long."""
        self._cutting = None
        doubtful = [f for f in self._flying.values() if not f.sure]
        left = self._sure_until - monotonic()
        if left > 0 and (doubtful or self._queue):
            self._cutting = asyncio.get_running_loop().call_later(left, self._cut)
            return
        for flight in doubtful:
            if flight.task is not None:
                flight.task.cancel()

    def _begun(self) -> _Held:
        """Take a socket for the next in the queue; from here on it is counted as under way."""
        held = self._queue.popleft()
        slot = self._slots.take(slow=self._on_probation)
        self._flying[held.delivery.id] = _Flight(slot, monotonic(), held.sure)
        return held

    async def _serve(self, held: _Held | None) -> None:
        while held is not None:
            await self._one(held)
            more = self._may_begin and len(self._tasks) <= self.most
            held = self._begun() if more else None
            self._tell()

    async def _one(self, held: _Held) -> None:
        flight = self._flying[held.delivery.id]
        flight.task = asyncio.current_task()
        try:
            settle = await self._attempt(held.delivery, held.until)
        finally:
            del self._flying[held.delivery.id]
            self._retries -= held.delivery.n > 0
            flight.slot.give_back()
        if settle is not None:
            self._settled.append(settle)
            self._learn(settle, monotonic() - flight.began)

    def _learn(self, settle: Settle, took_s: float) -> None:
        if settle.took_ms is None:
            return
        self._proven = settle.verdict == "ok"
        self._quick = self._proven and took_s < QUICK_S
        self._took_s += (took_s - self._took_s) * (LATELY if self._took_s else 1.0)
        if self._proven:
            self._slow = took_s > SLOW_AFTER_S

    def _tell(self) -> None:
        """Have it settled at once if sockets would else be idle, or with what comes in a moment."""
        enough = len(self._queue) > self._most_ahead // 2 and len(self._settled) < GATHER
        if not enough:
            self._news.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._news.set)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fault = self._fault or fault
        self._news.set()
