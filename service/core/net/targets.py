"""Vet a subscriber's URL: by its text alone, or with what its name resolves to now."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from yarl import URL

from service.core.net.addresses import PLAIN, PORT, PUBLIC_PORTS, dial_verdict
from service.core.net.names import (
    Lookup,
    is_address,
    is_localhost,
    proxy_refusal,
    refusal,
    system_lookup,
)
from service.core.net.proxies import proxy_problem
from service.core.settings import Network

MAX_URL: Final = 2048
LOOKUP_TIMEOUT_S: Final = 3.0

_SHAPE: Final = re.compile(r"https?://([^/?#]+)([/?][^#]*)?(#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[^\[\]%]+\]|[^:%\[\]]+)(:[0-9]{1,5})?")
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTTED_QUAD: Final = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")


def target_problem(url: str, allowed: Sequence[Network]) -> str | None:
    """Say why this URL can be no subscriber's, or None; looks nothing up.

    `http://` needs some allowed network; for a name its addresses decide at each dial. A literal
    address is judged at once, in the one notation that is accepted for it.
    """
    problem = _text_problem(url)
    if problem is not None:
        return problem
    try:
        parsed = URL(url)
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        return "is not a valid URL"
    if not host or not port:
        return "is not a valid URL"
    return _host_problem(host, port, plain=parsed.scheme == "http", allowed=allowed)


async def vet(url: str, allowed: Sequence[Network], lookup: Lookup = system_lookup) -> str | None:
    """Say why this URL can be no subscriber's, or None; every address of its name must be good.

    A name that does not resolve now is no refusal: each attempt looks again.
    """
    problem = target_problem(url, allowed)
    parsed = None if problem is not None else URL(url)
    if parsed is None or not parsed.raw_host or not parsed.port or _is_literal(parsed.raw_host):
        return problem
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_S):
            answers = await lookup(parsed.raw_host, parsed.port)
    except (OSError, UnicodeError):
        return None
    plain = parsed.scheme == "http"
    return refusal(parsed.raw_host, answers, parsed.port, plain=plain, allowed=allowed)


async def vet_proxy(
    url: str, allowed: Sequence[Network], lookup: Lookup = system_lookup
) -> str | None:
    """Say why a subscriber may not have this proxy, or None; one that does not resolve now may be."""
    problem = proxy_problem(url)
    if problem is not None:
        return problem
    host, port = URL(url).raw_host or "", URL(url).port or 0
    if is_address(host):
        return proxy_refusal(host, (host,), port, allowed)
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_S):
            return proxy_refusal(host, await lookup(host, port), port, allowed)
    except (OSError, UnicodeError):
        return None


def _text_problem(url: str) -> str | None:
    if len(url) > MAX_URL:
        return f"is longer than {MAX_URL} characters"
    if any(not sign.isprintable() or sign in " \\" for sign in url):
        return "holds a space, a backslash or a control character"
    shape = _SHAPE.fullmatch(url)
    if shape is None:
        return "is not an absolute https:// URL"
    if shape[3] is not None:
        return "must not have a fragment"
    if "@" in shape[1]:
        return "must not hold a user name or a password"
    return None if _AUTHORITY.fullmatch(shape[1]) else "is not a valid URL"


def _host_problem(host: str, port: int, *, plain: bool, allowed: Sequence[Network]) -> str | None:
    if _is_literal(host):
        return dial_verdict(host, port, plain=plain, allowed=allowed)
    name = host.removesuffix(".")
    if not _NAME.fullmatch(name) or len(name) > 253:
        return "has no valid host name"
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return "must write an IPv4 address as four decimal numbers"
    if is_localhost(name):
        return refusal(name, ("127.0.0.1", "::1"), port, plain=plain, allowed=allowed)
    if allowed:
        return None
    return PLAIN if plain else None if port in PUBLIC_PORTS else PORT


def _is_literal(host: str) -> bool:
    return ":" in host or _DOTTED_QUAD.fullmatch(host) is not None
