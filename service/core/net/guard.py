"""The session that subscribers are dialled with: it looks at each address before it connects.

Three places, because none alone sees everything: the resolver refuses a name of which one answer
is bad; the socket factory sees each address just before it is dialled, so also literals and a name
that changed its mind; the middleware tells both whether the request is plain http.
"""

import asyncio
import socket
import ssl
import weakref
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from service import __version__
from service.core.net.addresses import dial_verdict
from service.core.net.answers import RECEIVE_BUFFER, BoundedHandler
from service.core.settings import Network

USER_AGENT: Final = f"Hirewire/{__version__}"
CONNECT_TIMEOUT_S: Final = 5.0
READ_BUFFER: Final = 4096
RESOLVER_THREADS: Final = 32

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host name and a port to its addresses; raises OSError when there is none."""

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class AddressRefusedError(OSError):
    """The guard does not dial this target; the text is fit for the subscriber's owner."""


@dataclass(slots=True)
class _Dial:
    """What one request tells the resolver and the socket factory, and is told by them."""

    plain: bool
    dialled: bool = False


_dial: ContextVar[_Dial | None] = ContextVar("dial", default=None)


def is_localhost(name: str) -> bool:
    """Say whether this name means the machine itself whoever is asked (RFC 6761)."""
    return f".{name.removesuffix('.')}".endswith(".localhost")


def refusal(
    name: str, answers: Sequence[str], port: int, *, plain: bool, allowed: Sequence[Network]
) -> str | None:
    """Say why a name with these addresses may not be dialled, or None: one bad answer is enough.

    `localhost` needs one good answer only: nobody but the machine's owner decides what it means,
    and who allowed 127.0.0.0/8 did not mean to lose it to `::1`.
    """
    problems = [dial_verdict(each, port, plain=plain, allowed=allowed) for each in answers]
    if is_localhost(name) and None in problems:
        return None
    return next((problem for problem in problems if problem is not None), None)


async def system_lookup(name: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, in the loop's own threads."""
    return await asyncio.get_running_loop().run_in_executor(None, _addresses, name, port)


def guarded_session(
    allowed: Sequence[Network],
    *,
    limit: int = 512,
    keepalive_s: float = 15.0,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
) -> aiohttp.ClientSession:
    """Open the session for deliveries; close it as any aiohttp session.

    `limit` bounds the sockets in use at once; while that many are open, idle ones included,
    answered requests close theirs. `lookup` and `tls` default to the system's.
    """
    guard = _Guard(tuple(allowed), lookup or _threaded_lookup(), limit)
    connector = aiohttp.TCPConnector(
        resolver=guard,
        socket_factory=guard.open_socket,
        limit=limit,
        keepalive_timeout=keepalive_s,
        ssl=tls or True,
    )
    # The library has no setting for its protocol's class; the test of a storm sees if this is lost.
    bounded: type[ResponseHandler] = BoundedHandler
    connector._factory = partial(bounded, loop=asyncio.get_running_loop())
    return aiohttp.ClientSession(
        connector=connector,
        middlewares=(guard.around,),
        headers={"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=READ_BUFFER,
    )


class _Guard(AbstractResolver):
    """One session's rule at the three places where aiohttp lets it in."""

    def __init__(self, allowed: tuple[Network, ...], lookup: Lookup, limit: int) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._limit = limit
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up for the connector, or refuse it."""
        answers = await self._lookup(host, port)
        plain = self._plain()
        problem = refusal(host, answers, port, plain=plain, allowed=self._allowed)
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
        plain = self._plain()
        problem = dial_verdict(str(address), int(str(port)), plain=plain, allowed=self._allowed)
        if problem is not None:
            raise AddressRefusedError(problem)
        dial = _dial.get()
        if dial is not None:
            dial.dialled = True
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._sockets.add(opened)
        return opened

    async def around(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send one request under the guard; once more if it met a kept connection's end.

        A peer may close an idle connection just as we write to it. That says nothing about the
        subscriber, so it costs no attempt; one dialled for this request gets no second try.
        """
        if len(self._sockets) >= self._limit:
            request.headers["connection"] = "close"
        dial = _Dial(plain=not request.is_ssl())
        token = _dial.set(dial)
        try:
            return await handler(request)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if dial.dialled or not _ended_unanswered(error):
                raise
            return await handler(request)
        finally:
            _dial.reset(token)

    @staticmethod
    def _plain() -> bool:
        # Without a request we know of, the strict rule holds.
        dial = _dial.get()
        return dial is None or dial.plain


def _ended_unanswered(error: Exception) -> bool:
    """Whether an open connection ended before even part of an answer's head came."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return isinstance(error.message, str)
    return not isinstance(error, aiohttp.ClientConnectorError)


def _threaded_lookup() -> Lookup:
    # Threads of their own: names whose servers hang must not use up the loop's few.
    threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")

    async def lookup(name: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, _addresses, name, port)

    return lookup


def _addresses(name: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(address[0]) for _, _, _, _, address in found]


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
