"""The rule where a proxy is dialled: its address by its own rule, the target before it is asked."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic
from typing import Final

import aiohttp

from service.core.net.addresses import PLAIN, proxy_verdict
from service.core.net.dialling import AddressRefusedError, Dial, Guard
from service.core.net.names import Lookup, is_address, proxy_refusal, refusal
from service.core.net.proxies import Proxy
from service.core.settings import Network

# Answers to CONNECT that proxies give when they could not reach the target.
TARGET_AWAY: Final = frozenset({502, 503, 504})
PROXY_AUTH: Final = 407
TARGET_LOOKUP_S: Final = 1.0
TARGET_KNOWN_S: Final = 30.0
TARGETS_KNOWN: Final = 1000


class ProxyFailedError(aiohttp.ClientError):
    """The proxy itself failed: that says nothing about the subscriber."""


class BehindProxyError(aiohttp.ClientError):
    """The proxy works and says that it could not reach the subscriber."""


class ProxiedGuard(Guard):
    """One session's rule, where all its sockets lead to one proxy."""

    def __init__(
        self, allowed: tuple[Network, ...], lookup: Lookup, limit: int, proxy: Proxy
    ) -> None:
        super().__init__(allowed, lookup, limit)
        self._proxy = proxy
        self._known: OrderedDict[tuple[str, int, bool], tuple[float, str | None]] = OrderedDict()

    async def sent(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType, dial: Dial
    ) -> aiohttp.ClientResponse:
        """Send it through the proxy, and tell the proxy's failures from the subscriber's."""
        problem = await self._target_problem(request, plain=dial.plain)
        if problem is not None:
            raise AddressRefusedError(problem)
        try:
            answer = await super().sent(request, handler, dial)
        except aiohttp.ClientHttpProxyError as error:
            away = error.status in TARGET_AWAY
            raise (BehindProxyError if away else ProxyFailedError)(str(error.status)) from error
        except (aiohttp.ClientError, OSError) as error:
            if self._is_proxys(error, dial):
                raise ProxyFailedError(type(error).__name__) from error
            raise
        if answer.status == PROXY_AUTH:
            answer.close()
            raise ProxyFailedError(str(answer.status))
        return answer

    def _is_proxys(self, error: Exception, dial: Dial) -> bool:
        """Whether this happened before the proxy had made its connection our way to the target."""
        url = self._proxy.url
        if isinstance(error, aiohttp.ClientConnectorError) and (error.host, error.port) == (
            url.raw_host, url.port,
        ):  # fmt: skip
            return True
        within = 1 if dial.plain else 2  # a tunnel's own connection is the second
        return dial.dialled and dial.connections < within

    async def _target_problem(self, request: aiohttp.ClientRequest, *, plain: bool) -> str | None:
        """Judge the target by what it is from here; kept for a while, since it costs a look-up."""
        host, port = request.url.raw_host or "", request.url.port or 0
        until, problem = self._known.get((host, port, plain), (0.0, None))
        if until < monotonic():
            problem = await self._looked_up(host, port, plain=plain)
            self._known[host, port, plain] = (monotonic() + TARGET_KNOWN_S, problem)
            self._known.move_to_end((host, port, plain))
            while len(self._known) > TARGETS_KNOWN:
                self._known.popitem(last=False)
        return problem

    async def _looked_up(self, host: str, port: int, *, plain: bool) -> str | None:
        try:
            async with asyncio.timeout(TARGET_LOOKUP_S):
                answers = [host] if is_address(host) else await self.lookup(host, port)
        except (OSError, UnicodeError):
            answers = []
        if not answers:
            # Known to the proxy alone: http would go in the clear to whatever it takes the name for.
            return PLAIN if plain else None
        return refusal(host, answers, port, plain=plain, allowed=self.allowed)

    def name_problem(self, host: str, answers: Sequence[str], port: int) -> str | None:
        """Judge the proxy's own name."""
        return None if self._proxy.trusted else proxy_refusal(host, answers, port, self.allowed)

    def address_problem(self, address: str, port: int) -> str | None:
        """Judge the proxy's own address."""
        return None if self._proxy.trusted else proxy_verdict(address, port, self.allowed)
