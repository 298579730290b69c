"""Who may ask: the bearer token of a request, compared in constant time.

Every guarded part of the web app stands behind `AdminOnly`. A narrower credential (an API key with
scopes) would be a second thing to look up where `_is_admin` is asked, with 403 for what it lacks.
"""

import hashlib
import hmac

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from service.problems import Problem

CHALLENGE = {"www-authenticate": 'Bearer realm="hirewire"'}
UNSET = "HIREWIRE_ADMIN_TOKEN is not set on this instance, so that nobody is let in; set it"
MISSING = "send the admin token as `Authorization: Bearer <token>`"
WRONG = "this is not the admin token"


class AdminOnly:
    """Passes a request on only if it carries the admin token; else raises Problem 401."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        refusal = refused(scope["state"]["settings"].admin_token, given)
        if refusal is not None:
            raise Problem(401, refusal, CHALLENGE)
        await self._app(scope, receive, send)


def refused(admin_token: SecretStr | None, given: list[bytes]) -> str | None:
    """Say why these `Authorization` headers do not let a request in, or None."""
    if admin_token is None or not admin_token.get_secret_value():
        return UNSET
    token = _bearer(given[0]) if len(given) == 1 else None
    if token is None:
        return MISSING
    return None if _is_admin(token, admin_token.get_secret_value()) else WRONG


def _bearer(header: bytes) -> bytes | None:
    scheme, _, token = header.strip().partition(b" ")
    return token.strip() or None if scheme.lower() == b"bearer" else None


def _is_admin(token: bytes, admin_token: str) -> bool:
    # Digests are of one length, so that not even the token's length can be timed.
    return hmac.compare_digest(
        hashlib.sha256(token).digest(), hashlib.sha256(admin_token.encode()).digest()
    )
