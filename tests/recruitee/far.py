"""A Recruitee on a raw socket that answers each GET with exactly what a test tells it to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from service.core.recruitee.client import Answer, Company, Params, RecruiteeClient, open_session

TOKEN = "a-personal-api-token"
COMPANY = Company("5600", TOKEN)
Writer = asyncio.StreamWriter
Answering = Callable[[Writer], Awaitable[None]]


@dataclass
class Far:
    """What it was asked, and a client of ours that asks it."""

    client: RecruiteeClient
    url: str
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    sent: int = 0

    async def get(
        self,
        path: str = "/candidates/3331",
        params: Params | None = None,
        company: Company = COMPANY,
    ) -> Answer:
        """Ask as the workers do."""
        async with asyncio.timeout(20):
            return await self.client.get(company, path, params)


@contextlib.asynccontextmanager
async def far_away(answering: Answering, timeout_s: float = 10.0) -> AsyncIterator[Far]:
    """Listen on loopback; `answering` is called after each request's head."""
    session = open_session(8)
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        far.connections += 1
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while not writer.is_closing():
                far.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                await answering(writer)
        writer.close()
        talks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    far = Far(RecruiteeClient(session, url, timeout_s), url)
    try:
        yield far
    finally:
        await session.close()
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def says(status: str, body: bytes = b"", *headers: str, ends: bool = False) -> Answering:
    """Answer with a status line, a body of its true length, and headers."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return sends("\r\n".join(lines).encode("latin-1") + body, ends=ends)


def sends(raw: bytes, *, ends: bool = False) -> Answering:
    """Answer with bytes as they are; `ends`: then close."""

    async def answering(writer: Writer) -> None:
        writer.write(raw)
        await writer.drain()
        if ends:
            writer.close()

    return answering


def goes_on(first: bytes, part: bytes, pause_s: float = 0.0) -> Answering:
    """Answer with `first`, then with `part` for ever."""

    async def answering(writer: Writer) -> None:
        writer.write(first)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return answering


async def hangs(writer: Writer) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def resets(writer: Writer) -> None:
    """Hang up hard."""
    writer.transport.abort()
