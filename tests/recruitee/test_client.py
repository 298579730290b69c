"""Asking a Recruitee that is late, endless, elsewhere or nosy: bounded, and the token stays ours."""

import asyncio
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import structlog

from service import __version__
from service.core.recruitee.client import (
    MAX_BYTES,
    Company,
    Later,
    Ok,
    RecruiteeClient,
    Refused,
    open_session,
)
from tests.recruitee.far import (
    COMPANY,
    TOKEN,
    Answering,
    far_away,
    goes_on,
    hangs,
    resets,
    says,
    sends,
)

OK = b'{"candidate":{"id":3331}}'
SILENT = Later("Recruitee did not answer in time")


@pytest.mark.parametrize(
    "answering",
    [
        hangs,
        goes_on(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        goes_on(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b" ", 0.05),
        goes_on(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
        goes_on(b"HTTP/1.1 404 Not Found\r\n\r\n", b" ", 0.05),
    ],
    ids=["hangs", "drips its head", "drips its body", "drips chunks", "drips a 404"],
)
async def test_one_deadline_ends_the_whole_exchange(answering: Answering) -> None:
    async with far_away(answering, timeout_s=0.3) as far:
        began = time.monotonic()

        assert await far.get() == SILENT
        assert 0.28 < time.monotonic() - began < 1.5


async def test_nobody_there_may_work_later() -> None:
    async with far_away(hangs) as far:
        url = far.url
    session = open_session(1)

    answer = await RecruiteeClient(session, url).get(COMPANY, "/candidates")
    await session.close()

    assert answer == Later("Recruitee could not be asked: ClientConnectorError")


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "422 No"])
async def test_a_body_without_end_is_cut_at_its_cap(status: str) -> None:
    first = f"HTTP/1.1 {status}\r\n\r\n".encode()
    async with far_away(goes_on(first, b"x" * 1024 * 1024)) as far:
        answer = await far.get()

    assert answer == Later("Recruitee could not be asked: ValueError")


async def test_a_small_body_that_inflates_to_gigabytes_is_cut_at_its_cap() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(300)) + packer.flush()
    async with far_away(says("200 OK", bomb, "Content-Encoding: gzip")) as far:
        tracemalloc.start()
        answer = await far.get()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert answer == Later("Recruitee could not be asked: ValueError")
    assert peak < 3 * MAX_BYTES


async def test_a_redirect_is_not_followed() -> None:
    async with far_away(says("200 OK", OK)) as elsewhere:
        location = f"Location: {elsewhere.url}/c/5600/candidates/3331"
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            async with far_away(says(status, OK, location)) as far:
                assert isinstance(await far.get(), Later)

    assert elsewhere.heads == []


async def test_a_request_is_what_recruitees_api_expects() -> None:
    async with far_away(says("200 OK", OK, "Set-Cookie: a=b; Path=/")) as far:
        await far.get(
            "/offers", [("scope", "all"), ("ids[]", "1"), ("ids[]", "2"), ("q", "a&b=c d")]
        )
        await far.get("/offers/5", {"fields": "x"}, Company("acme-inc", TOKEN))

    first, second = (head.split("\r\n") for head in far.heads)
    sent = {name.lower(): value for name, _, value in (line.partition(": ") for line in first[1:])}
    assert first[0] == "GET /c/5600/offers?scope=all&ids%5B%5D=1&ids%5B%5D=2&q=a%26b%3Dc+d HTTP/1.1"
    assert second[0] == "GET /c/acme-inc/offers/5?fields=x HTTP/1.1"
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert sent["accept"] == "application/json"
    assert sent["user-agent"] == f"Hirewire/{__version__}"
    assert not any(line.lower().startswith("cookie:") for line in second)
    assert far.connections == 1, "a connection is used again"


@pytest.mark.parametrize(
    "company_id", ["a/b", "a?b", "a#b", "a b", "\u00e9", "%2e%2e", "a\r\nX: y"]
)
async def test_a_company_id_cannot_lead_to_another_path(company_id: str) -> None:
    async with far_away(says("200 OK", OK)) as far:
        await far.get("/candidates", company=Company(company_id, TOKEN))

    line = far.heads[0].split("\r\n")[0].split(" ")
    assert len(line) == 3 and line[1].startswith("/c/") and line[1].count("/") == 3
    assert line[1].endswith("/candidates") and "?" not in line[1]


@pytest.mark.parametrize("token", ["a\r\nX-Injected: yes", "a\nb", "a\0b"])
async def test_a_token_that_cannot_be_sent_is_no_crash(token: str) -> None:
    async with far_away(says("200 OK", OK)) as far:
        answer = await far.get(company=Company("5600", token))

    assert isinstance(answer, Later) and far.heads == []
    assert token not in answer.reason


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged."""
    with structlog.testing.capture_logs() as captured:
        yield captured


ECHO = f'{{"error":["{TOKEN} is not known, {TOKEN}"],"error_code":"invalid_token"}}'.encode()


@pytest.mark.parametrize(
    "answering",
    [
        says("401 Unauthorized", ECHO),
        says("400 Bad Request", ECHO),
        says("422 Unprocessable Entity", ECHO.replace(b', "error_code"', b"")),
        says("500 Oops", ECHO),
        says("200 OK", TOKEN.encode()),
        sends(f"{TOKEN} {TOKEN}\r\n\r\n".encode(), ends=True),
        sends(f"HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n".encode(), ends=True),
        says("302 Found", b"", f"Location: http://{TOKEN}/"),
        resets,
    ],
)
async def test_the_token_is_in_no_answer_and_no_log(
    answering: Answering, lines: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with far_away(answering) as far:
        answer = await far.get()

    assert not isinstance(answer, Ok)
    for said in (repr(answer), repr(lines), caplog.text):
        assert TOKEN not in said


async def test_what_recruitee_says_is_kept_short() -> None:
    async with far_away(says("422 No", b'{"error":["' + b"x" * 9999 + b'"]}')) as far:
        assert await far.get() == Refused(422, "x" * 200)


async def test_a_date_in_retry_after_counts_from_now() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    async with far_away(says("429 Slow", b"", f"Retry-After: {until}")) as far:
        answer = await far.get()

    assert isinstance(answer, Later) and answer.limited
    assert answer.after_s is not None and 85 < answer.after_s <= 90


async def test_one_that_hangs_does_not_hold_up_another() -> None:
    async with far_away(hangs, timeout_s=2) as hanging, far_away(says("200 OK", OK)) as healthy:
        waits = asyncio.create_task(hanging.get())
        began = time.monotonic()
        answers = [await healthy.get() for _ in range(20)]

        assert all(isinstance(answer, Ok) for answer in answers)
        assert time.monotonic() - began < 1.5 and not waits.done()
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
