"""Breaks things by the timetable, and mends each when its time is over."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redis.exceptions import RedisError

from service.core.recruitee.intervals import sweeps
from tests.faults.house import House
from tests.faults.links import Link
from tests.faults.processes import Slot
from tests.faults.receivers import Temper
from tests.faults.recruitee import Mood
from tests.faults.timetable import Fault

STOP_WITHIN_S = 25.0
CLOCKS_MS = (-200_000, -20_000, 20_000, 200_000)
MOODS: tuple[Mood, ...] = ("errors", "limits", "slow", "hangs up", "garbage", "refuses")
TEMPERS: tuple[Temper, ...] = ("fails", "hangs", "slow", "hangs up", "gone")
ALWAYS_WELL = ("plain", "hopeless")


@dataclass
class Breaker:
    """Breaks and mends; remembers what it did, and when it killed."""

    house: House
    done: Counter[str] = field(default_factory=Counter)
    kills: list[float] = field(default_factory=list)  # monotonic
    faults: list[str] = field(default_factory=list)
    _redis_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def follow(self, timetable: Sequence[Fault]) -> None:
        """Break everything in its time; return when the last is mended."""
        began = time.monotonic()
        for fault in timetable:
            await asyncio.sleep(max(0.0, began + fault.at_s - time.monotonic()))
            task = asyncio.get_running_loop().create_task(self._break(fault))
            self._tasks.add(task)
        await asyncio.gather(*self._tasks)

    async def mend(self) -> None:
        """Make everything well, whatever state it is in."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in self.house.links:
            link.heal()
        self.house.recruitee.be("well")
        for subscriber in self.house.subscribers:
            subscriber.temper = "fails" if subscriber.hopeless else "well"
        for slot in self.house.slots:
            slot.freeze(False)
        self.house.redis.signal(signal.SIGCONT)

    async def _break(self, fault: Fault) -> None:
        try:
            await _KINDS[fault.kind](self, fault, Random(fault.draw))
        except Exception as error:  # noqa: BLE001 (what the harness cannot do is told, not lost)
            self.faults.append(f"{fault.kind} at {fault.at_s:.1f} s failed: {error!r}")

    async def _kill_web(self, _: Fault, random: Random) -> None:
        await self._kill("kill web", self.house.webs, random)

    async def _kill_worker(self, fault: Fault, random: Random) -> None:
        # While one is frozen the other has to live, else nobody works and nothing is proved.
        if any(slot.lock.locked() for slot in self.house.workers):
            return await self._kill_web(fault, random)
        await self._kill("kill worker", self.house.workers, random)

    async def _kill(self, kind: str, slots: Sequence[Slot], random: Random) -> None:
        slot = self._free(slots, random)
        if slot is not None:
            async with slot.lock:
                self.done[kind] += 1
                self.kills.append(time.monotonic())
                await slot.kill()

    def _free(self, slots: Sequence[Slot], random: Random) -> Slot | None:
        free = [slot for slot in slots if not slot.lock.locked()]
        return random.choice(free) if free else None

    async def _kill_redis(self, _: Fault, __: Random) -> None:
        async with self._redis_up:
            self.done["kill redis"] += 1
            self.kills.append(time.monotonic())
            await self.house.redis.end(signal.SIGKILL)
            await self.house.redis.start()

    async def _restart_redis(self, fault: Fault, __: Random) -> None:
        async with self._redis_up:
            self.done[fault.kind] += 1
            await self.house.redis.end(signal.SIGTERM)
            await asyncio.sleep(0.3)
            await self.house.redis.start()

    async def _freeze_redis(self, fault: Fault, __: Random) -> None:
        """Let Redis say nothing for a while, and then carry out all that was asked meanwhile."""
        async with self._redis_up:
            self.done[fault.kind] += 1
            self.house.redis.signal(signal.SIGSTOP)
            await asyncio.sleep(fault.lasts_s)
            self.house.redis.signal(signal.SIGCONT)

    async def _sync(self, fault: Fault, random: Random) -> None:
        """Have a company read again, while it is edited."""
        self.done[fault.kind] += 1
        company = random.choice(list(self.house.recruitee.companies.values()))
        with contextlib.suppress(TimeoutError):
            asked = {"emit": True, "deep": random.random() < 0.7}
            await self.house.ops("POST", f"connections/{company.connection_id}/sync", asked)

    async def _reconcile(self, fault: Fault, random: Random) -> None:
        """Have a company compared with what is kept of it, while it is edited."""
        self.done[fault.kind] += 1
        c = random.choice(list(self.house.recruitee.companies.values())).connection_id
        with contextlib.suppress(TimeoutError):
            await self.house.ops("POST", f"connections/{c}/reconcile")

    async def _look(self, fault: Fault, random: Random) -> None:
        """Let what is looked at by the clock be due: the feed, sweeps, the audit."""
        self.done[fault.kind] += 1
        c = random.choice(list(self.house.recruitee.companies.values())).connection_id
        names = ("poll", "audit", *sweeps(fed=False))
        with contextlib.suppress(RedisError, OSError):
            async with self.house.redis.client() as client:
                hset: Any = client.hset  # redis-py types it as one that may answer at once
                await hset(f"watch:{c}", mapping={f"due:{name}": 0 for name in names})

    async def _fill_redis(self, fault: Fault, random: Random) -> None:
        """Let there be less room than is used; a server that starts anew has room again."""
        with contextlib.suppress(RedisError, OSError):
            async with self.house.redis.client() as client:
                used = int((await client.info("memory"))["used_memory"])
                await client.config_set("maxmemory", int(used * random.uniform(0.8, 1.01)))
            self.done[fault.kind] += 1
        await asyncio.sleep(fault.lasts_s)
        with contextlib.suppress(RedisError, OSError):
            async with self.house.redis.client() as client:
                await client.config_set("maxmemory", 0)

    def _redis_link(self, random: Random) -> Link:
        return random.choice(list(self.house.redis_links.values()))

    async def _cut_redis(self, fault: Fault, random: Random) -> None:
        self.done[fault.kind] += 1
        self._redis_link(random).cut()

    async def _delay_redis(self, fault: Fault, random: Random) -> None:
        self.done[fault.kind] += 1
        link = self._redis_link(random)
        link.delay_s = random.uniform(0.01, 0.3)
        await asyncio.sleep(fault.lasts_s)
        link.delay_s = 0.0

    async def _hold_redis(self, fault: Fault, random: Random) -> None:
        await self._held(fault, self._redis_link(random), random)

    async def _held(self, fault: Fault, link: Link, random: Random) -> None:
        """Swallow what comes; then lose it, or (twice as often) deliver it late."""
        self.done[fault.kind] += 1
        link.hold()
        await asyncio.sleep(fault.lasts_s)
        if random.random() < 0.3:
            link.cut()
        link.let_go()

    async def _cut_recruitee(self, fault: Fault, _: Random) -> None:
        self.done[fault.kind] += 1
        if self.house.recruitee_link is not None:
            self.house.recruitee_link.cut()

    async def _hold_recruitee(self, fault: Fault, random: Random) -> None:
        if self.house.recruitee_link is not None:
            await self._held(fault, self.house.recruitee_link, random)

    def _subscriber_link(self, random: Random) -> Link:
        names = [name for name in self.house.subscriber_links if name not in ALWAYS_WELL]
        return self.house.subscriber_links[random.choice(names)]

    async def _cut_subscriber(self, fault: Fault, random: Random) -> None:
        self.done[fault.kind] += 1
        self._subscriber_link(random).cut()

    async def _hold_subscriber(self, fault: Fault, random: Random) -> None:
        await self._held(fault, self._subscriber_link(random), random)

    async def _freeze_worker(self, fault: Fault, random: Random) -> None:
        """Stop a worker past its lease, and wake it."""
        await self._frozen(fault, self.house.workers, random)

    async def _freeze_web(self, fault: Fault, random: Random) -> None:
        """Stop a web process until its senders have given up, and wake it."""
        await self._frozen(fault, self.house.webs, random)

    async def _frozen(self, fault: Fault, slots: Sequence[Slot], random: Random) -> None:
        if slot := self._free(slots, random):
            async with slot.lock:
                self.done[fault.kind] += 1
                slot.freeze(True)
                await asyncio.sleep(fault.lasts_s)
                slot.freeze(False)

    async def _move_clock(self, fault: Fault, random: Random) -> None:
        """Restart one worker in another time."""
        if slot := self._free(self.house.workers, random):
            self.done[fault.kind] += 1
            for clock_ms in (random.choice(CLOCKS_MS), 0):
                async with slot.lock:
                    slot.clock_ms = clock_ms
                    await slot.kill()
                await asyncio.sleep(fault.lasts_s if clock_ms else 0)

    async def _roll(self, fault: Fault, _: Random) -> None:
        """Restart every process in turn, as an upgrade does."""
        self.done[fault.kind] += 1
        for slot in self.house.slots:
            async with slot.lock:
                await slot.restart(STOP_WITHIN_S)

    async def _upset_recruitee(self, fault: Fault, random: Random) -> None:
        self.done[fault.kind] += 1
        self.house.recruitee.be(random.choices(MOODS, (5, 2, 5, 3, 3, 1))[0])
        await asyncio.sleep(fault.lasts_s)
        self.house.recruitee.be("well")

    async def _upset_subscriber(self, fault: Fault, random: Random) -> None:
        self.done[fault.kind] += 1
        moody = [s for s in self.house.subscribers if s.name not in ALWAYS_WELL]
        subscriber = random.choice(moody)
        subscriber.temper = random.choice(TEMPERS)
        await asyncio.sleep(fault.lasts_s)
        subscriber.temper = "well"


_KINDS: dict[str, Callable[[Breaker, Fault, Random], Awaitable[None]]] = {
    "kill web": Breaker._kill_web, "kill worker": Breaker._kill_worker,
    "kill redis": Breaker._kill_redis, "restart redis": Breaker._restart_redis,
    "fill redis": Breaker._fill_redis, "cut redis": Breaker._cut_redis,
    "delay redis": Breaker._delay_redis, "hold redis": Breaker._hold_redis,
    "cut recruitee": Breaker._cut_recruitee, "hold recruitee": Breaker._hold_recruitee,
    "cut subscriber": Breaker._cut_subscriber, "hold subscriber": Breaker._hold_subscriber,
    "freeze worker": Breaker._freeze_worker, "freeze web": Breaker._freeze_web,
    "freeze redis": Breaker._freeze_redis, "sync": Breaker._sync,
    "look": Breaker._look, "reconcile": Breaker._reconcile, "move clock": Breaker._move_clock,
    "roll": Breaker._roll, "upset recruitee": Breaker._upset_recruitee,
    "upset subscriber": Breaker._upset_subscriber,
}  # fmt: skip
