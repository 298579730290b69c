"""The rule at each dial, at the three places where aiohttp lets it in: none alone sees everything.

The resolver refuses a name of which one answer is bad; the socket factory sees each address just
before it is dialled, so also literals and a name that changed its mind; the middleware tells both
whether the request is plain http.
"""

import asyncio
import socket
import weakref
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from service.core.net.addresses import dial_verdict
from service.core.net.answers import RECEIVE_BUFFER, BoundedHandler
from service.core.net.names import Lookup, refusal
from service.core.settings import Network

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class AddressRefusedError(OSError):
    """The guard does not dial this target; the text is fit for the subscriber's owner."""


@dataclass(slots=True)
class Dial:
    """What one request tells the resolver and the socket factory, and is told by them."""

    plain: bool
    dialled: bool = False
    connections: int = 0  # made for this request, a tunnel inside another counted too


_dial: ContextVar[Dial | None] = ContextVar("dial", default=None)


class Guard(AbstractResolver):
    """One session's rule at the three places where aiohttp lets it in."""

    def __init__(self, allowed: tuple[Network, ...], lookup: Lookup, limit: int) -> None:
        self.allowed = allowed
        self.lookup = lookup
        self._limit = limit
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up for the connector, or refuse it."""
        answers = await self.lookup(host, port)
        problem = self.name_problem(host, answers, port)
        if problem is not None:
            raise AddressRefusedError(problem)
        if not answers:
            raise OSError("the name has no address")
        return [_result(host, port, address) for address in answers]

    async def close(self) -> None:
        """Nothing to close: idle lookup threads end with the session."""

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for an address about to be dialled, or refuse it."""
        family, kind, protocol, _, (address, port, *_rest) = info
        problem = self.address_problem(str(address), int(str(port)))
        if problem is not None:
            raise AddressRefusedError(problem)
        dial = _dial.get()
        if dial is not None:
            dial.dialled = True
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._sockets.add(opened)
        return opened

    def open_connection(self, bounded: bool = True) -> ResponseHandler:
        """Make the protocol of a connection, or of the tunnel in one; `bounded`: for short answers."""
        dial = _dial.get()
        if dial is not None:
            dial.connections += 1
        kind: type[ResponseHandler] = BoundedHandler if bounded else ResponseHandler
        return kind(loop=asyncio.get_running_loop())

    async def around(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send one request under the guard; once more if it met a kept connection's end.

        A peer may close an idle connection just as we write to it. That says nothing about the
        subscriber, so it costs no attempt; one dialled for this request gets no second try.
        """
        if len(self._sockets) >= self._limit:
            request.headers["connection"] = "close"
        dial = Dial(plain=not request.is_ssl())
        token = _dial.set(dial)
        try:
            return await self.sent(request, handler, dial)
        finally:
            _dial.reset(token)

    async def sent(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType, dial: Dial
    ) -> aiohttp.ClientResponse:
        """Send it, with the second try that a kept connection's end is worth."""
        try:
            return await handler(request)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if dial.dialled or not _ended_unanswered(error):
                raise
            return await handler(request)

    def name_problem(self, host: str, answers: Sequence[str], port: int) -> str | None:
        """Say why a name that is to be dialled may not be, by what it resolves to, or None."""
        return refusal(host, answers, port, plain=_is_plain(), allowed=self.allowed)

    def address_problem(self, address: str, port: int) -> str | None:
        """Say why an address may not be dialled, or None."""
        return dial_verdict(address, port, plain=_is_plain(), allowed=self.allowed)


def _is_plain() -> bool:
    # Without a request we know of, the strict rule holds.
    dial = _dial.get()
    return dial is None or dial.plain


def _ended_unanswered(error: Exception) -> bool:
    """Whether an open connection ended before even part of an answer's head came."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return isinstance(error.message, str)
    return not isinstance(error, aiohttp.ClientConnectorError)


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
