"""A small HTTP/1.1 server for the far ends: it keeps connections, answers late, or hangs up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Request(NamedTuple):
    """One request, read to its end."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """A status, a body and more headers."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()

    def raw(self) -> bytes:
        """Return the bytes on the wire."""
        rows = [f"{name}: {value}\r\n" for name, value in self.headers]
        head = f"HTTP/1.1 {self.status} X\r\ncontent-type: application/json\r\n{''.join(rows)}"
        return f"{head}content-length: {len(self.body)}\r\n\r\n".encode() + self.body


Handler = Callable[[Request], Awaitable[Answer | None]]
"""None hangs up without a word."""


@dataclass
class FarEnd:
    """One server on a free port of the loopback."""

    answer: Handler
    port: int = 0
    _talks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while answer := await self.answer(await _request(reader)):
                writer.write(answer.raw())
                await writer.drain()
        writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
    headers = {name.lower(): value for name, value in pairs}
    target = urlsplit(head[0].split(" ")[1])
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(target.path, dict(parse_qsl(target.query)), headers, body)
