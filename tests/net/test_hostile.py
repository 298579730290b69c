"""Hostile receivers and hostile settings, through the whole line on real sockets: each has its end.

What one exchange does with each of them byte by byte is in `tests/workers/test_send.py`; here a real
worker sends to all of them at once, while a healthy subscriber goes on getting its own.
"""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from service.core import times
from service.core.settings import Settings
from service.core.store.store import Store
from service.core.store.subscribers import Wanted
from tests.net.authority import Authority
from tests.net.receiver import OK, Answer, Receiver, always, forever, hang, hang_up, receiving
from tests.ops.conftest import AWAY, History, Ops, asking, settled, token_of
from tests.ops.conftest import history as history
from tests.ops.conftest import ops as ops
from tests.serving import receiving as taking
from tests.serving import until
from workers.app import running

CHUNK = b"x" * 65536
BOMB = gzip.compress(bytes(20_000_000))
FOUND = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
HOSTILE: dict[str, tuple[Answer, int | None, tuple[str | None, ...]]] = {
    "resets in the header": (hang_up(b"HTTP/1.1 200 OK\r\nX: "), None, ("connection reset",)),
    "hangs": (hang, None, ("timeout",)),
    "drips its head": (forever(b"HTTP/1.1 200 OK\r\nX: ", b"y", pause_s=0.1), None, ("timeout",)),
    "drips its body": (
        forever(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"y", pause_s=0.1),
        200, ("timeout",),
    ),
    "storms with 1xx": (
        forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500), None, ("bad answer",),
    ),
    "sends a gzip bomb": (
        always(
            b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n"
            + f"Content-Length: {len(BOMB)}\r\n\r\n".encode() + BOMB
        ),
        500, (None,),
    ),
    "never ends its body": (forever(b"HTTP/1.1 500 No\r\n\r\n", CHUNK), 500, (None,)),
    "never ends its head": (forever(b"HTTP/1.1 200 OK\r\nX: ", CHUNK), None, ("bad answer",)),
    "lies about its length": (
        always(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", close=True),
        200, ("bad answer", "connection closed"),
    ),
    "leads to metadata": (
        always(FOUND + b"Location: http://169.254.169.254/latest/meta-data/\r\n\r\n"), 302, (None,),
    ),
    "speaks no HTTP": (always(b"SSH-2.0-OpenSSH_9.9\r\n", close=True), None, ("bad answer",)),
}  # fmt: skip
DEADLINE_S = 1.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A deadline that a test can wait for, and a Recruitee that is away."""
    update = {"delivery_timeout": DEADLINE_S, "recruitee_url": AWAY}
    return settings.model_copy(update=update)


@pytest.fixture
async def far_ends() -> AsyncIterator[dict[str, Receiver]]:
    """A receiver of each kind."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(receiving(answer))
            for name, (answer, _, _) in HOSTILE.items()
        }


async def attempts_of(ops: Ops, s: str) -> list[dict[str, Any]]:
    (delivery,) = await ops.items("/deliveries", subscriber_id=s)
    found: list[dict[str, Any]] = (await ops.get(f"/deliveries/{delivery['id']}"))["attempts"]
    return found


async def test_every_hostile_receiver_has_its_end_in_time_and_a_healthy_one_all_its_own(
    ops: Ops, history: History, settings: Settings, far_ends: dict[str, Receiver]
) -> None:
    c = (await history.connection()).id
    made = {
        name: (await ops.post("/subscribers", {"url": end.url, "retry_schedule": [0]}))["id"]
        for name, end in far_ends.items()
    }
    async with taking() as healthy:
        secret = await ops.post("/subscribers", {"url": healthy.url, "event_types": ["*"]})
        healthy.secret = secret["secret"]
        told = [await history.tell(c, "job.updated", "1")]
        began = time.monotonic()
        async with running(settings):
            told += [await history.tell(c, "user.updated", str(n)) for n in range(5)]
            await until(lambda: len(healthy.got) == 6)
            healthy_s = time.monotonic() - began
            await settled(ops, lambda page: len(page["items"]) >= 6 * len(made), "/dead-letters",
                          limit=200)  # fmt: skip

    assert {got.event["id"] for got in healthy.got} == set(told) and healthy_s < 15
    for name, s in made.items():
        _, status, errors = HOSTILE[name]
        for delivery in await ops.items("/deliveries", subscriber_id=s):
            (attempt,) = (await ops.get(f"/deliveries/{delivery['id']}"))["attempts"]
            assert delivery["status"] == "dead", name
            assert attempt["status_code"] == status and attempt["error"] in errors, (name, attempt)
            assert attempt["duration_ms"] < DEADLINE_S * 1000 + 5000, name
            assert len(attempt["response_excerpt"]) <= 4096, name
        assert far_ends[name].sent < 64 * 2**20, name
        assert far_ends[name].connections <= 6, name


