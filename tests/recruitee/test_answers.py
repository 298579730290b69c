"""Each answer that Recruitee may give is one value, whole or broken, and none is an error."""

import gzip

import pytest

from service.core.recruitee.client import (
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    Refused,
    Unauthorized,
)
from tests.recruitee.far import Answering, far_away, goes_on, resets, says, sends

HTML = b"<!doctype html><html><body><h1>Bad gateway</h1></body></html>"
OK = b'{"candidate":{"id":3331}}'
BEARER = 'WWW-Authenticate: Bearer realm="recruitee", error="invalid_token"'
INVALID = b'{"error":"Token not found.","error_code":"invalid_token"}'
NO_TOKEN = b'{"error":"Authentication is required!","error_code":null}'
WORDY = b'{"errors":[{"code":"params_invalid","message":"limit is too large"}]}'


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a 200 whose body comes in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + end


def busy(status: int, after_s: float | None = None) -> Later:
    """Return what a busy Recruitee comes to; a 429 holds all of a connection's requests."""
    return Later(f"Recruitee answered {status}", after_s, limited=status == 429)


def useless(status: int) -> Later:
    """Return what an answer comes to that says it is good and is not."""
    return Later(f"Recruitee answered {status} without a JSON object")


FOUND = Ok({"candidate": {"id": 3331}})
ZIPPED = "Content-Encoding: gzip"
BEFORE = "Retry-After: Tue, 21 Apr 2020 07:40:00 GMT"
CUT_OFF = b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 99\r\n\r\n{"
GOOD: dict[str, tuple[Answering, Answer]] = {
    "200": (says("200 OK", OK), FOUND),
    "200 in chunks": (sends(chunked(OK[:9], OK[9:])), FOUND),
    "200 until the end": (sends(b"HTTP/1.1 200 OK\r\n\r\n" + OK, ends=True), FOUND),
    "200 called HTML": (says("200 OK", OK, "Content-Type: text/html"), FOUND),
    "200 zipped": (says("200 OK", gzip.compress(OK), ZIPPED), FOUND),
    "200 and an empty object": (says("200 OK", b"{}"), Ok({})),
    "201": (says("201 Created", OK), FOUND),
}
USELESS: dict[str, tuple[Answering, Answer]] = {
    "200 and HTML": (says("200 OK", HTML), useless(200)),
    "200 and nothing": (says("200 OK"), useless(200)),
    "200 and a list": (says("200 OK", b"[]"), useless(200)),
    "200 and NaN": (says("200 OK", b'{"a":NaN}'), useless(200)),
    "200 and depth": (says("200 OK", b"[" * 99999), useless(200)),
    "200 half zipped": (says("200 OK", gzip.compress(OK * 99)[:40], ZIPPED), useless(200)),
    "204": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), useless(204)),
    "302": (says("302 Found", b"", "Location: /other"), useless(302)),
    "304": (sends(b"HTTP/1.1 304 Not Modified\r\n\r\n"), useless(304)),
}
NO_WORDS = "Recruitee refuses the token"
REFUSED: dict[str, tuple[Answering, Answer]] = {
    "400 invalid token": (says("400 Bad", INVALID), Unauthorized("Token not found.")),
    "400": (says("400 Bad", WORDY), Refused(400, "limit is too large")),
    "400 and HTML": (says("400 Bad", HTML), Refused(400, "Recruitee answered 400")),
    "401 invalid token": (says("401 No", INVALID, BEARER), Unauthorized("Token not found.")),
    "401 no token": (says("401 No", NO_TOKEN), Unauthorized("Authentication is required!")),
    "401 and HTML": (says("401 No", HTML), Unauthorized(NO_WORDS)),
    "401 and nothing": (says("401 No"), Unauthorized(NO_WORDS)),
    "403": (says("403 Forbidden", b'{"error":["Forbidden"]}'), Hidden()),
    "404": (says("404 Not Found", b'{"error":["Page not found"]}'), Missing()),
    "405": (says("405 No"), Refused(405, "Recruitee answered 405")),
    "410": (says("410 Gone", b'{"error":{}}'), Refused(410, "Recruitee answered 410")),
    "422": (says("422 No", b'{"error":["Bad company"]}'), Refused(422, "Bad company")),
    "422 by code": (says("422 No", b'{"errors":[{"code":"conflict"}]}'), Refused(422, "conflict")),
    "422 oddly": (says("422 No", b'{"error":[[]]}'), Refused(422, "Recruitee answered 422")),
}
BUSY: dict[str, tuple[Answering, Answer]] = {
    "408": (says("408 Request Timeout"), busy(408)),
    "425": (says("425 Too Early"), busy(425)),
    "429": (says("429 Too Many Requests"), busy(429)),
    "429 with seconds": (says("429 Slow", b"", "Retry-After: 7"), busy(429, 7.0)),
    "429 with fractions": (says("429 Slow", b"", "retry-after:0.5"), busy(429, 0.5)),
    "429 with words": (says("429 Slow", b"", "Retry-After: soon"), busy(429)),
    "429 with the past": (says("429 Slow", b"", BEFORE), busy(429, 0.0)),
    "429 with weeks": (says("429 Slow", b"", "Retry-After: 9999999"), busy(429, 86_400.0)),
    "429 cut off": (sends(CUT_OFF, ends=True), busy(429, 3.0)),
    "500": (says("500 Internal Server Error", b'{"error":["Oops"]}'), busy(500)),
    "502 and HTML": (says("502 Bad Gateway", HTML), busy(502)),
    "503 with seconds": (says("503 Busy", HTML, "Retry-After: 120"), busy(503, 120.0)),
    "599": (says("599 What"), busy(599)),
}
ANSWERS = GOOD | USELESS | REFUSED | BUSY


@pytest.mark.parametrize(("answering", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_is_one_value(answering: Answering, expected: Answer) -> None:
    async with far_away(answering) as far:
        assert await far.get() == expected

    assert len(far.heads) == 1


BROKEN: dict[str, Answering] = {
    "nothing": sends(b"", ends=True),
    "a reset": resets,
    "half a head": sends(b"HTTP/1.1 200 OK\r\nContent-Le", ends=True),
    "no HTTP": sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ends=True),
    "a bad status": sends(b"HTTP/1.1 two hundred\r\n\r\n", ends=True),
    "a bad header": sends(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", ends=True),
    "two lengths": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", ends=True),
    "an endless header": goes_on(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
    "half a body": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + OK, ends=True),
    "half a chunk": sends(chunked(OK)[:-9], ends=True),
    "no last chunk": sends(chunked(OK, end=b""), ends=True),
    "a bad chunk": sends(chunked(OK, end=b"xyz\r\n"), ends=True),
    "no gzip": says("200 OK", OK, "Content-Encoding: gzip"),
    "a forbidden record's half body": sends(b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n{", ends=True),
    "a missing record's half body": sends(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{", ends=True),
    "a refused token's half body": sends(b"HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n{", ends=True),
}  # fmt: skip


@pytest.mark.parametrize("answering", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_whole_answer_may_work_later(answering: Answering) -> None:
    async with far_away(answering) as far:
        answer = await far.get()

    assert isinstance(answer, Later)
    assert answer.reason.startswith("Recruitee could not be asked: ")
    assert (answer.after_s, answer.limited) == (None, False)
