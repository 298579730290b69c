"""The far ends, as cheap as they can be made: a Recruitee that serves candidates, a subscriber."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

from tests.bench.load import LENGTH
from tests.bench.world import CandidatePages

EVENT = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)
CANDIDATE = re.compile(rb"/candidates/(\d+)")
THANKS = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
FOUND = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
WITHIN_S = 60.0


class Server(asyncio.Protocol):
    """Cuts requests out of the stream and answers each."""

    def __init__(self, answer: Callable[[bytes, bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._buffer, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < end:
                return
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._say(request, self._answer(request[:head], request[head + 4 :]))

    def _say(self, request: bytes, answer: bytes) -> None:
        self._transport.write(answer)


class _Subscriber(Server):
    """May take its time, and sees what was in flight when its client went away."""

    def __init__(self, ends: "FarEnds") -> None:
        super().__init__(ends.post)
        self._ends = ends
        self._owed = b""  # the path of what is not answered yet

    def connection_lost(self, exc: Exception | None) -> None:
        if self._owed:
            self._ends.on_lost(self._owed)

    def _say(self, request: bytes, answer: bytes) -> None:
        if not self._ends.slow_s:
            return self._transport.write(answer)
        self._owed = _path(request)
        asyncio.get_running_loop().call_later(self._ends.slow_s, self._late, answer)

    def _late(self, answer: bytes) -> None:
        self._owed = b""
        if not self._transport.is_closing():
            self._transport.write(answer)


def _path(request: bytes) -> bytes:
    return request.split(b" ", 2)[1]


@dataclass
class FarEnds:
    """What both saw: when, and of which event or candidate."""

    recruitee: str = ""
    subscriber: str = ""
    pages: CandidatePages = field(default_factory=CandidatePages)
    asked: int = 0
    events: set[bytes] = field(default_factory=set)
    arrived: list[tuple[float, bytes]] = field(default_factory=list)  # when, body
    began: float = 0.0
    on_first: Callable[[], None] = lambda: None
    keep_bodies: bool = False
    slow_s: float = 0.0  # how long the subscriber takes to answer
    on_post: Callable[[bytes], None] = lambda _: None  # with the path
    on_lost: Callable[[bytes], None] = lambda _: None
    _wanted: int = 0
    _all: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, posts: int, on_first: Callable[[], None]) -> None:
        """Forget what came, and begin the clock (and call `on_first`) at the first request."""
        self.asked, self.began, self._wanted, self.on_first = 0, 0.0, posts, on_first
        self.events.clear()
        self.arrived.clear()
        self._all.clear()

    async def all(self) -> float:
        """Wait for all posts; return the seconds from the first request to the last."""
        async with asyncio.timeout(WITHIN_S):
            await self._all.wait()
        return self.arrived[-1][0] - self.began

    def get(self, head: bytes, _: bytes) -> bytes:
        """Serve one candidate."""
        self._first()
        self.asked += 1
        found = CANDIDATE.search(head)
        page = self.pages.page(found[1] if found else b"0")
        return FOUND % (len(page), page)

    def post(self, head: bytes, body: bytes) -> bytes:
        """Take one delivery."""
        self._first()
        self.on_post(_path(head))
        if event := EVENT.search(head):
            self.events.add(event[1])
        self.arrived.append((perf_counter(), body if self.keep_bodies else b""))
        if len(self.arrived) == self._wanted:
            self._all.set()
        return THANKS

    def _first(self) -> None:
        if not self.began:
            self.began = perf_counter()
            self.on_first()


@contextlib.asynccontextmanager
async def far_ends() -> AsyncIterator[FarEnds]:
    """Serve both on free ports of the loopback."""
    ends, loop = FarEnds(), asyncio.get_running_loop()
    recruitee = await loop.create_server(lambda: Server(ends.get), "127.0.0.1", 0)
    subscriber = await loop.create_server(lambda: _Subscriber(ends), "127.0.0.1", 0)
    ends.recruitee, ends.subscriber = (
        f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for server in (recruitee, subscriber)
    )
    try:
        yield ends
    finally:
        recruitee.close()
        subscriber.close()
