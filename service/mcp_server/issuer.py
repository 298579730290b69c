"""Tokens of an authorization server: who they are for, and what they allow (OAuth 2.1, RFC 9068).

Only tokens that the server that is set signed, for `/mcp` here, are taken; its keys are read by its own
metadata (RFC 8414, or OpenID's), kept for an hour, and read anew for a key that nobody knows.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import orjson

from service.callers import Caller
from service.core.logs import logger
from service.core.net.fetching import fetch_document
from service.core.settings import Settings

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
SCOPES: Final = ("read", "act", "ops")
KEPT_S: Final = 3600.0
ANEW_S: Final = 60.0
"""A token may name any key: for one that nobody knows the server is asked so often at most."""
MOST: Final = 256 * 1024
WITHIN_S: Final = 5.0
LEEWAY_S: Final = 30
log = logger("mcp")


class Issuer:
    """Checks tokens, and keeps the keys they are checked with."""

    def __init__(self) -> None:
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._one = asyncio.Lock()

    async def caller(self, settings: Settings, resource: str, token: str) -> Caller | None:
        """Return who holds a token; None: it is not taken."""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(settings, str(header.get("kid") or ""))
            if key is None or header.get("alg") not in ALGORITHMS:
                return None
            claims = jwt.decode(
                token, key, algorithms=[str(header["alg"])], audience=resource, leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError) as error:
            log.info("mcp.token_refused", reason=type(error).__name__)
            return None
        return _caller(claims) if _same(str(claims["iss"]), settings) else None

    async def _key(self, settings: Settings, kid: str) -> jwt.PyJWK | None:
        async with self._one:
            age = None if self._read_at is None else monotonic() - self._read_at
            unknown = kid not in self._keys
            if age is None or age > KEPT_S or (unknown and age > ANEW_S):
                self._read_at = monotonic()
                self._keys = await _keys(settings) or self._keys
        return self._keys.get(kid)


async def _keys(settings: Settings) -> Mapping[str, jwt.PyJWK]:
    """Return the server's keys by their ids; none where it does not say them."""
    for place in _places(str(settings.mcp_issuer)):
        said = await _json(settings, place)
        if _same(str(said.get("issuer")), settings):
            keys = (await _json(settings, str(said.get("jwks_uri")))).get("keys")
            return _read(keys if isinstance(keys, list) else [])
    log.warning("mcp.issuer_silent")
    return {}


def _places(issuer: str) -> tuple[str, str]:
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    first = f"{origin}/.well-known/oauth-authorization-server{path}"
    return first, f"{origin}{path}/.well-known/openid-configuration"


async def _json(settings: Settings, url: str) -> Mapping[str, Any]:
    found = await fetch_document(url, settings, most=MOST, timeout_s=WITHIN_S)
    if isinstance(found, str):
        return {}
    try:
        said = orjson.loads(found.data)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _read(keys: list[Any]) -> Mapping[str, jwt.PyJWK]:
    found = {}
    for each in keys:
        try:
            found[str(each.get("kid") or "")] = jwt.PyJWK(each)
        except (jwt.PyJWTError, AttributeError, ValueError):
            continue  # of a kind that we do not know, or for something else
    return found


def _same(issuer: str, settings: Settings) -> bool:
    return issuer.rstrip("/") == str(settings.mcp_issuer).rstrip("/")


def _caller(claims: Mapping[str, Any]) -> Caller:
    said = claims.get("scope") or claims.get("scp") or ""
    given = set(said.split() if isinstance(said, str) else map(str, said))
    # Who it is may be an address: what is kept of it is a digest.
    who = hashlib.blake2b(f"{claims['iss']}\0{claims['sub']}".encode(), digest_size=8).hexdigest()
    client = str(claims.get("client_id") or claims.get("azp") or "oauth")[:80]
    scopes: Any = frozenset(each for each in SCOPES if each in given)
    return Caller("key", f"oauth_{who}", client, scopes)
