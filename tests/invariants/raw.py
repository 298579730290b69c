"""A subscriber that is nothing but a socket: keeps the very bytes, answers what it is told."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class Request:
    """One request as it came over the wire."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        event: dict[str, Any] = orjson.loads(self.body)
        return event


@dataclass
class RawReceiver:
    """Answers with `answers`, one each, then 200; None hangs up without a word.

    While `hangs`, a request is taken and never answered.
    """

    url: str = ""
    answers: list[int | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hangs: bool = False
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What came, read."""
        return [request.event for request in self.requests]

    async def opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends or the test does."""
        task = asyncio.create_task(self.serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the requests of one connection."""
        with (
            contextlib.closing(writer),
            contextlib.suppress(ConnectionError, asyncio.IncompleteReadError),
        ):
            while True:
                self.requests.append(await _request(reader))
                if self.hangs:
                    await asyncio.Event().wait()
                answer = self.answers.pop(0) if self.answers else 200
                if answer is None:
                    break
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % answer)
                await writer.drain()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
    headers = {name.lower(): value for name, value in pairs}
    return Request(headers, await reader.readexactly(int(headers["content-length"])))


def signed_with(secret: str, request: Request) -> bool:
    """Verify by hand, over exactly the bytes that came."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    content = ".".join(said).encode() + b"." + request.body
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return wanted in request.headers["webhook-signature"].split(" ")


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[RawReceiver]:
    """Serve on a free port."""
    receiver = RawReceiver()
    server = await asyncio.start_server(receiver.opened, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield receiver
    finally:
        server.close()
        for task in receiver.tasks:
            task.cancel()
        await asyncio.gather(*receiver.tasks, return_exceptions=True)
        await server.wait_closed()
