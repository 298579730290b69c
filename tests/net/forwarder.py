"""An egress proxy on a raw socket: tunnels and forwards, or fails in the way a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


@dataclass
class Forwarder:
    """Where it listens, what it was asked, and what it does about it."""

    port: int = 0
    scheme: str = "http"
    answer: bytes = b""  # instead of forwarding; b"hang", b"reset" for these
    hosts: dict[str, int] = field(default_factory=dict)  # names it knows -> port on loopback
    heads: list[str] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def forwarding(
    *, tls: ssl.SSLContext | None = None, answer: bytes = b"", hosts: dict[str, int] | None = None
) -> AsyncIterator[Forwarder]:
    """Listen on loopback until the block ends."""
    proxy = Forwarder(scheme="https" if tls else "http", answer=answer, hosts=hosts or {})
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        proxy.connections += 1
        with suppress(OSError, EOFError, asyncio.CancelledError):
            await _serve(proxy, reader, writer)
        tasks.discard(task)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(proxy: Forwarder, reader: Reader, writer: Writer) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    proxy.heads.append(head)
    if proxy.answer == b"hang":
        await asyncio.Event().wait()
    if proxy.answer == b"reset":
        return
    if proxy.answer:
        writer.write(proxy.answer)
        await writer.drain()
        await reader.read()
        return
    method, target, _ = head.split("\r\n")[0].split(" ")
    authority = target if method == "CONNECT" else target.split("/")[2]
    host, _, port = authority.rpartition(":")
    there = await asyncio.open_connection("127.0.0.1", proxy.hosts.get(host, int(port)))
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        there[1].write(head.encode())
    try:
        await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
    finally:
        there[1].transport.abort()


async def _pump(reader: Reader, writer: Writer) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