async def test_a_closed_port_and_a_certificate_nobody_vouches_for_are_told_as_such(
    ops: Ops, history: History, settings: Settings, tmp_path: Path
) -> None:
    c = (await history.connection()).id
    async with receiving(always(OK)) as gone:
        closed = gone.url
    context = Authority().serving(tmp_path, "127.0.0.1")
    async with (
        receiving(always(OK), tls=context) as untrusted,
        receiving(always(OK), early=True) as plain,
    ):
        urls = {
            "connection refused": closed,
            "tls": untrusted.url,
            "tls ": plain.url.replace("http:", "https:"),
        }
        made = {
            said: (await ops.post("/subscribers", {"url": url, "retry_schedule": [0]}))["id"]
            for said, url in urls.items()
        }
        await history.tell(c, "job.updated", "1")
        async with running(settings):
            await settled(ops, lambda page: len(page["items"]) == 3, "/dead-letters")

    for said, s in made.items():
        (attempt,) = await attempts_of(ops, s)
        assert (attempt["status_code"], attempt["error"]) == (None, said.strip())
    assert untrusted.heads == [] and plain.bodies == []


async def test_a_storm_of_429_is_asked_again_when_it_said_and_never_after_more_than_a_day(
    ops: Ops, history: History, settings: Settings
) -> None:
    c = (await history.connection()).id
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n"
    async with receiving(always(answer)) as stormy:
        body = {"url": stormy.url, "retry_schedule": [0, 0.1, 0.1]}
        s = (await ops.post("/subscribers", body))["id"]
        await history.tell(c, "job.updated", "1")
        async with running(settings):
            page = await settled(
                ops, lambda page: page["items"] and page["items"][0]["next_attempt_at"]
                and page["items"][0]["attempt_count"] == 1, "/deliveries", subscriber_id=s,
            )  # fmt: skip
            await asyncio.sleep(0.5)  # longer than its step: it must not be asked again

    due_s = (times.parse(page["items"][0]["next_attempt_at"]) or 0) / 1000 - time.time()
    assert 86_300 < due_s <= 86_400 * 1.2 and len(stormy.bodies) == 1


async def test_a_subscriber_may_be_given_less_time_and_never_more_than_the_installation(
    ops: Ops, history: History, settings: Settings
) -> None:
    c = (await history.connection()).id
    async with receiving(hang) as silent:
        body = {"url": silent.url, "retry_schedule": [0], "timeout": 0.5}
        made = await ops.post("/subscribers", body)
        said = await ops.refused("POST", "/subscribers", {**body, "timeout": 1.5}, status=422)
        await history.tell(c, "job.updated", "1")
        async with running(settings.model_copy(update={"delivery_timeout": 20.0})):
            await settled(ops, lambda page: len(page["items"]) == 1, "/dead-letters")

    (attempt,) = await attempts_of(ops, made["id"])
    assert (made["timeout"], attempt["error"]) == (0.5, "timeout")
    assert 490 <= attempt["duration_ms"] < 10_000
    assert said == "timeout: is longer than HIREWIRE_DELIVERY_TIMEOUT, which is 1"


NOTATIONS = [
    "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u24dbocalhost",
]  # fmt: skip


