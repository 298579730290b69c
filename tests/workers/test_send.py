"""One POST to subscribers that do everything wrong: bounded in time and memory, never raising."""

import asyncio
import gzip
import ipaddress
import random
import ssl
import time
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from service import __version__
from service.core.net.exchange import Outcome, post
from service.core.net.guard import guarded_session
from service.core.retry_after import retry_after_s
from tests.net.authority import DAY, Authority
from tests.net.receiver import (
    OK,
    Answer,
    Receiver,
    Writer,
    always,
    forever,
    hang,
    hang_up,
    receiving,
)
from workers.retry import RetryAt, next_step

AUTHORITY = Authority()

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
HEADERS = {"content-type": "application/json", "webhook-id": "evt_1"}
BODY = b'{"type":"candidate.created"}'
CHUNK = b"x" * 65536
NOW = datetime(2026, 4, 21, 7, 40, tzinfo=UTC)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with guarded_session(LOOPBACK) as opened:
        yield opened


async def posted(
    session: aiohttp.ClientSession,
    url: str,
    *,
    timeout_s: float = 5.0,
    body: bytes = BODY,
    headers: Mapping[str, str] = HEADERS,
) -> Outcome:
    return await post(session, url, body, headers, timeout_s=timeout_s, allowed=LOOPBACK)


async def outcome_of(
    session: aiohttp.ClientSession, answer: Answer, *, timeout_s: float = 5.0
) -> Outcome:
    async with receiving(answer) as receiver:
        return await posted(session, receiver.url, timeout_s=timeout_s)


def headed(status: str, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "Content-Length: 2", "", "ok"]).encode()


async def test_the_body_arrives_byte_for_byte_under_our_name(
    session: aiohttp.ClientSession,
) -> None:
    async with receiving(always(b"HTTP/1.1 204 No Content\r\n\r\n")) as receiver:
        outcome = await posted(session, receiver.url)

    head = receiver.heads[0].lower().split("\r\n")
    assert outcome.succeeded and outcome.error is None and outcome.status == 204
    assert receiver.bodies == [BODY]
    assert head[0] == "post /hook http/1.1"
    assert f"user-agent: hirewire/{__version__}" in head
    assert {"content-type: application/json", "accept-encoding: identity"} <= set(head)
    assert f"content-length: {len(BODY)}" in head and "webhook-id: evt_1" in head


async def test_cookies_are_not_kept(session: aiohttp.ClientSession) -> None:
    async with receiving(always(headed("200 OK", "Set-Cookie: a=b; Path=/"))) as receiver:
        for _ in range(2):
            await posted(session, receiver.url)

    assert not any("cookie" in head.lower() for head in receiver.heads)


async def test_a_closed_port_is_a_connection_refused(session: aiohttp.ClientSession) -> None:
    async with receiving(hang) as receiver:
        url = receiver.url

    outcome = await posted(session, url)

    assert (outcome.status, outcome.error, outcome.succeeded) == (None, "connection refused", False)


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_reset_before_the_head_is_complete_is_a_failure(
    session: aiohttp.ClientSession, begun: bytes
) -> None:
    outcome = await outcome_of(session, hang_up(begun))

    assert (outcome.status, outcome.error) == (None, "connection reset")


async def test_an_end_without_an_answer_is_a_failure(session: aiohttp.ClientSession) -> None:
    outcome = await outcome_of(session, always(b"", close=True))

    assert (outcome.status, outcome.error) == (None, "connection closed")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (hang, None),
        (forever(b"HTTP/1.1 200 OK\r\nX: ", b"y", pause_s=0.1), None),
        (forever(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"y", pause_s=0.1), 200),
        (forever(b"HTTP/1.1 200 OK\r\n\r\n", b"y", pause_s=0.1), 200),
        (
            forever(
                b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"1\r\ny\r\n",
                pause_s=0.1,
            ),
            500,
        ),
    ],
    ids=["silent", "drips its head", "drips a known length", "drips to no end", "drips chunks"],
)
async def test_one_deadline_ends_the_whole_exchange(
    session: aiohttp.ClientSession, answer: Answer, status: int | None
) -> None:
    began = time.monotonic()

    outcome = await outcome_of(session, answer, timeout_s=0.35)

    assert (outcome.status, outcome.error, outcome.succeeded) == (status, "timeout", False)
    assert 0.34 <= time.monotonic() - began < 1.0 and 340 <= outcome.duration_ms < 1000


