"""The load generator: requests made beforehand, sent over kept connections by a bare protocol."""

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """What came of a load: answers by status, and the seconds each took."""

    statuses: Counter[bytes] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    acks: dict[int, float] = field(default_factory=dict)  # which request -> when, of `pace`
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def ms(self, quantile: float) -> float:
        """Return a quantile of the latencies, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


class _Peer(asyncio.Protocol):
    """One kept connection: one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._sent = 0.0
        self.number = 0  # of the request that waits for its answer
        self.answered: asyncio.Future[None] | None = None
        self.feed: Iterator[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        """Send one request."""
        self._sent = perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        length = LENGTH.search(self._buffer, 0, head) if head > 0 else None
        if length is None or len(self._buffer) < head + 4 + int(length[1]):
            return
        now = perf_counter()
        self._load.latencies.append(now - self._sent)
        self._load.acks[self.number] = now
        self._load.statuses[self._buffer[9:12]] += 1
        self._buffer = b""
        self._next()

    def _next(self) -> None:
        request = next(self.feed, None) if self.feed else None
        if request is not None:
            self.send(request)
        elif self.answered is not None and not self.answered.done():
            self.answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answered is not None and not self.answered.done():
            self.answered.set_exception(exc or ConnectionError("the server hung up"))


async def drive(port: int, requests: Sequence[bytes], connections: int = 32) -> Load:
    """Send all requests as fast as they are answered, one at a time on each connection."""
    load, peers = await _dial(port, connections)
    feed = iter(requests)
    began = perf_counter()
    loop = asyncio.get_running_loop()
    for peer in peers:
        peer.feed, peer.answered = feed, loop.create_future()
        peer.send(next(feed))
    await asyncio.gather(*(peer.answered for peer in peers if peer.answered))
    load.seconds = perf_counter() - began
    for peer in peers:
        peer.transport.close()
    return load


async def pace(
    port: int, requests: Sequence[bytes], rate: float, connections: int, sent: list[float]
) -> Load:
    """Send requests at a steady rate, round robin over the connections; note when each was sent."""
    load, peers = await _dial(port, connections)
    loop = asyncio.get_running_loop()
    began = perf_counter()
    for number, (request, peer) in enumerate(zip(requests, itertools.cycle(peers), strict=False)):
        await asyncio.sleep(max(0.0, began + number / rate - perf_counter()))
        if peer.answered is not None:
            await peer.answered
        peer.answered = loop.create_future()
        sent.append(perf_counter())
        peer.number = number
        peer.send(request)
    await asyncio.gather(*(peer.answered for peer in peers if peer.answered))
    load.seconds = perf_counter() - began
    for peer in peers:
        peer.transport.close()
    return load


async def _dial(port: int, connections: int) -> tuple[Load, list[_Peer]]:
    load, loop = Load(), asyncio.get_running_loop()
    peers = []
    for _ in range(connections):
        _, peer = await loop.create_connection(lambda: _Peer(load), "127.0.0.1", port)
        peers.append(peer)
    return load, peers
