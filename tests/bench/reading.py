"""A full read: the processor that the worker takes for one candidate, against just fetching the pages."""

import asyncio
import time
from typing import Any

import aiohttp
import orjson

from service.core.store.connections import Connection
from service.core.store.runs import Run
from tests.bench import machine
from tests.bench.bench import Bench
from tests.bench.children import environment, running
from tests.bench.report import Figure, Group
from tests.serving import eventually

PEOPLE = 20_000
PAGE = 1000
WITHIN_S = 240.0
TOKEN = "bench-token"


async def measure(bench: Bench) -> Group:
    """Take a baseline of a large invented company; lists only, as fast as its rate allows."""
    await bench.empty()
    people = bench.count(PEOPLE)
    sandbox = ("service.sandbox", "--port", "{port}", "--size", str(people), "--token", TOKEN)
    with running(*sandbox, env=bench.env, core=bench.core, listens=True) as far:
        base = f"http://127.0.0.1:{far.port}"
        settings = bench.settings.model_copy(update={"recruitee_url": base})
        env = environment(settings) | {"HIREWIRE_RECRUITEE_URL": base}
        made = await bench.store.connections.create("5600", TOKEN, None, "Large")
        await bench.store.connections.note(made.id, sync='{"deep": false}')
        with running("workers", env=env, core=bench.core) as child:
            began, used = time.monotonic(), machine.cpu_s(child.pid)
            await eventually(lambda: _read(bench, made), WITHIN_S)
            took, used = time.monotonic() - began, machine.cpu_s(child.pid) - used
        bare = await _bare(base, people)
    ours, theirs = used / people * 1e6, bare / people * 1e6
    note = f"{people:,} candidates in {took:.0f} s, {ours:.0f} us each against {theirs:.0f} us"
    figures = [
        Figure(
            "processor per candidate, over fetching the pages", ours / theirs, "times", None, note
        )
    ]
    return Group("full read by lists", "CPU of the worker", [], None, [], figures)


async def _read(bench: Bench, made: Connection) -> bool:
    connection = await bench.store.connections.get(made.id)
    return connection is not None and bool(Run.of(connection).done)


async def _bare(base: str, people: int) -> float:
    """Return the processor seconds of getting the same pages and reading their JSON."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    began = time.process_time()
    async with aiohttp.ClientSession(headers=headers) as session:
        for at in range(0, people, PAGE):
            params: dict[str, Any] = {"limit": PAGE, "offset": at}
            async with session.get(f"{base}/c/5600/candidates", params=params) as answer:
                orjson.loads(await answer.read())
            await asyncio.sleep(0)
    return time.process_time() - began
