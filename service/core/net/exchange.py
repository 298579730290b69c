"""The one place that speaks to subscribers: one POST under one deadline, and what came of it."""

import asyncio
import errno
import ssl
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.payload import TOO_LARGE_BYTES_BODY

from service.core.net.dialling import AddressRefusedError
from service.core.net.headers import unsendable
from service.core.net.proxied import BehindProxyError, ProxyFailedError
from service.core.net.targets import target_problem
from service.core.retry_after import retry_after_s
from service.core.settings import Network

EXCERPT_BYTES: Final = 4096
PROXY: Final = "proxy"
CERTIFICATE: Final = "client certificate"

Disposition = Literal["disable", "abort"]

_DISPOSITIONS: Final[Mapping[str, Disposition]] = {"disable": "disable", "abort-message": "abort"}
_ERRNO_WORDS: Final[Mapping[int | None, str]] = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ECONNABORTED: "connection reset",
    errno.EPIPE: "connection reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    An answer counts once its head and its body, or the first 4 KiB of that, came in time: then
    `error` is None and `status` decides. Otherwise `error` says in a few words what went wrong, and
    `status` is still given if the head came. `refused`: the address guard did not dial.
    """

    status: int | None
    error: str | None
    refused: bool
    retry_after_s: float | None
    excerpt: str
    duration_ms: int
    disposition: Disposition | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the subscriber took the delivery: 2xx and nothing else."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

    @property
    def ours(self) -> bool:
        """Whether it failed on our side of the subscriber: it says nothing about its health."""
        return self.error in (PROXY, CERTIFICATE)

    @property
    def said(self) -> str:
        """The failure in a few words, for reasons and logs."""
        return self.error or f"answered {self.status}"


def not_sent(error: str) -> Outcome:
    """Return the outcome of an attempt that could not even begin."""
    return Outcome(None, error, refused=False, retry_after_s=None, excerpt="", duration_ms=0)


@dataclass(slots=True)
class _Exchange:
    """What is known so far, so that a deadline in the body does not lose the head."""

    began: float
    answer: aiohttp.ClientResponse | None = None
    body: bytes = b""


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    allowed: Sequence[Network],
) -> Outcome:
    """Make one attempt; nothing that a subscriber does makes it raise, nor lasts past `timeout_s`.

    `session` is a guarded one. `headers` bring the content type and the signature; the session adds
    `user-agent`. Redirects are not followed and nothing is inflated.
    """
    exchange = _Exchange(time.monotonic())
    if _target_problem(url, tuple(allowed)) is not None:
        return _outcome(exchange, "refused address", refused=True)
    if any(unsendable(name, value) is not None for name, value in headers.items()):
        return _outcome(exchange, "bad header")
    try:
        async with asyncio.timeout(timeout_s):
            await _converse(session, url, body, headers, exchange)
    except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError) as error:
        return _outcome(exchange, _word(error), refused=_is_refusal(error))
    finally:
        if exchange.answer is not None:
            # Back in the pool already if it was read to its end; else dropped, not drained.
            exchange.answer.close()
    return _outcome(exchange, None)


async def _converse(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    exchange: _Exchange,
) -> None:
    answer = await session.post(url, data=_payload(body), headers=headers, allow_redirects=False)
    exchange.answer = answer
    while len(exchange.body) < EXCERPT_BYTES:
        chunk = await answer.content.read(EXCERPT_BYTES - len(exchange.body))
        if not chunk:
            return
        exchange.body += chunk


def _payload(body: bytes) -> bytes | aiohttp.BytesPayload:
    if len(body) <= TOO_LARGE_BYTES_BODY:
        return body
    with warnings.catch_warnings():
        # The library warns of the time that a large body takes; ours are bounded before this.
        warnings.simplefilter("ignore", ResourceWarning)
        return aiohttp.BytesPayload(body)


def _outcome(exchange: _Exchange, error: str | None, *, refused: bool = False) -> Outcome:
    answer = exchange.answer
    said = {} if answer is None else answer.headers
    later = said.get("retry-after")
    return Outcome(
        status=None if answer is None else answer.status,
        error=error,
        refused=refused,
        retry_after_s=None if later is None else retry_after_s(later, datetime.now(UTC)),
        excerpt=exchange.body.decode(errors="replace").replace("\0", ""),
        duration_ms=round((time.monotonic() - exchange.began) * 1000),
        disposition=_DISPOSITIONS.get(said.get("webhook-delivery", "").strip().lower()),
    )


def _word(error: Exception) -> str:
    if _is_refusal(error):
        return "refused address"
    if isinstance(error, ProxyFailedError):
        return PROXY
    if isinstance(error, BehindProxyError):
        return "unreachable"
    cause = getattr(error, "os_error", error.__cause__ or error)
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError) or isinstance(cause, ssl.SSLError):
        return "tls"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "connection closed"
    if isinstance(cause, ConnectionResetError):
        return "connection reset"
    if isinstance(error, OSError):
        return _ERRNO_WORDS.get(error.errno, "connection failed")
    return "bad answer"


def _is_refusal(error: Exception) -> bool:
    # The session gives a refusal of its middleware another class, and keeps it as the cause.
    found = (error, error.__cause__, getattr(error, "os_error", None))
    return any(isinstance(each, AddressRefusedError) for each in found)


# Looked at before each attempt, since the allowed networks may have changed; pure, so kept.
_target_problem = lru_cache(maxsize=4096)(target_problem)
