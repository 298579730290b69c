"""The session that subscribers are dialled with: it looks at each address before it connects."""

import ssl
from collections.abc import Sequence
from functools import partial
from typing import Final

import aiohttp

from service import __version__
from service.core.net.dialling import Guard
from service.core.net.names import Lookup, threaded_lookup
from service.core.net.proxied import ProxiedGuard
from service.core.net.proxies import Proxy
from service.core.settings import Network

USER_AGENT: Final = f"Hirewire/{__version__}"
CONNECT_TIMEOUT_S: Final = 5.0
READ_BUFFER: Final = 4096
DNS_CACHE_S: Final = 10


def guarded_session(
    allowed: Sequence[Network],
    *,
    limit: int = 512,
    keepalive_s: float = 15.0,
    lookup: Lookup | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
    bounded: bool = True,
) -> aiohttp.ClientSession:
    """Open the session for deliveries; close it as any aiohttp session.

    `limit` bounds the sockets in use at once; while that many are open, idle ones included,
    answered requests close theirs. There is no limit per host: hosts of webhook services are many
    subscribers', and one that hangs must not hold up its neighbour, so each has its own share
    instead. `lookup` and `tls` default to the system's. Answers are bounded to what a delivery's may
    be; who fetches documents asks for none of that, and bounds what is read.

    With a `proxy` its address is what is dialled, and the target is vetted as far as that can be
    done from here: a literal always, a name if it resolves. What the proxy makes of a name is the
    proxy's own, so it needs a rule of its own against inner addresses.
    """
    asked = lookup or threaded_lookup()
    guard = (
        Guard(tuple(allowed), asked, limit)
        if proxy is None
        else ProxiedGuard(tuple(allowed), asked, limit, proxy)
    )
    connector = aiohttp.TCPConnector(
        resolver=guard,
        socket_factory=guard.open_socket,
        limit=limit,
        keepalive_timeout=keepalive_s,
        # What is kept was vetted, and each address is again when it is dialled.
        ttl_dns_cache=DNS_CACHE_S,
        ssl=tls or True,
    )
    # The library has no setting for its protocol's class; the test of a storm sees if this is lost.
    connector._factory = partial(guard.open_connection, bounded)
    return aiohttp.ClientSession(
        connector=connector,
        middlewares=(guard.around,),
        headers={"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=None if proxy is None else proxy.url,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=READ_BUFFER,
    )
