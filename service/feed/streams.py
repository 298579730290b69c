"""Answers that go on: server-sent events to one client, ended by its leaving, its stalling, or ours."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.problems import Problem

MOST = 500
STALLED_S = 30.0
LAST_WORD_S = 1.0
HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"),
           (b"x-accel-buffering", b"no"))  # fmt: skip


class Streams:
    """The streams of one process: bounded, and all ended by one event."""

    def __init__(self, ending: asyncio.Event, most: int = MOST) -> None:
        self.ending = ending
        self._free = most

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold one place; raises Problem 503 when all are taken or the process is about to end."""
        if self._free <= 0 or self.ending.is_set():
            raise Problem(503, "no place for another stream; try again", {"retry-after": "5"})
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class EventStream(Response):
    """Sends frames as they come. A frame is made only when the one before it has left, so that a slow
    reader holds one and no more; one that takes nothing for 30 s is let go."""

    def __init__(
        self, frames: AsyncGenerator[bytes, None], streams: Streams, stalled_s: float = STALLED_S
    ) -> None:
        super().__init__()
        self._frames = frames
        self._streams = streams
        self._stalled_s = stalled_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the frames end, the client leaves or stalls, or the process ends."""
        with self._streams.place():
            start = {"type": "http.response.start", "status": 200, "headers": [*HEADERS]}
            await send(start)
            ends = [
                asyncio.create_task(each)
                for each in (self._write(send), _left(receive), self._streams.ending.wait())
            ]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in ends:
                    task.cancel()
                outcomes = await asyncio.gather(*ends, return_exceptions=True)
                await self._frames.aclose()
            await _end(send)
        fault = outcomes[0]
        if isinstance(fault, Exception) and not isinstance(fault, TimeoutError):
            raise fault

    async def _write(self, send: Send) -> None:
        async for frame in self._frames:
            async with asyncio.timeout(self._stalled_s):
                await send({"type": "http.response.body", "body": frame, "more_body": True})


def frame(body: bytes, cursor: str, kind: str = "") -> bytes:
    """Return one server-sent event; a body of ours is one line."""
    named = b"event: " + kind.encode() + b"\n" if kind else b""
    return b"id: " + cursor.encode() + b"\n" + named + b"data: " + body + b"\n\n"


def comment(text: str) -> bytes:
    """Return a line that clients skip; no empty one after it, which some take for an event."""
    return f": {text}\n".encode()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(send: Send) -> None:
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(LAST_WORD_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
