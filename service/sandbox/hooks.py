"""The webhook sender: signs as Recruitee does, sends, and tries again on anything but 200."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import aiohttp

from service.core.signing import recruitee_signature
from service.sandbox.announcements import Event
from service.sandbox.config import Clock
from service.sandbox.deliveries import Delivery, Hook
from service.sandbox.instants import stamp
from service.sandbox.knobs import Knobs
from service.sandbox.records import Json

RETRIES = 9
LONGEST_DELAY_S = 300.0
QUEUE_LENGTH = 10_000
LOG_LENGTH = 5000
USER_AGENT = "Recruitee-Webhooks"


@dataclass(slots=True)
class Lane:
    """A hook's queue, the tasks that empty it, and the timers that will refill it."""

    hook: Hook
    queue: asyncio.Queue[Delivery]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    timers: set[asyncio.TimerHandle] = field(default_factory=set)

    def push(self, delivery: Delivery, delay_s: float = 0) -> None:
        """Queue now or later; a full queue loses the delivery, and the log says so."""
        if delay_s:
            self._later(delivery, delay_s)
            return
        try:
            self.queue.put_nowait(delivery)
        except asyncio.QueueFull:
            delivery.state = "lost"

    def _later(self, delivery: Delivery, delay_s: float) -> None:
        def due() -> None:
            self.timers.discard(timer)
            self.push(delivery)

        timer = asyncio.get_running_loop().call_later(delay_s, due)
        self.timers.add(timer)

    def drop(self) -> None:
        """Forget everything that waits."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        while not self.queue.empty():
            self.queue.get_nowait().state = "lost"


class Sender:
    """Sends events to every hook that wants them, never in the way of the API's own answers."""

    def __init__(self, knobs: Callable[[], Knobs], clock: Clock, seed: int) -> None:
        self._knobs = knobs
        self._clock = clock
        self._random = Random(seed)  # noqa: S311  # chooses faults, no secrets
        self._lanes: dict[int, Lane] = {}
        self._log: deque[Delivery] = deque(maxlen=LOG_LENGTH)
        self._last_hook_id = 0
        # Never set back, so that a receiver that drops known ids does not drop new events.
        self._last_event_id = 1000
        self._session: aiohttp.ClientSession | None = None

    @property
    def hooks(self) -> list[Hook]:
        """All registered hooks, oldest first."""
        return [lane.hook for lane in self._lanes.values()]

    @property
    def waiting(self) -> int:
        """How many deliveries are not settled, of those that the log still holds."""
        return sum(delivery.state == "waiting" for delivery in self._log)

    def register(
        self, url: str, secret: str | None, events: frozenset[str] | None, in_flight: int = 1
    ) -> Hook:
        """Add a receiver and start sending to it; a secret is made up when none is given."""
        self._last_hook_id += 1
        hook = Hook(
            id=self._last_hook_id,
            url=url,
            secret=secret or secrets.token_hex(32),
            events=events,
            in_flight=in_flight,
        )
        lane = Lane(hook, asyncio.Queue(maxsize=QUEUE_LENGTH))
        lane.tasks = [asyncio.create_task(self._work(lane)) for _ in range(in_flight)]
        self._lanes[hook.id] = lane
        return hook

    async def remove(self, hook_id: int) -> bool:
        """Stop sending to a hook; say whether there was one."""
        lane = self._lanes.pop(hook_id, None)
        if lane is not None:
            await _stop(lane)
        return lane is not None

    def announce(self, event: Event) -> None:
        """Queue an event for every hook that wants it, each under an id of its own."""
        for lane in self._lanes.values():
            if lane.hook.wants(event):
                self._last_event_id += 1
                self._queue(lane, event, self._last_event_id)

    def _queue(self, lane: Lane, event: Event, event_id: int) -> None:
        knobs = self._knobs()
        delivery = Delivery(hook_id=lane.hook.id, event_id=event_id, event=event)
        self._log.append(delivery)
        if self._happens(knobs.webhook_loss):
            delivery.state = "lost"
            return
        late_s = knobs.webhook_reorder_ms / 1000 if self._happens(knobs.webhook_reorder) else 0
        lane.push(delivery, late_s)
        if self._happens(knobs.webhook_duplicate):
            # As after "retry now" in the log of a webhook: one more attempt of the same event.
            again = Delivery(hook_id=lane.hook.id, event_id=event_id, event=event, first_attempt=2)
            self._log.append(again)
            lane.push(again, late_s)

    async def test(self, hook_id: int, body: bytes) -> Json | None:
        """Send a test request, unsigned as when the secret is not known yet; return its outcome."""
        lane = self._lanes.get(hook_id)
        return None if lane is None else await self._post(lane.hook, body, signed=False)

    def log(self, limit: int) -> list[Json]:
        """Return the latest deliveries, newest first."""
        return [delivery.shape() for delivery in list(self._log)[: -limit - 1 : -1]]

    def forget(self) -> None:
        """Drop what waits and empty the log; hooks stay registered."""
        for lane in self._lanes.values():
            lane.drop()
        self._log.clear()

    async def close(self) -> None:
        """Stop all sending and close the connections."""
        for lane in self._lanes.values():
            await _stop(lane)
        self._lanes.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _work(self, lane: Lane) -> None:
        while True:
            await self._attempt(lane, await lane.queue.get())

    async def _attempt(self, lane: Lane, delivery: Delivery) -> None:
        number = delivery.first_attempt + len(delivery.attempts)
        outcome = await self._post(lane.hook, delivery.body(), signed=True)
        delivery.attempts.append({"number": number, **outcome})
        if outcome["status"] == 200:
            delivery.state = "delivered"
        elif number > RETRIES:
            delivery.state = "failed"
        else:
            delay_s = self._knobs().webhook_retry_base_s * 2 ** (number - 1)
            lane.push(delivery, min(delay_s, LONGEST_DELAY_S))

    async def _post(self, hook: Hook, body: bytes, *, signed: bool) -> Json:
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
        if signed:
            headers["X-Recruitee-Signature"] = recruitee_signature(hook.secret, body)
        timeout = aiohttp.ClientTimeout(total=self._knobs().webhook_timeout_s)
        at, started = stamp(self._clock()), time.perf_counter()
        status, error = None, None
        try:
            async with self._open().post(
                hook.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            error = type(problem).__name__
        took_ms = round((time.perf_counter() - started) * 1000, 3)
        return {"at": at, "status": status, "error": error, "duration_ms": took_ms}

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability


async def _stop(lane: Lane) -> None:
    lane.drop()
    for task in lane.tasks:
        task.cancel()
    await asyncio.gather(*lane.tasks, return_exceptions=True)
