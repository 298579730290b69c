"""Which addresses we may dial: a pure rule over text, ports and the networks an operator named."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from service.core.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NOT_PUBLIC: Final = "does not lead to a public address"
PLAIN: Final = "must use https"
PORT: Final = "uses a port that is not open to subscribers (443, 4443, 8443, 9443)"
PROXY_PORT: Final = "uses a port where no proxy is looked for (80, 443, 3128, 8080, 8443, 8888)"

# Where TLS for people's own services is found. Any other port of a public host is more likely a
# mail server than a subscriber; a network that the operator named may use every port.
PUBLIC_PORTS: Final = frozenset({443, 4443, 8443, 9443})
PROXY_PORTS: Final = frozenset({80, 443, 3128, 8080, 8443, 8888})

_V4_CLOSED: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches loopback
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier NAT, and metadata of one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent behind a public number
        "169.254.0.0/16",  # link-local, metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Everything but the one block that global unicast is given out of, so ::/8, 100::/64, fc00::/7,
# fe80::/10, fec0::/10, ff00::/8 and whatever is set aside later need no line of their own.
_V6_OPEN: Final = ipaddress.IPv6Network("2000::/3")
_V6_CLOSED: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def verdict(address: str, allowed: Sequence[Network]) -> str | None:
    """Say why this address may not be dialled, or None; the reason never names the address.

    `address` is an address as getaddrinfo writes it, in either family, with or without a scope.
    """
    forms = _forms(address)
    if forms is None:
        return NOT_PUBLIC
    return None if _inside(forms, allowed) or _public(forms[-1]) else NOT_PUBLIC


def dial_verdict(address: str, port: int, *, plain: bool, allowed: Sequence[Network]) -> str | None:
    """Say why this address and port may not be dialled, `plain` for http without TLS, or None.

    Inside an allowed network everything goes; outside only TLS to the public ports.
    """
    forms = _forms(address)
    if forms is not None and _inside(forms, allowed):
        return None
    if forms is None or not _public(forms[-1]):
        return NOT_PUBLIC
    if plain:
        return PLAIN
    return None if port in PUBLIC_PORTS else PORT


def proxy_verdict(address: str, port: int, allowed: Sequence[Network]) -> str | None:
    """Say why a subscriber's own proxy may not be dialled at this address and port, or None.

    It may be spoken to without TLS: what it carries to public hosts is TLS in any case.
    """
    problem = dial_verdict(address, port, plain=False, allowed=allowed)
    if problem is PORT:
        return None if port in PROXY_PORTS else PROXY_PORT
    return problem


def _forms(text: str) -> tuple[Address, ...] | None:
    """The address as written, then the IPv4 address that it really reaches, if it holds one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    bare = ipaddress.IPv6Address(int(address))
    if bare.ipv4_mapped is not None:
        return bare, bare.ipv4_mapped
    if bare in _NAT64:
        return bare, ipaddress.IPv4Address(int(bare) & 0xFFFFFFFF)
    return (bare,)


def _inside(forms: Sequence[Address], allowed: Sequence[Network]) -> bool:
    return any(form in network for form in forms for network in allowed)


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _V4_CLOSED)
    return (
        address in _V6_OPEN
        and not any(address in network for network in _V6_CLOSED)
        and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
    )
