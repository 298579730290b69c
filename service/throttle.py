"""Failed attempts to get in, counted per client address in this process, in bounded memory."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any

FAILURES = 20
WINDOW_S = 60.0
ADDRESSES = 4096
KNOWN = 1024


class Throttle:
    """Closes an address for the rest of a minute after twenty wrong credentials.

    A credential that was good before is looked at all the same: behind a proxy everybody has one
    address, and one who guesses must not lock out those who need not.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def closed_s(self, address: str, digest: bytes) -> float:
        """Return for how many seconds a credential from an address is not looked at; 0: it is."""
        count, since = self._failures.get(_network(address), (0, 0.0))
        left = since + WINDOW_S - self._clock()
        return left if count >= FAILURES and left > 0 and digest not in self._known else 0.0

    def failed(self, address: str) -> None:
        """Count a wrong credential."""
        network, now = _network(address), self._clock()
        count, since = self._failures.pop(network, (0, now))
        self._failures[network] = (count + 1, since) if now - since < WINDOW_S else (1, now)
        _shorten(self._failures, ADDRESSES)

    def passed(self, digest: bytes) -> None:
        """Remember a good credential, by its digest."""
        self._known[digest] = None
        self._known.move_to_end(digest)
        _shorten(self._known, KNOWN)


def _shorten(kept: "OrderedDict[Any, Any]", most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)


def _network(address: str) -> str:
    """Return what one client has at hand: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address
