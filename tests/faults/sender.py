"""Webhooks as Recruitee sends them: late, twice, out of order, and again until the answer is 200."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
import orjson

from service.core.signing import RECRUITEE_HEADER, recruitee_signature

SECRET = "hook-secret"
WITHIN_S = 4.0
MOST_UNDER_WAY = 400


@dataclass
class Sender:
    """Sends to any of the web processes; a webhook is acknowledged by a 200 and nothing else."""

    http: aiohttp.ClientSession
    ports: list[int]
    random: Random
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[int, float] = field(default_factory=dict)  # event id -> loop time
    faults: list[str] = field(default_factory=list)
    _under_way: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def has_room(self) -> bool:
        """Whether one more webhook may be sent."""
        return len(self._under_way) < MOST_UNDER_WAY

    def send(self, hook: str, webhook: dict[str, Any]) -> None:
        """Send a webhook some time soon, until it is acknowledged."""
        task = asyncio.get_running_loop().create_task(self._sent(hook, webhook))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Wait until every webhook is acknowledged."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def stop(self) -> None:
        """Give up."""
        for task in self._under_way:
            task.cancel()

    async def _sent(self, hook: str, webhook: dict[str, Any]) -> None:
        late = self.random.random()
        await asyncio.sleep(late * 0.2 if late < 0.95 else 1.5)
        tries = await self._until_taken(hook, webhook, 1)
        self.acknowledged[webhook["id"]] = asyncio.get_running_loop().time()
        if self.random.random() < 0.08:
            await asyncio.sleep(self.random.random())
            await self._until_taken(hook, webhook, tries + 1, again=True)

    async def _until_taken(
        self, hook: str, webhook: dict[str, Any], number: int, *, again: bool = False
    ) -> int:
        while (said := await self._post(hook, webhook | {"attempt_count": number})) is None:
            number += 1
            await asyncio.sleep(self.random.uniform(0.1, 0.6))
        if said not in ("accepted", "duplicate") or (again and said == "accepted"):
            self.faults.append(f"webhook {webhook['id']}, sent again: {again}, is {said!r}")
        return number

    async def _post(self, hook: str, webhook: dict[str, Any]) -> str | None:
        """Return what a 200 says, or None: try again."""
        body = orjson.dumps(webhook)
        headers = {RECRUITEE_HEADER.decode(): recruitee_signature(SECRET, body)}
        url = f"http://127.0.0.1:{self.random.choice(self.ports)}{hook}"
        try:
            async with (
                asyncio.timeout(WITHIN_S),
                self.http.post(url, data=body, headers=headers) as answer,
            ):
                said = await answer.json() if answer.status == 200 else {"status": None}
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self.answers[type(error).__name__] += 1
            return None
        self.answers[str(answer.status)] += 1
        status: str | None = said["status"]
        return status