async def test_a_storm_of_interim_answers_is_cut_and_delays_nobody(
    session: aiohttp.ClientSession,
) -> None:
    storm = forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500)
    async with receiving(storm) as stormy, receiving(always(OK)) as healthy:
        storming = asyncio.ensure_future(posted(session, stormy.url))
        others = [await posted(session, healthy.url) for _ in range(3)]
        outcome = await storming
        await _until(lambda: stormy.open == 0)

    assert (outcome.status, outcome.error) == (None, "bad answer")
    assert all(other.succeeded and other.duration_ms < 1000 for other in others)
    assert stormy.sent < 8 * 2**20


async def test_a_few_interim_answers_are_passed_over(session: aiohttp.ClientSession) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

    outcome = await outcome_of(session, always(interim * 3 + OK))

    assert outcome.succeeded


async def test_a_chunk_header_without_end_is_cut(session: aiohttp.ClientSession) -> None:
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    async with receiving(forever(first, CHUNK)) as receiver:
        outcome = await posted(session, receiver.url)

    assert (outcome.status, outcome.error) == (200, "bad answer")
    assert receiver.sent < 8 * 2**20


async def test_a_handshake_that_never_ends_meets_the_deadline(
    session: aiohttp.ClientSession,
) -> None:
    async with receiving(hang, early=True) as receiver:
        url = receiver.url.replace("http:", "https:")
        outcome = await posted(session, url, timeout_s=0.3)

    assert (outcome.error, outcome.duration_ms < 1000) == ("timeout", True)


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5f5e100\r\n",
    ],
    ids=["until close", "a large length", "one large chunk"],
)
async def test_an_endless_body_is_cut_after_4_kib_and_dropped(
    session: aiohttp.ClientSession, first: bytes
) -> None:
    async with receiving(forever(first, CHUNK)) as receiver:
        outcome = await posted(session, receiver.url)
        await _until(lambda: receiver.open == 0)

    assert outcome.succeeded and outcome.excerpt == "x" * 4096
    assert receiver.sent < 8 * 2**20


async def test_a_compressed_bomb_is_not_inflated(session: aiohttp.ClientSession) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    async with receiving(always(head.encode() + bomb)) as receiver:
        tracemalloc.start()
        outcome = await posted(session, receiver.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert outcome.succeeded
    assert outcome.excerpt == bomb[:4096].decode(errors="replace").replace("\0", "")
    assert peak < 2 * 2**20


@pytest.mark.parametrize(
    "line", [b"X: " + CHUNK, b"X: y\r\n" * 10_000], ids=["one endless line", "endless lines"]
)
async def test_an_endless_head_is_cut(session: aiohttp.ClientSession, line: bytes) -> None:
    async with receiving(forever(b"HTTP/1.1 200 OK\r\n", line)) as receiver:
        outcome = await posted(session, receiver.url)

    assert (outcome.status, outcome.error) == (None, "bad answer")
    assert receiver.sent < 8 * 2**20


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 999999 No\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
async def test_an_answer_that_lies_about_itself_is_a_bad_answer(
    session: aiohttp.ClientSession, raw: bytes
) -> None:
    outcome = await outcome_of(session, always(raw, close=True))

    assert not outcome.succeeded and outcome.error in ("bad answer", "connection closed")


async def test_more_body_than_announced_spoils_no_later_delivery(
    session: aiohttp.ClientSession,
) -> None:
    raw = b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nok" + OK
    async with receiving(always(raw)) as receiver:
        outcomes = [await posted(session, receiver.url) for _ in range(3)]

    assert {outcome.status for outcome in outcomes} <= {500, None}


async def test_a_protocol_switch_is_a_failure(session: aiohttp.ClientSession) -> None:
    raw = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc"
    async with receiving(always(raw)) as receiver:
        outcome = await posted(session, receiver.url, timeout_s=0.5)
        await _until(lambda: receiver.open == 0)

    assert not outcome.succeeded and outcome.status in (101, None)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_a_failure_and_not_followed(
    session: aiohttp.ClientSession, status: str
) -> None:
    async with receiving(hang) as elsewhere:
        for location in ("http://169.254.169.254/latest/meta-data/", elsewhere.url):
            raw = headed(status, f"Location: {location}")
            outcome = await outcome_of(session, always(raw))
            assert (outcome.error, outcome.succeeded) == (None, False)
            assert outcome.status == int(status[:3])

    assert elsewhere.connections == 0


async def test_the_excerpt_is_clean_text(session: aiohttp.ClientSession) -> None:
    raw = b"HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\na\0b\xff\xc3\xa9\r\nc"

    outcome = await outcome_of(session, always(raw))

    assert outcome.excerpt == "ab\ufffd\u00e9\r\nc"
    outcome.excerpt.encode()


async def test_a_refused_target_is_never_dialled(session: aiohttp.ClientSession) -> None:
    async with receiving(always(OK)) as receiver, guarded_session(()) as strict:
        by_text = await post(session, receiver.url, BODY, HEADERS, timeout_s=5, allowed=())
        by_dial = await posted(strict, receiver.url)
        by_name = await posted(strict, f"http://localhost:{receiver.port}/")

    for outcome in (by_text, by_dial, by_name):
        assert outcome.refused and (outcome.status, outcome.error) == (None, "refused address")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-a", "b\r\nx-c: d"), ("x-a\r\nx-c", "d"), ("x a", "b"), ("content-length", "0"), ("", "")],
)
async def test_a_header_that_could_split_the_request_is_never_sent(
    session: aiohttp.ClientSession, name: str, value: str
) -> None:
    async with receiving(always(OK)) as receiver:
        outcome = await posted(session, receiver.url, headers={name: value})

    assert (outcome.error, outcome.refused, receiver.connections) == ("bad header", False, 0)


