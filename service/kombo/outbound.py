"""One request to Recruitee as somebody else worded it: in the connection's turn, bounded, answered as is."""

import asyncio
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDictProxy
from yarl import URL

from service.core.recruitee.client import MAX_IN_FLIGHT
from service.core.retry_after import retry_after_s
from service.core.store.store import Store
from service.kombo.envelope import RATE_LIMITED, Refused

TURN_WITHIN_S: Final = 4.0
"""How far ahead a turn may be: the SDKs give up after 5 s, and live traffic waits behind it."""
BURST: Final = 2  # the rest is left to live traffic
WITHIN_S: Final = 25.0
MOST_BYTES: Final = 16 * 1024 * 1024
HOLD_S: Final = 2.0
Body = bytes | aiohttp.Payload | aiohttp.FormData | None


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be sent, token included."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: Body


@dataclass(frozen=True, slots=True)
class Said:
    """What Recruitee answered."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Unsaid:
    """There is no answer; whether it was done is not known when it was `sent`."""

    reason: str
    late: bool = False


class Lanes:
    """At most `MAX_IN_FLIGHT` requests of one connection on the wire, of this process."""

    def __init__(self) -> None:
        self._lanes: weakref.WeakValueDictionary[str, asyncio.Semaphore] = (
            weakref.WeakValueDictionary()
        )

    def of(self, c: str) -> asyncio.Semaphore:
        """Return a connection's lane; it is forgotten when nobody is in it."""
        lane = self._lanes.get(c)
        if lane is None:
            lane = self._lanes[c] = asyncio.Semaphore(MAX_IN_FLIGHT)
        return lane


async def turn(store: Store, c: str, rate: float) -> None:
    """Wait for the connection's turn; raises Refused when it is too far ahead, and takes none then."""
    ahead_s = await store.records.ahead(c) - (BURST - 1) / rate
    if ahead_s <= TURN_WITHIN_S:
        await asyncio.sleep(await store.records.turn(c, rate, BURST))
        return
    detail = f"{rate:g} requests a second go to Recruitee, and those of {ahead_s:.0f} s are waiting"
    raise Refused(429, RATE_LIMITED, detail, {"retry-after": str(max(1, round(ahead_s)))})


async def held(store: Store, c: str, rate: float, said: Said) -> None:
    """Hold all requests of the connection when Recruitee had too many."""
    if said.status == 429:
        after_s = retry_after_s(said.headers.get("retry-after"), datetime.now(UTC))
        await store.records.hold(c, after_s or HOLD_S, rate, BURST)


async def exchange(
    session: aiohttp.ClientSession, call: Call, within_s: float = WITHIN_S
) -> Said | Unsaid:
    """Send once; redirects are not followed. Never raises for what Recruitee or the network does."""
    try:
        async with (
            asyncio.timeout(within_s),
            session.request(
                call.method, call.url, headers=call.headers, data=call.body, allow_redirects=False
            ) as response,
        ):
            body = await _read(response)
            if body is None:
                return Unsaid(f"Recruitee's answer has more than {MOST_BYTES >> 20} MiB")
            return Said(response.status, response.headers, body)
    except TimeoutError:
        return Unsaid(f"Recruitee did not answer within {within_s:g} s", late=True)
    except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError) as error:
        return Unsaid(f"Recruitee could not be asked: {type(error).__name__}")


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
