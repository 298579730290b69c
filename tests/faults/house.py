"""Everything a run stands on: Redis, web and worker processes, their links, and the far ends."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from service.core.crypto import new_master_key
from tests.faults.links import Link
from tests.faults.processes import Nursery, RedisServer, Slot, free_port, nursing
from tests.faults.receivers import Subscriber
from tests.faults.recruitee import TOKEN, Recruitee
from tests.faults.sender import SECRET
from tests.faults.storm import populate
from tests.faults.wire import FarEnd, Handler
from tests.faults.world import Company

WEBS, WORKERS = 2, 2
COMPANIES, PEOPLE = 4, 80
ADMIN = "admin-token-of-the-faults"
READY_S = 30.0
PATIENT = [0, 0.2, 0.5, *[1] * 47]
HOPELESS = [0, 0.1]
WANTED: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "thin": {"format": "thin"},
    "cloud": {"format": "cloudevents", "concurrency": 8},
    "applications": {"event_types": ["application.*"]},
    "shy": {"concurrency": 1, "event_types": ["candidate.*", "job.*", "stage.*"]},
    "hopeless": {"retry_schedule": HOPELESS, "event_types": ["candidate.*"]},
    "other": {},
}


@dataclass
class House:
    """All of it."""

    random: Random
    redis: RedisServer
    recruitee: Recruitee
    http: aiohttp.ClientSession
    webs: list[Slot] = field(default_factory=list)
    workers: list[Slot] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)
    redis_links: dict[str, Link] = field(default_factory=dict)  # by slot
    recruitee_link: Link | None = None
    subscriber_links: dict[str, Link] = field(default_factory=dict)  # by subscriber

    @property
    def slots(self) -> list[Slot]:
        """Every process of ours."""
        return [*self.webs, *self.workers]

    @property
    def links(self) -> list[Link]:
        """Every link."""
        recruitee = [self.recruitee_link] if self.recruitee_link else []
        return [*self.redis_links.values(), *self.subscriber_links.values(), *recruitee]

    async def ops(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the ops API, of whichever web process answers."""
        async with asyncio.timeout(READY_S):
            while True:
                url = f"http://127.0.0.1:{self.random.choice(self.webs).port}/ops/v1/{path}"
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with self.http.request(
                        method, url, json=body, headers={"authorization": f"Bearer {ADMIN}"}
                    ) as answer:
                        if answer.status < 300:
                            return await answer.json()
                        if answer.status != 503:
                            raise AssertionError(f"{method} {path}: {await answer.text()}")
                await asyncio.sleep(0.1)

    async def connect(self) -> None:
        """Link every company and wait until all of it was read."""
        for company in self.recruitee.companies.values():
            body = {"company_id": company.id, "api_token": TOKEN, "webhook_secret": SECRET}
            made = await self.ops("POST", "connections", body)
            company.connection_id = made["id"]
            company.hook = urlsplit(made["webhook_url"]).path
        for company in self.recruitee.companies.values():
            await until(partial(self.read, company.connection_id), READY_S)
            company.note_all()

    async def subscribe(self) -> None:
        """Add every subscriber, each behind a link of its own."""
        for subscriber in self.subscribers:
            port = self.subscriber_links[subscriber.name].port
            body = {
                "url": f"http://127.0.0.1:{port}/",
                "name": subscriber.name,
                **subscriber.wanted,
            }
            made = await self.ops("POST", "subscribers", body)
            subscriber.id, subscriber.secret = made["id"], made["secret"]

    async def read(self, c: str) -> bool:
        """Say whether a connection is active and no full read is under way."""
        shown = await self.ops("GET", f"connections/{c}")
        return bool(shown["status"] == "active" and shown["sync"]["status"] == "done")


async def until(fact: Callable[[], Any], within_s: float) -> None:
    """Wait until a fact holds; raise TimeoutError after a while."""
    async with asyncio.timeout(within_s):
        while not await fact():  # noqa: ASYNC110 (it is asked of others)
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def housing(seed: int, folder: Path) -> AsyncIterator[House]:
    """Start everything; leave nothing behind."""
    async with contextlib.AsyncExitStack() as stack:
        random = Random(f"house {seed}")
        redis = RedisServer(folder)
        await redis.start()
        stack.push_async_callback(redis.end, 9)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        )
        companies = {i: Company(i) for i in range(5600, 5600 + COMPANIES)}
        for company in companies.values():
            populate(company, PEOPLE)
        house = House(random, redis, Recruitee(Random(f"recruitee {seed}"), companies), http)
        nursery = await stack.enter_async_context(nursing())
        await _far_ends(house, seed, stack)
        await _processes(house, nursery, folder, stack)
        await house.connect()
        await house.subscribe()
        yield house


async def _far_ends(house: House, seed: int, stack: contextlib.AsyncExitStack) -> None:
    house.recruitee_link = await _served(house.recruitee.answer, stack)
    for name, wanted in WANTED.items():
        schedule = {"retry_schedule": PATIENT} | wanted
        subscriber = Subscriber(name, Random(f"{name} {seed}"), schedule)
        if name == "hopeless":
            subscriber.temper, subscriber.hopeless = "fails", True
        house.subscribers.append(subscriber)
        house.subscriber_links[name] = await _served(subscriber.answer, stack)


async def _served(answer: Handler, stack: contextlib.AsyncExitStack) -> Link:
    end = FarEnd(answer)
    await end.start()
    stack.push_async_callback(end.stop)
    return await _link(partial(asyncio.open_connection, "127.0.0.1", end.port), stack)


async def _link(dial: Callable[..., Any], stack: contextlib.AsyncExitStack) -> Link:
    link = Link(dial)
    await link.start()
    stack.push_async_callback(link.stop)
    return link


async def _processes(
    house: House, nursery: Nursery, folder: Path, stack: contextlib.AsyncExitStack
) -> None:
    key = new_master_key()
    for n in range(WEBS + WORKERS):
        name = f"web{n}" if n < WEBS else f"worker{n - WEBS}"
        link = house.redis_links[name] = await _link(house.redis.dial, stack)
        assert house.recruitee_link is not None
        env = _env(key, link.port, house.recruitee_link.port)
        log = folder / f"{name}.log"
        if n < WEBS:
            port = free_port()
            args = ("serve", "--port", str(port))
            house.webs.append(Slot(name, "service.cli", args, env, nursery, link, log, port=port))
        else:
            house.workers.append(Slot(name, "workers", (), env, nursery, link, log))
    for slot in house.slots:
        await slot.start()


def _env(master_key: str, redis_port: int, recruitee_port: int) -> dict[str, str]:
    named = {
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}",
        "MASTER_KEY": master_key,
        "ADMIN_TOKEN": ADMIN,
        "RECRUITEE_URL": f"http://127.0.0.1:{recruitee_port}",
        "RECRUITEE_RATE": "2000",
        "DELIVERY_TIMEOUT": "2",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "LOG_FORMAT": "json",
    }
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | {f"HIREWIRE_{name}": value for name, value in named.items()}