async def test_a_cancellation_passes_and_drops_the_connection(
    session: aiohttp.ClientSession,
) -> None:
    async with receiving(hang) as receiver:
        task = asyncio.ensure_future(posted(session, receiver.url))
        await _until(lambda: len(receiver.heads) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_body_over_a_megabyte_is_sent_whole(session: aiohttp.ClientSession) -> None:
    large = bytes(range(256)) * 8192
    async with receiving(always(OK)) as receiver:
        outcome = await posted(session, receiver.url, body=large)

    assert outcome.succeeded and receiver.bodies == [large]


async def test_an_answer_before_the_body_was_read_is_an_answer(
    session: aiohttp.ClientSession,
) -> None:
    answer = always(headed("413 Too Large", "Connection: close"))
    async with receiving(answer, early=True) as receiver:
        outcome = await posted(session, receiver.url, body=bytes(8 * 2**20))

    assert not outcome.succeeded and outcome.status in (413, None)
    assert outcome.duration_ms < 2000


async def test_a_connection_is_used_again_however_much_came_over_it(
    session: aiohttp.ClientSession,
) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n" + b"x" * 4096
    async with receiving(always(raw)) as receiver:
        outcomes = [await posted(session, receiver.url) for _ in range(50)]

    assert all(outcome.succeeded for outcome in outcomes)
    assert receiver.connections == 1


@pytest.mark.parametrize("end", [hang_up(), always(b"", close=True)], ids=["reset", "closed"])
async def test_a_kept_connection_that_ends_costs_no_attempt(
    session: aiohttp.ClientSession, end: Answer
) -> None:
    async def second_fails(receiver: Receiver, writer: Writer) -> None:
        await (end if len(receiver.heads) == 2 else always(OK))(receiver, writer)

    async with receiving(second_fails) as receiver:
        outcomes = [await posted(session, receiver.url) for _ in range(2)]

    assert [outcome.error for outcome in outcomes] == [None, None]
    assert (receiver.connections, receiver.bodies) == (2, [BODY] * 3)


async def test_a_connection_closed_while_idle_is_replaced(session: aiohttp.ClientSession) -> None:
    async with receiving(always(OK, close=True)) as receiver:
        for _ in range(3):
            assert (await posted(session, receiver.url)).succeeded
            await _until(lambda: receiver.open == 0)

    assert (receiver.connections, len(receiver.heads)) == (3, 3)


async def test_a_fresh_connection_that_ends_gets_no_second_try(
    session: aiohttp.ClientSession,
) -> None:
    async with receiving(hang_up()) as receiver:
        outcome = await posted(session, receiver.url)

    assert (outcome.error, receiver.connections) == ("connection reset", 1)


async def test_a_kept_connection_that_ends_twice_is_one_failure(
    session: aiohttp.ClientSession,
) -> None:
    async def only_first(receiver: Receiver, writer: Writer) -> None:
        await (always(OK) if len(receiver.heads) == 1 else hang_up())(receiver, writer)

    async with receiving(only_first) as receiver:
        outcomes = [await posted(session, receiver.url) for _ in range(2)]

    assert [outcome.error for outcome in outcomes] == [None, "connection reset"]
    assert len(receiver.heads) == 3


@pytest.mark.parametrize(
    ("authority", "name", "when", "error"),
    [
        (AUTHORITY, "127.0.0.1", {}, None),
        (AUTHORITY, "127.0.0.1", {"begins": -3 * DAY, "ends": -DAY}, "tls"),
        (AUTHORITY, "127.0.0.1", {"begins": DAY, "ends": 2 * DAY}, "tls"),
        (AUTHORITY, "other.example", {}, "tls"),
        (Authority("127.0.0.1"), "127.0.0.1", {}, "tls"),
    ],
    ids=["good", "expired", "not valid yet", "wrong name", "not trusted"],
)
async def test_tls_is_verified(
    tmp_path: Path, authority: Authority, name: str, when: Mapping[str, Any], error: str | None
) -> None:
    server = authority.serving(tmp_path, name, **when)
    async with (
        receiving(always(OK), tls=server) as receiver,
        guarded_session(LOOPBACK, tls=AUTHORITY.trusted()) as session,
    ):
        outcome = await posted(session, receiver.url)

    assert (outcome.error, outcome.succeeded, outcome.refused) == (error, error is None, False)
    assert len(receiver.heads) == (error is None)


async def test_a_self_signed_certificate_is_not_trusted_by_default(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with receiving(always(OK), tls=AUTHORITY.serving(tmp_path, "127.0.0.1")) as receiver:
        outcome = await posted(session, receiver.url)

    assert (outcome.status, outcome.error, receiver.heads) == (None, "tls", [])


async def test_old_tls_is_not_spoken(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    server = AUTHORITY.serving(tmp_path, "127.0.0.1")
    server.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server.minimum_version = ssl.TLSVersion.TLSv1_1
        server.maximum_version = ssl.TLSVersion.TLSv1_1
    async with receiving(always(OK), tls=server) as receiver:
        outcome = await posted(session, receiver.url)

    assert outcome.error in ("tls", "connection reset") and receiver.heads == []


async def test_a_plain_server_behind_https_is_a_tls_failure(
    session: aiohttp.ClientSession,
) -> None:
    async with receiving(always(b"HTTP/1.1 400 Bad\r\n\r\n"), early=True) as receiver:
        outcome = await posted(session, receiver.url.replace("http:", "https:"))

    assert (outcome.status, outcome.error) == (None, "tls")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        (["Retry-After: 120"], 120.0),
        (["retry-after: 0.5"], 0.5),
        (["Retry-After: 99999999999"], 86_400.0),
        (["Retry-After: soon"], None),
        (["Retry-After: -5"], None),
    ],
)
async def test_retry_after_is_read_from_the_answer(
    session: aiohttp.ClientSession, lines: list[str], expected: float | None
) -> None:
    outcome = await outcome_of(session, always(headed("503 Busy", *lines)))

    assert (outcome.status, outcome.retry_after_s) == (503, expected)


@pytest.mark.parametrize(
    "said",
    [
        "Retry-After: 0", "Retry-After: " + "9" * 5000, "Retry-After: 1e400",
        "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT",
        "Retry-After: 5\r\nRetry-After: 999999999", "Retry-After:",
    ],
    ids=["none", "long", "infinite", "far", "past", "twice", "empty"],
)  # fmt: skip
async def test_a_storm_of_429_never_asks_for_more_than_a_day_nor_for_less_than_the_step(
    session: aiohttp.ClientSession, said: str
) -> None:
    async with receiving(always(headed("429 Slow Down", said))) as receiver:
        for attempt in range(1, 6):
            outcome = await posted(session, receiver.url)
            step = next_step(outcome, attempt, (0, 5, 60, 300, 1800, 7200), 0.0, 0)
            assert isinstance(step, RetryAt)
            assert (0, 5, 60, 300, 1800, 7200)[attempt] * 1000 <= step.at_ms <= 86_400_000
            assert (outcome.status, outcome.error, len(outcome.excerpt)) == (429, None, 2)

    assert receiver.connections == 1


async def test_a_name_that_turns_inward_between_two_look_ups_is_not_followed() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254", "127.0.0.1"], []])
    asked: list[str] = []

    async def lookup(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return next(answers)

    outcomes = []
    async with receiving(always(OK, close=True)) as receiver:
        url = f"http://turning.example:{receiver.port}/hook"
        for _ in range(4):
            # A session each: what it looked up it may keep for seconds.
            async with guarded_session(LOOPBACK, lookup=lookup) as session:
                outcomes.append(await posted(session, url))

    assert [outcome.error for outcome in outcomes] == [
        None, "refused address", "refused address", "dns",
    ]  # fmt: skip
    assert (receiver.connections, len(asked)) == (1, 4)


async def test_a_look_up_that_hangs_meets_the_deadline() -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    async with guarded_session(LOOPBACK, lookup=lookup) as session:
        outcome = await posted(session, "https://hanging.example/", timeout_s=0.2)

    assert (outcome.error, outcome.duration_ms < 1500) == ("timeout", True)


async def test_thirty_hostile_receivers_at_once_cost_little_memory_and_one_deadline(
    session: aiohttp.ClientSession,
) -> None:
    endless = forever(b"HTTP/1.1 200 OK\r\n\r\n", CHUNK)
    storm = forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500)
    drip = forever(b"HTTP/1.1 200 OK\r\nX: ", b"y", pause_s=0.05)
    async with receiving(endless) as a, receiving(storm) as b, receiving(drip) as c:
        urls = [a.url, b.url, c.url] * 10
        tracemalloc.start()
        began = time.monotonic()
        outcomes = await asyncio.gather(*(posted(session, url, timeout_s=1.0) for url in urls))
        lasted = time.monotonic() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert {outcome.error for outcome in outcomes} <= {None, "bad answer", "timeout"}
    assert lasted < 5.0 and peak < 64 * 2**20


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(seconds=90), 90.0),
        (timedelta(seconds=-90), 0.0),
        (timedelta(days=9), 86_400.0),
    ],
)
def test_a_retry_after_date_counts_from_now(after: timedelta, expected: float) -> None:
    text = (NOW + after).strftime("%a, %d %b %Y %H:%M:%S GMT")

    assert retry_after_s(text, NOW) == expected


