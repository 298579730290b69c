"""The far ends, in a thread and a loop of their own: they outlive every process of ours.

A Recruitee that serves the company as it is when asked, and subscribers that verify what they get.
How they misbehave is drawn from the seed and what is asked, not from when.
"""

import asyncio
import contextlib
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import orjson
from standardwebhooks.webhooks import Webhook

from tests.crash.acts import written
from tests.crash.lying import Liar
from tests.crash.shown import Shown
from tests.model.arrivals import Arrival
from tests.model.company import COMPANY_ID, Company

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
Answer = tuple[int, bytes, float] | None
"""Status, body, seconds to wait before; None: the connection is cut instead."""


@dataclass
class Subscriber:
    """One subscriber: keeps what it takes; refuses a share of attempts, some events always."""

    name: str
    seed: int
    refuses: float = 0.0
    never: float = 0.0
    secret: str = ""
    healed: bool = False
    arrivals: list[Arrival] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _tries: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, headers: dict[str, str], body: bytes) -> Answer:
        """Take one request."""
        event_id, replay = headers.get("webhook-id", ""), headers.get("hirewire-replay", "")
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001 - whatever a verifier says is a finding
            self.wrong.append(f"subscriber {self.name}: {event_id} does not verify: {error}")
        number = self._tries[event_id, replay] = self._tries.get((event_id, replay), 0) + 1
        luck = _luck(self.seed, event_id, replay, number)
        taken = self.healed or not (self._never(event_id) or luck < self.refuses)
        self.arrivals.append(Arrival(event_id, body, replay, taken))
        if not taken:
            return 500, b"no", 0.0
        # It has it, and we shall not hear so: the next attempt is one too many, under the same id.
        return None if not self.healed and luck > 0.96 else (200, b"ok", 0.004 * (luck > 0.8))

    def _never(self, event_id: str) -> bool:
        return _luck(self.seed, "never", event_id) < self.never


class FarEnds:
    """Both, on one port; `lock` guards what the story and they share."""

    def __init__(self, company: Company, subscribers: list[Subscriber], seed: int) -> None:
        self.company = company
        self.subscribers = {one.name: one for one in subscribers}
        self.lock = threading.Lock()
        self.open = 0
        self.healed = False
        self.url = ""
        self.liar = Liar(company, seed)
        self.shown: Shown | None = None  # what else it shows, where anybody asks for that
        self._seed = seed
        self._asked = 0

    def heal(self) -> None:
        """Be well from now on."""
        self.healed, self.liar.share = True, 0.0
        for subscriber in self.subscribers.values():
            subscriber.healed = True

    def answer(self, head: bytes, body: bytes) -> Answer:
        """Answer one request."""
        line, _, rest = head.decode("latin-1").partition("\r\n")
        method, target, _ = line.split(" ")
        if method == "GET":
            return self._get(target)
        pairs = (row.split(":", 1) for row in rest.split("\r\n") if ":" in row)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        if target.startswith("/c/"):
            return self._written(target, body)
        return self.subscribers[target.strip("/")].take(headers, body)

    def _get(self, target: str) -> Answer:
        self._asked += 1
        luck = _luck(self._seed, "get", self._asked)
        if not self.healed and luck < 0.04:
            return (503, b"{}", 0.0) if luck < 0.02 else None
        url = urlsplit(target)
        with self.lock:
            path = url.path.removeprefix(f"/c/{COMPANY_ID}")
            query = dict(parse_qsl(url.query))
            found = self.shown.serve(path, query) if self.shown else None
            found = found or self.company.serve(path, query)
            found = found and self.liar.told(path.strip("/"), query, found)
        wait = 0.005 * (luck - 0.6) if luck > 0.6 else 0.0
        return (
            (404, b'{"error":["Page not found"]}', wait)
            if found is None
            else (200, orjson.dumps(found), wait)
        )

    def _written(self, target: str, body: bytes) -> Answer:
        """Carry a write out; now and then it, or only its answer, is lost."""
        self._asked += 1
        luck = _luck(self._seed, "write", self._asked)
        if not self.healed and luck < 0.06:
            return None
        with self.lock:
            found = written(self.company, target, orjson.loads(body))
        if not self.healed and luck > 0.9:
            return None
        return (404, b'{"error":["Page not found"]}', 0.0) if found is None else (
            201, orjson.dumps(found), 0.005 * luck
        )  # fmt: skip


class _Connection(asyncio.Protocol):
    """Cuts requests out of the stream and answers each."""

    def __init__(self, ends: FarEnds) -> None:
        self._ends = ends
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ends.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._ends.open -= 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._buffer, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < end:
                return
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._answered(self._ends.answer(request[:head], request[head + 4 :]))

    def _answered(self, answer: Answer) -> None:
        if answer is None:
            return self._transport.close()
        status, body, wait = answer
        raw = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        reply = raw % (status, len(body), body)
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._transport.write, reply)
        else:
            self._transport.write(reply)


@contextlib.contextmanager
def far_thread() -> Iterator[Callable[[FarEnds], str]]:
    """Run the far ends' loop in a thread; yield what puts far ends onto a port and returns their URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="far-ends", daemon=True)
    thread.start()

    def serve(ends: FarEnds) -> str:
        made = loop.create_server(lambda: _Connection(ends), "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(made, loop).result(10)
        ends.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return ends.url

    try:
        yield serve
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _luck(*parts: object) -> float:
    """Return a number from 0 to 1 that only these parts give."""
    return zlib.crc32("|".join(map(str, parts)).encode()) / 2**32
