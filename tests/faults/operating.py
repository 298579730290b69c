"""An operator at work while everything breaks: pauses, resumes, rotates, replays, and breakers that open.

`python -m tests.faults` breaks processes, Redis and the network under people who edit; in
`python -m tests.faults.operating --seed N --seconds S` somebody also runs the ops API against it all.
What must hold in the end is the same, and besides: every replay is whole, and no delivery was signed
by a secret that its receiver could not know.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import cast

import uvloop
from redis.exceptions import RedisError

from tests.faults.breaker import Breaker
from tests.faults.drain import drained, replayed
from tests.faults.figures import Figures
from tests.faults.house import House, housing
from tests.faults.look import history, look_at
from tests.faults.receivers import Subscriber
from tests.faults.sender import Sender
from tests.faults.stored import differences, read_in_full
from tests.faults.storm import Storm
from tests.faults.timetable import timetable

EDITS_PER_S = 10.0
OVERLAP_S = 600
MOST_REPLAYS = 6
KINDS = {"pause": 4, "rotate": 4, "replay": 2, "fail": 3}
QUIET = ("hopeless",)  # fails for good already


@dataclass
class Operator:
    """Runs the house; remembers what it did."""

    house: House
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    replays: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)  # subscribers whose breaker was seen open
    faults: list[str] = field(default_factory=list)
    _held: set[str] = field(default_factory=set)  # paused by us just now
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def work(self, until_s: float) -> None:
        """Do one thing after another until `until_s` (loop time); then wait for the last."""
        loop = asyncio.get_running_loop()
        while loop.time() < until_s:
            await asyncio.sleep(self.random.uniform(0.2, 0.6))
            kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
            task = loop.create_task(self._try(kind, self._any()))
            self._tasks.add(task)
            await self._look()
        await asyncio.gather(*self._tasks)

    async def keep_running(self) -> None:
        """Resume whoever was stopped by another than us, as a 410 does."""
        while True:
            await asyncio.sleep(1)
            with contextlib.suppress(TimeoutError, AssertionError):
                for shown in (await self.house.ops("GET", "subscribers"))["items"]:
                    if shown["status"] != "active" and shown["id"] not in self._held:
                        await self.house.ops("POST", f"subscribers/{shown['id']}/resume")

    async def unfinished(self) -> list[str]:
        """Return what is wrong with the replays that were made: each is whole, and none has failed."""
        found = []
        for name in self.replays:
            shown = await self.house.ops("GET", f"replays/{name}")
            ends = (shown["status"], shown["done"] + shown["failed"], shown["failed"])
            if ends != ("done", shown["total"], 0):
                found.append(f"replay: {shown}")
        return found

    async def _try(self, kind: str, subscriber: Subscriber) -> None:
        try:
            await {"pause": self._pause, "rotate": self._rotate, "replay": self._replay,
                   "fail": self._fail}[kind](subscriber)  # fmt: skip
        except TimeoutError:
            return  # everything was down for too long: nothing was asked of it
        except Exception as error:  # noqa: BLE001 (what the harness cannot do is told, not lost)
            self.faults.append(f"operator: {kind} of {subscriber.name} failed: {error!r}")

    async def _pause(self, subscriber: Subscriber) -> None:
        if subscriber.id in self._held:
            return
        self._held.add(subscriber.id)
        try:
            await self.house.ops("POST", f"subscribers/{subscriber.id}/pause")
            self.done["pause"] += 1
            await asyncio.sleep(self.random.uniform(0.2, 3))
        finally:
            self._held.discard(subscriber.id)
        await self.house.ops("POST", f"subscribers/{subscriber.id}/resume")

    async def _rotate(self, subscriber: Subscriber) -> None:
        """Give it a new secret; until it knows it, the old one has to sign as well."""
        path = f"subscribers/{subscriber.id}/rotate-secret"
        answer = await self.house.ops("POST", path, {"overlap_s": OVERLAP_S})
        await asyncio.sleep(self.random.uniform(0, 1))
        subscriber.learn(answer["secret"])
        self.done["rotate"] += 1

    async def _replay(self, subscriber: Subscriber) -> None:
        if len(self.replays) >= MOST_REPLAYS:
            return
        company = self.random.choice(list(self.house.recruitee.companies.values()))
        chosen = {"connection_ids": [company.connection_id]}
        body = {"filter": chosen, "subscriber_ids": [subscriber.id]}
        made = (await self.house.ops("POST", "replays", body))["id"]
        self.replays.append(made)
        self.done["replay"] += 1
        if self.random.random() < 0.5:
            await self._halt(made)

    async def _halt(self, replay: str) -> None:
        """Pause a replay for a while; one that is done already has nothing to pause."""
        with contextlib.suppress(AssertionError):
            await self.house.ops("POST", f"replays/{replay}/pause")
            await asyncio.sleep(self.random.uniform(0.2, 2))
        with contextlib.suppress(AssertionError):
            await self.house.ops("POST", f"replays/{replay}/resume")

    async def _fail(self, subscriber: Subscriber) -> None:
        """Let a receiver fail at everything for longer than its breaker bears."""
        subscriber.hopeless, subscriber.temper = True, "fails"
        await asyncio.sleep(self.random.uniform(2.5, 5))
        subscriber.hopeless, subscriber.temper = False, "well"
        self.done["fail"] += 1

    async def _look(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            async with self.house.redis.client() as client:
                for subscriber in self.house.subscribers:
                    asked = client.hget(f"sub:{subscriber.id}", "brk")
                    if await cast(Awaitable[bytes | None], asked) == b"open":
                        self.opened.add(subscriber.name)

    def _any(self) -> Subscriber:
        return self.random.choice([s for s in self.house.subscribers if s.name not in QUIET])


async def operate(seed: int, length_s: float, folder: Path) -> tuple[Operator, list[str]]:
    """Make one run with an operator at work; return it and every promise that was broken."""
    async with housing(seed, folder) as house:
        figures, operator = Figures(seed, length_s), Operator(house, Random(f"operator {seed}"))
        sender = Sender(house.http, [web.port for web in house.webs], Random(f"sender {seed}"))
        breaker = Breaker(house)
        adopted = frozenset(history(house))
        running = asyncio.get_running_loop().create_task(operator.keep_running())
        try:
            await _storm(seed, house, sender, breaker, operator, figures)
            problems = await drained(house, sender, figures)
            problems += await read_in_full(house)
            problems += await replayed(house, figures)
            problems += await operator.unfinished()
        finally:
            running.cancel()
            sender.stop()
        problems += await look_at(house, sender, breaker, adopted, figures)
        problems += await differences(house)
        return operator, [*operator.faults, *problems]


async def _storm(
    seed: int, house: House, sender: Sender, breaker: Breaker, operator: Operator, figures: Figures
) -> None:
    companies = list(house.recruitee.companies.values())
    storm = Storm(Random(f"storm {seed}"), companies, sender)
    until_s = asyncio.get_running_loop().time() + figures.length_s
    try:
        await asyncio.gather(
            storm.blow(EDITS_PER_S, until_s),
            breaker.follow(timetable(seed, figures.length_s)),
            operator.work(until_s),
        )
    finally:
        await breaker.mend()


def main() -> int:
    """Make the run; return 0 if every promise held and the breaker of one that is not hopeless opened."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.operating", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=12.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hirewire-operator-") as folder:
        operator, problems = uvloop.run(operate(asked.seed, asked.seconds, Path(folder)))
    print(f"seed {asked.seed}: operator {dict(sorted(operator.done.items()))}")
    print(f"breakers opened: {', '.join(sorted(operator.opened)) or 'none'}")
    for problem in problems:
        print(f"BROKEN {problem}")
    return 1 if problems or not operator.opened - set(QUIET) else 0


if __name__ == "__main__":
    sys.exit(main())