NO_RETRY_AFTER = """
.|1.2.3|-5|\u0663|1e9|inf|nan|0x10|Tue, 99 Xxx 2026 00:00:00 GMT|Tue, 21 Apr 99999 07:40:00 GMT
Tue, 21 Apr 2026 07:40:00 +9999|
"""


@pytest.mark.parametrize("text", [*NO_RETRY_AFTER.split("|"), "", "9" * 65])
def test_what_is_no_retry_after_is_none(text: str) -> None:
    assert retry_after_s(text, NOW) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("disable", "disable"), ("Abort-Message", "abort"), ("else", None), ("", None)],
)
async def test_what_a_subscriber_asks_for_is_read_from_its_answer(
    session: aiohttp.ClientSession, value: str, expected: str | None
) -> None:
    outcome = await outcome_of(session, always(headed("500 No", f"webhook-delivery: {value}")))

    assert outcome.disposition == expected


async def test_no_mangled_answer_raises_or_lasts(session: aiohttp.ClientSession) -> None:
    dice = random.Random(7)
    whole = headed("200 OK", "Retry-After: 5", "Transfer-Encoding: chunked", "X: y")

    async def answer(receiver: Receiver, writer: Writer) -> None:
        raw = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        await always(bytes(raw[: dice.randrange(1, len(raw) + 1)]), close=True)(receiver, writer)

    async with receiving(answer) as receiver:
        outcomes = [await posted(session, receiver.url, timeout_s=1) for _ in range(200)]

    assert all(outcome.duration_ms < 1500 and len(outcome.excerpt) <= 4096 for outcome in outcomes)


async def _until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not fact():  # noqa: ASYNC110 - the fact is the kernel's, it sets no event of ours
            await asyncio.sleep(0.005)
