"""Reads server-sent events as a client does, from a response of httpx."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson


@dataclass
class Told:
    """One server-sent event."""

    id: str
    kind: str
    data: Any


class Reader:
    """An open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments: list[str] = []
        self._lines = response.aiter_lines()

    async def next(self) -> Told:
        """Wait for the next event; StopAsyncIteration at the end."""
        told = Told("", "message", None)
        while True:
            line = await anext(self._lines)
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    told.id = value
                case "event":
                    told.kind = value
                case "data":
                    told.data = orjson.loads(value)
                case "" if line:
                    self.comments.append(value)
                case "" if told.data is not None:
                    return told

    async def ids(self, count: int) -> list[str]:
        """Return the ids of the next so many change events."""
        return [(await self.next()).data["id"] for _ in range(count)]

    async def ended(self) -> None:
        """Wait for the end of the answer."""
        with contextlib.suppress(StopAsyncIteration):
            while True:
                await self.next()


@contextlib.asynccontextmanager
async def streaming(
    client: httpx.AsyncClient, *, last: str = "", **params: str
) -> AsyncIterator[Reader]:
    """Open a stream."""
    headers = {"last-event-id": last} if last else {}
    async with client.stream("GET", "/v1/events/stream", params=params, headers=headers) as found:
        assert found.status_code == 200, await found.aread()
        yield Reader(found)
