"""Fetch a document that somebody else names, through the same vetted dialling as deliveries."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from service.core.net.dialling import AddressRefusedError
from service.core.net.guard import guarded_session
from service.core.net.proxies import Proxy
from service.core.net.targets import target_problem
from service.core.settings import Network, Settings

HOPS: Final = 3
CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document's bytes, and what its server calls them (without parameters, in lower case)."""

    data: bytes
    content_type: str


async def fetch_document(
    url: str, settings: Settings, *, most: int, timeout_s: float
) -> Fetched | str:
    """Fetch one document in a session of its own: that for deliveries hangs up on answers of its size."""
    egress = settings.egress_proxy
    proxy = Proxy(URL(egress.get_secret_value()), trusted=True) if egress else None
    allowed = settings.networks
    async with guarded_session(allowed, limit=2, proxy=proxy, bounded=False) as session:
        return await fetch(session, url, allowed=allowed, most=most, timeout_s=timeout_s)


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    *,
    allowed: Sequence[Network],
    most: int,
    timeout_s: float,
) -> Fetched | str:
    """GET a document of at most `most` bytes without credentials; returns why not, as a text.

    `session` is a guarded one. Up to 3 redirects are followed, each to an address that is vetted
    like the first: storage services redirect.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _followed(session, url, tuple(allowed), most)
    except TimeoutError:
        return "it was not there in time"
    except AddressRefusedError:
        return "its address is not public"
    except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError) as error:
        if isinstance(error.__cause__, AddressRefusedError):
            return "its address is not public"
        return f"it could not be fetched ({type(error).__name__})"


async def _followed(
    session: aiohttp.ClientSession, url: str, allowed: tuple[Network, ...], most: int
) -> Fetched | str:
    for _ in range(HOPS + 1):
        problem = target_problem(url, allowed)
        if problem is not None:
            return f"its address is refused: {problem}"
        async with session.get(
            url, allow_redirects=False, headers={"accept-encoding": "identity"}
        ) as answer:
            where = answer.headers.get("location")
            if answer.status in (301, 302, 303, 307, 308) and where:
                url = str(answer.url.join(URL(where)))
                continue
            if answer.status != 200:
                return f"its server answered {answer.status}"
            return await _read(answer, most)
    return "it is redirected too often"


async def _read(answer: aiohttp.ClientResponse, most: int) -> Fetched | str:
    body = bytearray()
    while chunk := await answer.content.read(CHUNK):
        body += chunk
        if len(body) > most:
            answer.close()
            return f"it is larger than {most // 1_000_000} MB"
    return Fetched(bytes(body), answer.content_type.lower())
