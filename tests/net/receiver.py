"""A subscriber on a raw socket that answers with exactly the bytes a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Answer = Callable[["Receiver", Writer], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """Where it listens and what it saw: heads and bodies, connections, bytes it got rid of."""

    port: int = 0
    scheme: str = "http"
    connections: int = 0
    open: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    sent: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    async def send(self, writer: Writer, raw: bytes) -> None:
        writer.write(raw)
        await writer.drain()
        self.sent += len(raw)


@asynccontextmanager
async def receiving(
    answer: Answer, *, tls: ssl.SSLContext | None = None, early: bool = False
) -> AsyncIterator[Receiver]:
    """Listen on loopback; `answer` is called per request (`early`: per connection, unread).

    The connection is closed when `answer` raises; after it returns the next request is awaited.
    """
    receiver = Receiver(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        receiver.connections += 1
        receiver.open += 1
        try:
            await _converse(receiver, reader, writer, answer, early=early)
        except asyncio.CancelledError:
            pass
        finally:
            receiver.open -= 1
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _converse(
    receiver: Receiver, reader: Reader, writer: Writer, answer: Answer, *, early: bool
) -> None:
    with suppress(OSError, EOFError, asyncio.LimitOverrunError):
        while not writer.is_closing():
            if not early:
                await _take(receiver, reader)
            await answer(receiver, writer)
            if early:
                return


async def _take(receiver: Receiver, reader: Reader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    receiver.heads.append(head)
    receiver.bodies.append(await reader.readexactly(int(lengths[0].partition(":")[2])))


def always(raw: bytes, *, close: bool = False) -> Answer:
    """Answer every request with these bytes."""

    async def answer(receiver: Receiver, writer: Writer) -> None:
        await receiver.send(writer, raw)
        if close:
            writer.close()

    return answer


def hang_up(raw: bytes = b"") -> Answer:
    """Send these bytes, then reset the connection."""

    async def answer(receiver: Receiver, writer: Writer) -> None:
        if raw:
            await receiver.send(writer, raw)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SOL_SOCKET, SO_LINGER 0: RST
        writer.transport.abort()

    return answer


def forever(first: bytes, chunk: bytes, *, pause_s: float = 0.0) -> Answer:
    """Send `first`, then `chunk` without end."""

    async def answer(receiver: Receiver, writer: Writer) -> None:
        await receiver.send(writer, first)
        while not writer.is_closing():
            await receiver.send(writer, chunk)
            await asyncio.sleep(pause_s)

    return answer


async def hang(receiver: Receiver, writer: Writer) -> None:
    """Say nothing at all."""
    await asyncio.Event().wait()
