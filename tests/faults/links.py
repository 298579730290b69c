"""A TCP proxy: what passes between two processes may be cut, delayed, or held back and let go late."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
CHUNK = 65536


@dataclass
class Link:
    """One listening port in front of a target.

    Bytes that were held are delivered late, also those of a client that has given up meanwhile: so
    a command may reach Redis long after its sender took it for lost.
    """

    dial: Dial
    port: int = 0
    delay_s: float = 0.0
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _pairs: "set[asyncio.Task[None]]" = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._open.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more and drop what passes."""
        if self._server is not None:
            self._server.close()
        for pair in self._pairs:
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    def hold(self) -> None:
        """Be a black hole: take everything, pass nothing on."""
        self._open.clear()

    def let_go(self) -> None:
        """Pass on again, first what was held."""
        self._open.set()

    def cut(self) -> None:
        """Reset every connection; what was held is lost."""
        for writer in self._writers:
            writer.transport.abort()

    def heal(self) -> None:
        """Behave."""
        self.delay_s = 0.0
        self.let_go()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.get_running_loop().create_task(self._pair(reader, writer))
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)

    async def _pair(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._known(writer), contextlib.suppress(OSError):
            await self._open.wait()
            far_reader, far_writer = await self.dial()
            with self._known(far_writer):
                await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    @contextlib.contextmanager
    def _known(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # uvloop's word for a writer that was cut
            while chunk := await reader.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await self._open.wait()
                writer.write(chunk)
                await writer.drain()
        await self._open.wait()
        writer.close()
