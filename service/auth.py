"""Who may ask: one authorizer for every guarded part, over the admin token, API keys and access tokens.

401 says that nobody we know asks, 403 that somebody does who may not do this. `Guard` refuses by raising
Problem; a part with another envelope asks `authorize` and says its refusals in its own way.
"""

import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from service.callers import ADMIN, Caller, Scope
from service.core import times
from service.core.logs import logger
from service.core.store.api_keys import ApiKey, Use
from service.problems import Problem
from service.sight import Sight, narrowed
from service.state import State

CHALLENGE = {"www-authenticate": 'Bearer realm="hirewire"'}
UNSET = "HIREWIRE_ADMIN_TOKEN is not set on this instance, so that nobody is let in; set it"
MISSING = "send the admin token or an API key as `Authorization: Bearer <token>`"
WRONG = "this is neither the admin token nor an API key"
TOO_OFTEN = "too many wrong tokens from this address; try again later"
MAX_TOKEN = 4096
log = logger("auth")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in: 401, 403 or 429, with what to say beside it."""

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who was let in, and what the answer is to say of their rate."""

    caller: Caller
    headers: Mapping[str, str] = field(default_factory=dict)


class Guard:
    """Lets in who has a scope; what lies behind finds `caller` in its state, and a store that fits it."""

    def __init__(self, app: ASGIApp, needs: Scope) -> None:
        self.app = app
        self.needs = needs

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        """Judge one request."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        found = await authorize(scope["state"], address_of(scope), given, self.needs)
        if isinstance(found, Refusal):
            raise Problem(found.status, found.detail, found.headers)
        scope["state"] |= {
            "caller": found.caller,
            "store": seen_by(found.caller, scope["state"]),
        }
        try:
            await self.app(scope, receive, _saying(send, found.headers))
        except HTTPException as error:  # an unknown path or method: answered outside
            error.headers = {**(error.headers or {}), **found.headers}
            raise


async def authorize(
    state: State, address: str, given: Sequence[bytes], needs: Scope | None
) -> Admitted | Refusal:
    """Say who asks, from the `Authorization` headers given, or why they may not; None: any scope."""
    token = _bearer(given[0]) if len(given) == 1 else None
    if token is None:
        return _unknown(state, MISSING)
    digest = hashlib.sha256(token).digest()
    if closed_s := state["throttle"].closed_s(address, digest):
        return Refusal(429, TOO_OFTEN, {"retry-after": str(math.ceil(closed_s))})
    if _is_admin(digest, state["settings"].admin_token):
        found: Caller | Use | None = ADMIN
    else:
        found = await state["store"].api_keys.use(token.decode("ascii", "replace"))
    if found is None:
        state["throttle"].failed(address)
        return _unknown(state, WRONG)
    state["throttle"].passed(digest)
    return _may(found, needs)


def seen_by(caller: Caller, state: State) -> object:
    """Return the store as a caller sees it."""
    sight = Sight.of(caller)
    return state["store"] if sight.whole else narrowed(state["store"], sight)


def address_of(scope: Asgi) -> str:
    """Return the address a request came from; behind a proxy, the proxy's."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def caller_of(key: ApiKey) -> Caller:
    """Return who a key is."""
    return Caller(
        kind="subscriber" if "self" in key.scopes else "key",
        id=key.id,
        name=key.name,
        scopes=frozenset(key.scopes),
        connection_ids=None if key.connection_ids is None else frozenset(key.connection_ids),
        subscriber_id=key.subscriber_id,
    )


def _may(found: Caller | Use, needs: Scope | None) -> Admitted | Refusal:
    if isinstance(found, Caller):
        return _within(found, needs, {})
    if not found.key.live(found.now):
        return Refusal(401, f"this key expired at {times.iso(found.key.expires)}", CHALLENGE)
    said = _rate(found)
    if found.asked > found.key.rate:
        detail = f"this key may ask {found.key.rate} times a minute"
        return Refusal(429, detail, {**said, "retry-after": said["ratelimit-reset"]})
    return _within(caller_of(found.key), needs, said)


def _within(caller: Caller, needs: Scope | None, said: Mapping[str, str]) -> Admitted | Refusal:
    if needs is None or needs in caller.scopes:
        return Admitted(caller, said)
    return _lacks(caller, needs, said)


def _lacks(caller: Caller, needs: Scope, headers: Mapping[str, str]) -> Refusal:
    log.info("auth.lacks_scope", key_id=caller.id, scope=needs)
    if needs == "self":
        return Refusal(403, "this is for a subscriber's access token", headers)
    return Refusal(403, f"this key lacks the scope {needs}", headers)


def _rate(use: Use) -> dict[str, str]:
    return {
        "ratelimit-limit": str(use.key.rate),
        "ratelimit-remaining": str(max(0, use.key.rate - use.asked)),
        "ratelimit-reset": str(max(1, math.ceil(use.left_ms / 1000))),
    }


def _unknown(state: State, detail: str) -> Refusal:
    unset = not _text(state["settings"].admin_token)
    return Refusal(401, UNSET if unset else detail, CHALLENGE)


def _bearer(header: bytes) -> bytes | None:
    scheme, _, token = header.strip().partition(b" ")
    fits = scheme.lower() == b"bearer" and len(token) <= MAX_TOKEN
    return token.strip() or None if fits else None


def _is_admin(digest: bytes, admin_token: SecretStr | None) -> bool:
    # Digests are of one length, so that not even the token's length can be timed.
    text = _text(admin_token)
    return bool(text) and hmac.compare_digest(digest, hashlib.sha256(text.encode()).digest())


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _saying(send: Send, headers: Mapping[str, str]) -> Send:
    """Return a `send` that adds headers to the answer."""
    if not headers:
        return send
    more = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sent
