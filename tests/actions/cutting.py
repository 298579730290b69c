"""A line to Recruitee that is cut at a chosen point of a chosen write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal

Point = Literal["before", "half asked", "asked", "half answered"]
POINTS: tuple[Point, ...] = ("before", "half asked", "asked", "half answered")
WRITES = (b"POST", b"PATCH", b"DELETE", b"PUT")
SEARCHES = b"/search/"


@dataclass
class Line:
    """Forwards whole requests and answers; `cut` says at which write, and where in it."""

    far: tuple[str, int]
    url: str = ""
    cut: tuple[int, Point] | None = None  # the how-manieth write from now on, and the point
    writes: int = 0
    cuts: int = 0
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def cut_at(self, number: int, point: Point) -> None:
        """Cut the line at the `number`-th write from now on, once."""
        self.writes, self.cut = 0, (number, point)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of ours."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        far_reader, far_writer = await asyncio.open_connection(*self.far)
        try:
            while await self._exchange(reader, writer, far_reader, far_writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.tasks.discard(task)
            for each in (writer, far_writer):
                each.close()
                with contextlib.suppress(ConnectionError):
                    await each.wait_closed()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> bool:
        head, body = await _message(reader)
        point = self._point(head)
        if point == "before":
            return False
        if point == "half asked":
            far_writer.write(head + body[: len(body) // 2])
            await far_writer.drain()
            return False
        far_writer.write(head + body)
        await far_writer.drain()
        said, answer = await _message(far_reader)
        whole = said + answer
        if point == "asked":
            return False
        writer.write(whole[: len(said) + len(answer) // 2] if point else whole)
        await writer.drain()
        return point is None

    def _point(self, head: bytes) -> Point | None:
        method, path, _ = head.split(b" ", 2)
        if method not in WRITES or SEARCHES in path:
            return None
        self.writes += 1
        if self.cut is None or self.cut[0] != self.writes:
            return None
        point, self.cut = self.cut[1], None
        self.cuts += 1
        return point


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    named = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
    if named.get(b"transfer-encoding") == b"chunked":
        return head, await _chunks(reader)
    return head, await reader.readexactly(int(named.get(b"content-length", 0)))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(size, 16) + 2)
        body += size + chunk
        if int(size, 16) == 0:
            return body


@contextlib.asynccontextmanager
async def line_to(far: str) -> AsyncIterator[Line]:
    """Yield a line to an address, on a port of its own."""
    host, _, port = far.removeprefix("http://").partition(":")
    line = Line((host, int(port)))
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
        for task in list(line.tasks):
            task.cancel()
        await asyncio.gather(*line.tasks, return_exceptions=True)
        await server.wait_closed()
