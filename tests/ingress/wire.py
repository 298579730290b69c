"""A sender on a raw socket, for what no HTTP client would send."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

WITHIN_S = 5.0


@dataclass
class Wire:
    """One connection to the receiver."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        """Send bytes as they are."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers, body."""
        async with asyncio.timeout(WITHIN_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.rstrip().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    async def ended(self) -> bool:
        """Wait for the other side to close."""
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True

    def reset(self) -> None:
        """Hang up without a word."""
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def wired(port: int) -> AsyncIterator[Wire]:
    """Open a connection to loopback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """Return a request's head."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def chunk(part: bytes) -> bytes:
    """Return one chunk of a chunked body; the empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(part), part)
