"""The bare aiohttp posts that deliveries are held against: 50 at once, signed beforehand."""

import asyncio
import gc
import sys

import aiohttp
import orjson
import uvloop

from tests.bench import world

AT_ONCE = 50


async def post(url: str, count: int) -> None:
    """Post `count` bodies of an event's size."""
    body = orjson.dumps(world.page(world.FIRST_ID, 0))[:2000]
    headers = {
        "content-type": "application/json",
        "webhook-id": "evt_bare",
        "webhook-signature": "v1,x",
    }
    left = iter(range(count))
    connector = aiohttp.TCPConnector(limit=AT_ONCE)

    async def one_after_the_other(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one_after_the_other(session) for _ in range(AT_ONCE)))
    await asyncio.Event().wait()  # ended from outside, so that its processor time can be read


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvloop.run(post(sys.argv[1] + "/", int(sys.argv[2])))
