"""The sessions that requests to subscribers leave through: one for nearly all, a few of their own."""

import asyncio
import contextlib
import hashlib
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

import aiohttp
from cryptography.exceptions import UnsupportedAlgorithm
from yarl import URL

from service.core.net.certificates import Trust, client_context
from service.core.net.exchange import CERTIFICATE, Outcome, not_sent, post
from service.core.net.guard import guarded_session
from service.core.net.names import Lookup
from service.core.net.proxies import Proxy
from service.core.settings import Network

OWN_SESSIONS: Final = 48
OWN_SOCKETS: Final = 64
OWN_IDLE_S: Final = 60.0


class Way(Protocol):
    """What of a subscriber's settings says how it is reached."""

    @property
    def url(self) -> str:
        """Where to post to."""

    @property
    def proxy(self) -> str | None:
        """Its own proxy, if it has one."""

    @property
    def client_certificate(self) -> str | None:
        """PEM of the certificate that we show, its chain and its key."""


@dataclass(slots=True)
class _Own:
    session: aiohttp.ClientSession
    users: int = 0
    closing: asyncio.TimerHandle | None = None


class Sessions:
    """One session for all who need nothing special; for a certificate or a proxy one of its own.

    Connections are pooled by host and port, so that two certificates must never share a pool. At
    most `OWN_SESSIONS` of these are kept, the least recently used goes first, and each is closed
    when nobody used it for `idle_s`; one in use is never closed.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        egress_proxy: str | None = None,
        *,
        lookup: Lookup | None = None,
        trust: Trust | None = None,
        most: int = OWN_SESSIONS,
        idle_s: float = OWN_IDLE_S,
    ) -> None:
        self._allowed = tuple(allowed)
        self._proxy = Proxy(URL(egress_proxy), trusted=True) if egress_proxy else None
        self._lookup = lookup
        self._trust = trust
        self._most = most
        self._idle_s = idle_s
        self._own: OrderedDict[tuple[str, str], _Own] = OrderedDict()
        self._opening = asyncio.Lock()
        self._closings: set[asyncio.Task[None]] = set()
        tls = trust() if trust else None
        self.default = guarded_session(allowed, lookup=lookup, tls=tls, proxy=self._proxy)

    def __len__(self) -> int:
        """How many sessions are open besides the default one."""
        return len(self._own)

    async def post(
        self, way: Way, body: bytes, headers: Mapping[str, str], *, timeout_s: float
    ) -> Outcome:
        """Make one attempt on the way that a subscriber asked for, all within `timeout_s`."""
        if _is_ordinary(way):
            # Nearly all: to borrow a session would cost more than the rest of this.
            return await post(
                self.default, way.url, body, headers, timeout_s=timeout_s, allowed=self._allowed
            )
        end = monotonic() + timeout_s
        try:
            async with self.of(way) as session:
                left = max(0.0, end - monotonic())
                return await post(
                    session, way.url, body, headers, timeout_s=left, allowed=self._allowed
                )
        except (ssl.SSLError, ValueError, TypeError, UnsupportedAlgorithm):
            return not_sent(CERTIFICATE)

    @contextlib.asynccontextmanager
    async def of(self, way: Way) -> AsyncIterator[aiohttp.ClientSession]:
        """Lend the session for a subscriber; raises ssl.SSLError for a certificate of no use."""
        if _is_ordinary(way):
            yield self.default
            return
        key, own = await self._lent(way)
        try:
            yield own.session
        finally:
            own.users -= 1
            if not own.users:
                self._close_when_idle(key, own)

    async def close(self) -> None:
        """Close every session."""
        for key in list(self._own):
            self._close(key)
        if self._closings:
            await asyncio.wait(self._closings)
        await self.default.close()

    async def _lent(self, way: Way) -> tuple[tuple[str, str], _Own]:
        secret = (way.client_certificate or "").encode()
        key = (way.proxy or "", hashlib.sha256(secret).hexdigest() if secret else "")
        own = self._own.get(key)
        if own is None:
            async with self._opening:
                own = self._own.get(key) or await self._opened(key, way)
        # From here to the use nothing is awaited, so that nobody closes it in between.
        self._own.move_to_end(key)
        own.users += 1
        if own.closing is not None:
            own.closing.cancel()
            own.closing = None
        return key, own

    async def _opened(self, key: tuple[str, str], way: Way) -> _Own:
        tls = await self._context(way.client_certificate)
        proxy = Proxy(URL(way.proxy), trusted=False) if way.proxy else self._proxy
        session = guarded_session(
            self._allowed, limit=OWN_SOCKETS, lookup=self._lookup, tls=tls, proxy=proxy
        )
        own = self._own[key] = _Own(session)
        idle = [old for old, kept in self._own.items() if old != key and not kept.users]
        for old in idle[: max(0, len(self._own) - self._most)]:
            self._close(old)
        return own

    async def _context(self, certificate: str | None) -> ssl.SSLContext | None:
        trust: Callable[[], ssl.SSLContext] = self._trust or ssl.create_default_context
        if certificate is not None:
            return await asyncio.to_thread(client_context, certificate, trust)
        return trust() if self._trust else None

    def _close_when_idle(self, key: tuple[str, str], own: _Own) -> None:
        if self._own.get(key) is own:
            loop = asyncio.get_running_loop()
            own.closing = loop.call_later(self._idle_s, self._close, key)

    def _close(self, key: tuple[str, str]) -> None:
        own = self._own.pop(key)
        if own.closing is not None:
            own.closing.cancel()
        task = asyncio.ensure_future(own.session.close())
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)


def _is_ordinary(way: Way) -> bool:
    return way.proxy is None and way.client_certificate is None
