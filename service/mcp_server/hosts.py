"""Which hosts and origins may speak to `/mcp`: names that we are known by, so that no page can rebind one."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from service.core.settings import Settings

LOCAL: Final = "localhost"
WILDCARDS: Final = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, never bound


def host_fits(settings: Settings, host: str) -> bool:
    """Say whether a Host header names us."""
    name = _name(f"//{host}")
    return name is not None and _ours(settings, name)


def origin_fits(settings: Settings, origin: str) -> bool:
    """Say whether an Origin header names a page of ours, or of this machine where we serve only it."""
    if not origin.startswith(("http://", "https://")):
        return False
    name = _name(origin)
    return name is not None and _ours(settings, name)


def _ours(settings: Settings, name: str) -> bool:
    if settings.public_url is not None and name == _name(str(settings.public_url)):
        return True
    bound = settings.host.strip("[]").lower()
    if name == bound or (name == LOCAL and (_is_loopback(bound) or bound in WILDCARDS)):
        return True
    if _is_loopback(bound):
        return _is_loopback(name)
    # An address cannot be rebound: only names can.
    return bound in WILDCARDS and _address(name) is not None


def _name(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        named, _ = parts.hostname, parts.port
    except ValueError:
        return None
    clean = not (parts.username or parts.password or (url[:2] == "//" and parts.path))
    return named.lower().rstrip(".") if named and clean else None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == LOCAL or (address is not None and address.is_loopback)
