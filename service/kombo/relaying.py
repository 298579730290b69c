"""How a request of somebody else's wording goes to Recruitee and what of the answer is passed on."""

import asyncio
from typing import Final

from service.core import times
from service.core.store.connections import ACTIVE, Connection
from service.core.store.store import Store
from service.kombo import outbound
from service.kombo.envelope import RATE_LIMITED, TIMED_OUT, UNKNOWN, Refused
from service.kombo.outbound import Call, Lanes, Said, Unsaid
from service.state import Request

MASK: Final = "[token]"
# Of the connection to us and not of the answer, or no longer true of what is passed on.
_HOPS: Final = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "proxy-authenticate"}
    | {"te", "trailer", "transfer-encoding", "upgrade", "set-cookie"}
)


async def asked_once(request: Request, lanes: Lanes, connection: Connection, call: Call) -> Said:
    """Ask in the connection's turn; raises Refused, also when there is no answer."""
    said = await in_turn(request, lanes, connection, call)
    if isinstance(said, Unsaid):
        raise unanswered(said)
    return said


async def in_turn(
    request: Request, lanes: Lanes, connection: Connection, call: Call
) -> Said | Unsaid:
    """Send once, in the connection's turn; raises Refused when that is too far ahead."""
    store: Store = request.state["store"]
    rate, c = request.state["settings"].recruitee_rate, connection.id
    lane = lanes.of(c)
    await entered(lane)
    try:
        await outbound.turn(store, c, rate)
        said = await outbound.exchange(request.state["recruitee"].session, call)
    finally:
        lane.release()
    if isinstance(said, Said):
        await outbound.held(store, c, rate, said)
    return said


def unanswered(said: Unsaid) -> Refused:
    """Return the refusal of a request that was sent and not answered."""
    return Refused(504 if said.late else 502, TIMED_OUT if said.late else UNKNOWN, said.reason)


async def look_soon(store: Store, connection: Connection) -> None:
    """Let the feed be polled now: it tells what was written, should no webhook do so."""
    if connection.status == ACTIVE:
        await store.watching.note(connection.id, **{"due:poll": 0})
        await store.connections.wake(connection.id, ACTIVE, asked=times.now_ms())


def masked(body: bytes, token: str) -> bytes:
    """Return a body without our token, should anything upstream ever repeat it."""
    # It opens more than this company's data; a short one is a test's, and part of other words.
    return body.replace(token.encode(), MASK.encode()) if len(token) > 8 else body


def headers_of_answer(said: Said, token: str) -> dict[str, list[str]]:
    """Return the headers that may be passed on, by lower-case name."""
    names = {name.lower() for name in said.headers} - _HOPS
    return {
        name: [value.replace(token, MASK) for value in said.headers.getall(name)]
        for name in sorted(names)
    }


async def entered(lane: asyncio.Semaphore) -> None:
    """Take a place on the wire; raises Refused when none is free in time."""
    try:
        async with asyncio.timeout(outbound.TURN_WITHIN_S):
            await lane.acquire()
    except TimeoutError:
        detail = "requests before this one are still waiting for Recruitee"
        raise Refused(429, RATE_LIMITED, detail, {"retry-after": "2"}) from None
