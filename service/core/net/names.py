"""Names of hosts: what they resolve to, and whether what they resolve to may be dialled."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from service.core.net.addresses import dial_verdict, proxy_verdict
from service.core.settings import Network

RESOLVER_THREADS: Final = 32

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host name and a port to its addresses; raises OSError when there is none."""


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
    return _first_bad(
        name, [dial_verdict(each, port, plain=plain, allowed=allowed) for each in answers]
    )


def proxy_refusal(
    name: str, answers: Sequence[str], port: int, allowed: Sequence[Network]
) -> str | None:
    """Say why a subscriber's own proxy may not be dialled under this name, or None."""
    return _first_bad(name, [proxy_verdict(each, port, allowed) for each in answers])


def _first_bad(name: str, problems: Sequence[str | None]) -> str | None:
    if is_localhost(name) and None in problems:
        return None
    return next((problem for problem in problems if problem is not None), None)


async def system_lookup(name: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, in the loop's own threads."""
    return await asyncio.get_running_loop().run_in_executor(None, _addresses, name, port)


def threaded_lookup() -> Lookup:
    """Return a look-up in threads of its own: names that hang must not use up the loop's few."""
    threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")

    async def lookup(name: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, _addresses, name, port)

    return lookup


def _addresses(name: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(address[0]) for _, _, _, _, address in found]


def is_address(host: str) -> bool:
    """Say whether this is an address as getaddrinfo writes it, so no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
