"""Ask Recruitee's API: one request, one answer as a value; turns and retries are the caller's.

Base, bearer and company path, error shapes and page styles as Recruitee's API documentation has them;
what a 429 carries is second-hand (some report `Retry-After`, some none).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from aiohttp.http_exceptions import HttpProcessingError

from service import __version__
from service.core.retry_after import retry_after_s
from service.core.unified.model import Listing

TIMEOUT_S = 30.0
REACH_WITHIN_S = 5.0
MAX_BYTES = 64 * 1024 * 1024
MAX_IN_FLIGHT = 4
RETRY_STATUSES = frozenset({408, 425, 429}) | frozenset(range(500, 600))


@dataclass(frozen=True, slots=True)
class Ok:
    """A JSON object."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """404: not there, for this token.

    `vouched`: in Recruitee's own JSON, and not some proxy's page about another thing.
    """

    vouched: bool = True


@dataclass(frozen=True, slots=True)
class Hidden:
    """403: there may be something, but not for this token."""


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The token is not good any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Our request is wrong and will stay so (400, 422): ours or the operator's to fix."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Recruitee is busy, broken or away: the same request may work later."""

    reason: str
    after_s: float | None = None  # what a 429 or 503 asked for
    limited: bool = False  # a 429: hold all requests of this connection


Params = Mapping[str, str] | Sequence[tuple[str, str]]
Answer = Ok | Missing | Hidden | Unauthorized | Refused | Later


@dataclass(frozen=True, slots=True)
class Company:
    """Whom to ask and with which token."""

    company_id: str
    token: str


class RecruiteeClient:
    """GETs of one Recruitee; a session of its own, so that deliveries never wait for its sockets."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._session = session
        self._base = base
        self._timeout_s = timeout_s

    @property
    def base(self) -> str:
        """Where Recruitee is, without a slash at the end."""
        return self._base

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session that all requests to Recruitee share."""
        return self._session

    async def get(self, company: Company, path: str, params: Params | None = None) -> Answer:
        """Ask for `path` below the company; never raises for what Recruitee or the network does."""
        url = f"{self._base}/c/{quote(company.company_id, safe='')}{path}"
        headers = {"authorization": f"Bearer {company.token}", "accept": "application/json"}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.get(
                    url, params=_query(params), headers=headers, allow_redirects=False
                ) as response,
            ):
                if response.status in RETRY_STATUSES:
                    return later(response)  # whatever its body does, its head said enough
                return _answer(response.status, await read_capped(response), company.token)
        except TimeoutError:
            return Later("Recruitee did not answer in time")
        except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError) as error:
            return Later(f"Recruitee could not be asked: {type(error).__name__}")

    async def reach(self, url: str = "") -> tuple[int | None, str]:
        """Ask an address (Recruitee's own if none is given) for anything: (status, what it is).

        No status: it could not be reached. No token is sent.
        """
        target = url or self._base
        try:
            async with (
                asyncio.timeout(REACH_WITHIN_S),
                self._session.get(target, allow_redirects=False) as response,
            ):
                return response.status, target
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return None, f"{target} ({type(error).__name__})"


def page_params(listing: Listing, at: int) -> list[tuple[str, str]]:
    """Return the query parameters of the page that starts at `at`; a tuple is repeated."""
    params: list[tuple[str, str]] = []
    for name, value in listing.params.items():
        params += [(name, part) for part in ((value,) if isinstance(value, str) else value)]
    if listing.limit:
        params.append(("limit", str(listing.limit)))
    if listing.style == "offset":
        params.append(("offset", str(at)))
    elif listing.style == "page":
        params.append(("page", str(max(at, 1))))
    return params


def open_session(limit: int = 128) -> aiohttp.ClientSession:
    """Open the session for Recruitee: no redirects followed, no cookies, no environment's proxy."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit, limit_per_host=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"user-agent": f"Hirewire/{__version__}"},
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
    )


def _query(params: Params | None) -> list[tuple[str, str]]:
    return list(params.items()) if isinstance(params, Mapping) else list(params or ())


async def read_capped(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer's body; raises ValueError when it is larger than MAX_BYTES."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError("the answer is too large")
    return bytes(body)


def later(response: aiohttp.ClientResponse) -> Later:
    """Return what an answer asks to wait for."""
    status = response.status
    after_s = retry_after_s(response.headers.get("retry-after"), datetime.now(UTC))
    return Later(f"Recruitee answered {status}", after_s, status == 429)


def _answer(status: int, body: bytes, token: str) -> Answer:
    data = _object(body)
    if status == 401 or (status == 400 and data and data.get("error_code") == "invalid_token"):
        return Unauthorized(_said(data, token) or "Recruitee refuses the token")
    if status == 403:
        return Hidden()
    if status == 404:
        return Missing(vouched=data is not None)
    if 200 <= status < 300 and data is not None:
        return Ok(data)
    if 200 <= status < 400:
        return Later(f"Recruitee answered {status} without a JSON object")
    return Refused(status, _said(data, token) or f"Recruitee answered {status}")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return data if isinstance(data, dict) else None


def _said(data: Mapping[str, Any] | None, token: str) -> str:
    """Return the first error that an answer names, in either shape; never our own token in it."""
    named = (data or {}).get("error") or (data or {}).get("errors")
    first = named[0] if isinstance(named, list) and named else named
    if isinstance(first, dict):
        first = first.get("message") or first.get("code")
    return first.replace(token, "[token]")[:200] if isinstance(first, str) else ""