async def test_a_stored_target_that_may_not_be_dialled_any_more_is_a_dead_letter_at_once(
    ops: Ops, history: History, store: Store, settings: Settings
) -> None:
    c = (await history.connection()).id
    strict = settings.model_copy(update={"allowed_networks": ()})
    async with receiving(always(OK)) as inner:
        made = [
            (await store.subscribers.create(Wanted(url=f"http://{host}:{inner.port}/"), None))[0].id
            for host in NOTATIONS
        ]
        await history.tell(c, "job.updated", "1")
        async with running(strict):
            found = await settled(
                ops, lambda page: len(page["items"]) == len(made), "/dead-letters", limit=200
            )

    assert inner.connections == 0
    assert {row["subscriber_id"] for row in found["items"]} == set(made)
    assert all("127" not in row["reason"] for row in found["items"])
    for s in made:
        (attempt,) = await attempts_of(ops, s)
        assert (attempt["status_code"], attempt["error"]) == (None, "refused address")


@pytest.mark.parametrize(
    "url",
    [
        "https://user@hooks.example.com/", "https://user:s3cret@hooks.example.com/",
        "https://hooks.example.com:22/", "https://hooks.example.com:6379/",
        "https://hooks.example.com:0/", "https://hooks.example.com:65536/",
        "https://hooks.example.com\\@10.0.0.1/", "https://hooks.example.com/\r\nx: y",
        "https://\uff11\uff10.0.0.1/", "https://169.254.169.254/", "https://[fd00:ec2::254]/",
        "https://2852039166/", "https://0xa9fea9fe/", "https://[::ffff:a9fe:a9fe]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://xn--hooks.example.com/\u202e", "http://8.8.8.8/",
    ],
)  # fmt: skip
async def test_a_hostile_url_is_refused_when_it_is_set_and_when_it_is_changed(
    store: Store, settings: Settings, url: str
) -> None:
    # Where no network is named: a name that might lead into one may have any port till it is dialled.
    strict = settings.model_copy(update={"allowed_networks": ()})
    made, _ = await store.subscribers.create(Wanted(url="https://8.8.8.8/"), None)
    async with asking(strict, token_of(strict)) as client:
        ops = Ops(client)

        said = await ops.refused("POST", "/subscribers", {"url": url}, status=422)
        await ops.refused("PATCH", f"/subscribers/{made.id}", {"url": url}, status=422)

        assert said.startswith("url") and "s3cret" not in said
        assert [row["url"] for row in await ops.items("/subscribers")] == ["https://8.8.8.8/"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-a": "b\r\nx-c: d"}, {"x-a\r\nx-c": "d"}, {"x-a": "b\0"}, {"x-a": "b\nc"}, {"x a": "b"},
        {"Host": "h"}, {"content-length": "0"}, {"Transfer-Encoding": "chunked"},
        {"webhook-id": "evt_x"}, {"Connection": "close"}, {"x-a": "1", "X-A": "2"},
    ],
    ids=lambda headers: repr(next(iter(headers.items()))),
)  # fmt: skip
async def test_a_header_that_could_split_or_fake_a_request_is_refused(
    ops: Ops, headers: dict[str, str]
) -> None:
    body = {"url": "http://127.0.0.1:9/", "headers": headers}
    await ops.refused("POST", "/subscribers", body, status=422)

    assert await ops.items("/subscribers") == []


async def test_a_stored_header_that_would_split_a_request_is_never_sent(
    ops: Ops, history: History, store: Store, settings: Settings
) -> None:
    c = (await history.connection()).id
    async with receiving(always(OK)) as receiver:
        wanted = Wanted(url=receiver.url, headers={"x-a": "b\r\nx-c: d"}, retry_schedule=(0.0,))
        s = (await store.subscribers.create(wanted, None))[0].id
        await history.tell(c, "job.updated", "1")
        async with running(settings):
            await settled(ops, lambda page: len(page["items"]) == 1, "/dead-letters")

    (attempt,) = await attempts_of(ops, s)
    assert (attempt["error"], receiver.connections) == ("bad header", 0)
