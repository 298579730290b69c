"""Streams: events as they are committed, resumed without a gap, ended cleanly, cheap while all is quiet."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from service.app import create_app
from service.core.settings import Settings
from service.feed import routes, streams
from service.feed.streams import EventStream, Streams
from service.feed.watch import Watch
from service.problems import Problem
from tests.feed.conftest import History, Ops
from tests.feed.reading import streaming
from tests.ops.conftest import token_of
from tests.serving import eventually, serving, until

Client = httpx.AsyncClient


async def test_it_tells_what_is_kept_and_then_what_comes(served: Client, history: History) -> None:
    connection = await history.connection()
    kept = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(3)]

    async with streaming(served) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert await stream.ids(3) == kept
        live = await history.tell(connection.id, "candidate.created", "live")
        assert await stream.ids(1) == [live]
        late = await history.connection()
        joined = await history.tell(late.id, "candidate.created")
        assert await stream.ids(1) == [joined]


async def test_it_goes_on_after_the_last_event_that_was_seen(
    served: Client, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    for n in range(6):
        await history.tell((one, two)[n % 2].id, "candidate.created", str(n))
    async with streaming(served) as stream:
        whole = await stream.ids(6)
    async with streaming(served) as stream:
        seen = [await stream.next() for _ in range(4)]

    for n, told in enumerate(seen, 1):
        async with streaming(served, last=told.id, after="now") as stream:
            assert await stream.ids(6 - n) == whole[n:]


async def test_filters_hold_for_what_is_kept_and_for_what_comes(
    served: Client, history: History
) -> None:
    one, two = await history.connection(), await history.connection()
    await history.tell(one.id, "job.created")
    async with streaming(served, types="job.*", connection_id=two.id, after="now") as stream:
        await history.tell(one.id, "job.created", "2")
        await history.tell(two.id, "candidate.created")
        told = await history.tell(two.id, "job.created")
        assert await stream.ids(1) == [told]


async def test_what_is_gone_is_told_by_a_count(served: Client, history: History) -> None:
    connection = await history.connection()
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(2)]
    await history.store.pipe.call("DEL", f"ev:{told[0]}")

    async with streaming(served) as stream:
        assert await stream.ids(1) == told[1:]
        missed = await stream.next()

    assert (missed.kind, missed.data) == ("missed", {"missed": 1})
    assert missed.id


async def test_while_nothing_happens_a_comment_comes_now_and_then(
    served: Client, monkeypatch: pytest.MonkeyPatch, history: History
) -> None:
    monkeypatch.setattr(routes, "HEARTBEAT_S", 0.02)
    connection = await history.connection()
    async with streaming(served) as stream:
        reading = asyncio.create_task(stream.next())
        await until(lambda: len(stream.comments) >= 3)
        await history.tell(connection.id, "candidate.created")
        assert (await reading).data["type"] == "candidate.created"


async def test_a_key_that_is_removed_ends_its_stream(
    served: Client, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "HEARTBEAT_S", 0.02)
    made = await ops.post("/api-keys", {"name": "x", "scopes": ["feed"]})
    async with (
        Client(
            base_url=served.base_url, headers={"authorization": f"Bearer {made['key']}"}
        ) as other,
        streaming(other) as stream,
    ):
        reading = asyncio.create_task(stream.ended())
        await until(lambda: stream.comments)
        await ops.send("DELETE", f"/api-keys/{made['id']}")
        await asyncio.wait_for(reading, 5)


async def test_a_hundred_streams_share_one_look_and_all_hear_of_an_event(
    served: Client, history: History
) -> None:
    connection = await history.connection()
    async with contextlib.AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(streaming(served, after="now")) for _ in range(100)
        ]
        before = int((await history.store.pipe.call("INFO", "clients"))["connected_clients"])
        told = await history.tell(connection.id, "candidate.created")
        heard = await asyncio.gather(*(stream.ids(1) for stream in opened))
        after = int((await history.store.pipe.call("INFO", "clients"))["connected_clients"])

    assert heard == [[told]] * 100
    assert after <= before


async def test_it_looks_only_while_somebody_waits(history: History) -> None:
    watch = Watch(history.store.feed, every_s=0.01)
    connection = await history.connection()
    async with watch.looked(), watch.looked():
        await until(lambda: watch.turn == 1)
        await history.tell(connection.id, "candidate.created")
        assert await watch.moved(1, {}, None, 5)
        assert not await watch.moved(watch.turn, {}, {"another"}, 0.03)
    assert not watch.looking

    asked = await _calls(history)
    await asyncio.sleep(0.05)
    assert await _calls(history) == asked


async def _calls(history: History) -> int:
    stats = await history.store.pipe.call("INFO", "commandstats")
    return int(stats["cmdstat_evalsha"]["calls"])


async def test_when_the_process_ends_its_streams_end_first(
    settings: Settings, history: History
) -> None:
    ending = asyncio.Event()
    headers = {"authorization": f"Bearer {token_of(settings)}"}
    async with (
        serving(create_app(settings, ending)) as url,
        Client(base_url=url, headers=headers) as client,
        streaming(client) as stream,
    ):
        ending.set()
        await asyncio.wait_for(stream.ended(), 5)
        again = await client.get("/v1/events/stream")

    assert again.status_code == 503


async def test_a_served_process_stops_at_once_although_a_stream_is_open(
    settings: Settings,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert settings.redis_url and settings.master_key
    env = {
        **os.environ,
        "HIREWIRE_REDIS_URL": settings.redis_url.get_secret_value(),
        "HIREWIRE_MASTER_KEY": settings.master_key.get_secret_value(),
        "HIREWIRE_ADMIN_TOKEN": token_of(settings),
        "HIREWIRE_UNSAFE_REDIS": "true",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "serve", "--port", str(port), env=env
    )
    try:
        headers = {"authorization": f"Bearer {token_of(settings)}"}
        async with Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:

            async def up() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await client.get("/healthz")).status_code == 200
                return False

            await eventually(up)
            async with streaming(client) as stream:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(stream.ended(), 5)
            assert await asyncio.wait_for(process.wait(), 5) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Wire:
    """What a server gives an app, with a client that reads so many frames and then stalls."""

    def __init__(self, reads: int) -> None:
        self.sent: list[bytes] = []
        self._reads = reads
        self._never = asyncio.Event()

    async def send(self, message: dict[str, object]) -> None:
        """Take a message, or hang."""
        if len(self.sent) > self._reads:
            await self._never.wait()
        self.sent.append(bytes(message.get("body", b"")))  # type: ignore[call-overload] # bytes it is

    async def receive(self) -> dict[str, object]:
        """Never leave."""
        await self._never.wait()
        return {"type": "http.disconnect"}


async def test_a_reader_that_takes_nothing_holds_one_frame_and_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "LAST_WORD_S", 0.01)
    made: list[int] = []

    async def frames() -> AsyncIterator[bytes]:
        for n in range(1000):
            made.append(n)
            yield b"x"

    places, wire = Streams(asyncio.Event(), most=1), Wire(reads=3)
    stream = EventStream(frames(), places, stalled_s=0.02)  # type: ignore[arg-type] # a generator

    await asyncio.wait_for(stream({}, wire.receive, wire.send), 5)  # type: ignore[arg-type]

    assert made == [0, 1, 2, 3]
    with places.place(), pytest.raises(Problem), places.place():
        pass
