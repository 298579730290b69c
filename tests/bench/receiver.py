"""Subscribers in a process of their own: they take, hang or fail by their path, and remember when.

`POST /N/take`, `/N/hang`, `/N/fail`; `GET /seen` answers with all that came since the last `GET /reset`.
"""

import asyncio
import gc
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter

import orjson
import uvloop

from tests.bench.far_ends import EVENT, THANKS, Server

FAILED = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno"


@dataclass
class Seen:
    """What came: when, which event, at which subscriber; and the most requests at once."""

    taken: list[tuple[float, str, int]] = field(default_factory=list)
    open: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[int, int] = field(default_factory=dict)
    refused: int = 0  # hung or failed

    def reset(self) -> None:
        """Forget what came; what is open stays."""
        self.taken.clear()
        self.most.clear()
        self.refused = 0

    def begins(self, number: int) -> None:
        """Count one more at once."""
        self.open[number] += 1
        self.most[number] = max(self.most.get(number, 0), self.open[number])

    def report(self) -> bytes:
        """Return all of it as JSON."""
        most = max(self.most.values(), default=0)
        return orjson.dumps({"taken": self.taken, "most": most, "refused": self.refused})


class _Receiver(Server):
    """One connection."""

    def __init__(self, seen: Seen, answer_s: float) -> None:
        super().__init__(lambda head, _: head)
        self._seen = seen
        self._answer_s = answer_s
        self._owes: list[int] = []

    def connection_lost(self, exc: Exception | None) -> None:
        for number in self._owes:
            self._seen.open[number] -= 1

    def _say(self, request: bytes, answer: bytes) -> None:
        method, path, _ = answer.split(b" ", 2)
        if method == b"GET":
            return self._told(path)
        _, digits, how = path.split(b"/", 2)
        number = int(digits)
        self._seen.begins(number)
        self._owes.append(number)
        if how == b"take":
            event = EVENT.search(answer)
            self._seen.taken.append((perf_counter(), event[1].decode() if event else "", number))
            return self._answered(number, THANKS)
        self._seen.refused += 1
        if how == b"fail":
            self._answered(number, FAILED)

    def _answered(self, number: int, said: bytes) -> None:
        if self._answer_s:
            asyncio.get_running_loop().call_later(self._answer_s, self._late, number, said)
        else:
            self._late(number, said)

    def _late(self, number: int, said: bytes) -> None:
        if not self._transport.is_closing():
            self._owes.remove(number)
            self._seen.open[number] -= 1
            self._transport.write(said)

    def _told(self, path: bytes) -> None:
        if path == b"/reset":
            self._seen.reset()
        said = self._seen.report() if path == b"/seen" else b"%d" % len(self._seen.taken)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(said), said)
        )


async def serve(port: int, answer_s: float) -> None:
    """Serve until ended."""
    seen, loop = Seen(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Receiver(seen, answer_s), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2])))
