"""The receiver: verify the raw bytes, one atomic write, then 200 (contract section 4, Ingress).

Plain ASGI and no framework objects on this path: each costs more than the signature does.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from starlette.types import Receive, Scope, Send

from service.core import signing, times
from service.core.errors import SecretUnreadable, StoreUnavailable
from service.core.logs import logger
from service.core.recruitee import webhook
from service.core.recruitee.webhook import Webhook
from service.core.store.inbox import DUPLICATE, GONE
from service.core.store.memory import Rung
from service.core.store.mentions import numbers_in
from service.hooks import Hooks

PREFIX = "/webhooks/recruitee/"
MAX_BODY = 1024 * 1024
READ_WITHIN_S = 10.0
# A sender that is cut off in its body sees a reset instead of our answer: let it end, within bounds.
MAX_DRAINED = 32 * 1024 * 1024
DRAINED_WITHIN_S = 0.5
MAX_HOOK_ID = 64
log = logger("ingress")


class Reply(NamedTuple):
    """An answer: a status and what it says."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def _says(status: str) -> Reply:
    return Reply(200, orjson.dumps({"status": status}))


def _refuses(status: int, title: str, detail: str, *headers: tuple[bytes, bytes]) -> Reply:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Reply(status, orjson.dumps(body), headers)


ACCEPTED, SEEN, TEST = _says("accepted"), _says("duplicate"), _says("test")
IGNORED, QUARANTINED = _says("ignored"), _says("quarantined")
NOT_ALLOWED = _refuses(405, "Method Not Allowed", "webhooks are POSTed", (b"allow", b"POST"))
NOT_FOUND = _refuses(404, "Not Found", "no connection has this webhook address")
TOO_LARGE = _refuses(413, "Content Too Large", "at most 1 MiB", (b"connection", b"close"))
TOO_SLOW = _refuses(408, "Request Timeout", "the body took over 10 s", (b"connection", b"close"))
UNSIGNED = _refuses(401, "Unauthorized", "X-Recruitee-Signature is missing, wrong or given twice")
AWAY = _refuses(503, "Service Unavailable", "the store cannot take it now", (b"retry-after", b"2"))
UNREPLICATED = _refuses(
    503, "Service Unavailable", "no replica has acknowledged it yet", (b"retry-after", b"2")
)


class Receiver:
    """The ASGI endpoint of `POST /webhooks/recruitee/{hook id}`."""

    def __init__(self, read_within_s: float = READ_WITHIN_S) -> None:
        self._read_within_s = read_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is wrong with the store, the answer is 503: try again."""
        try:
            reply = await self._reply(scope, receive)
        except StoreUnavailable as error:
            log.warning("webhook.store_unavailable", reason=str(error))
            reply = AWAY
        except SecretUnreadable as error:
            log.error("webhook.secret_unreadable", reason=str(error))
            reply = AWAY
        except _Gone:
            return
        media = b"application/json" if reply.status == 200 else b"application/problem+json"
        headers = [(b"content-type", media), (b"content-length", str(len(reply.body)).encode())]
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [*headers, *reply.headers],
            }
        )
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            return NOT_ALLOWED
        hooks: Hooks = scope["state"]["hooks"]
        hook_id: str = scope["path"].removeprefix(PREFIX)
        hook = await hooks.get(hook_id) if 0 < len(hook_id) <= MAX_HOOK_ID else None
        if hook is None or hook.connection_id is None:
            return NOT_FOUND
        body = await self._body(scope, receive)
        if isinstance(body, Reply):
            return body
        signatures = [v for k, v in scope["headers"] if k == signing.RECRUITEE_HEADER]
        if signing.verify_recruitee(hook.secrets, body, signatures):
            read = webhook.read(body)
            if read.reading == "accepted":
                return await _accepted(hooks, hook_id, hook.connection_id, read)
        # All else is rare, and what was kept may be old: the secret may just have been set, or the
        # connection removed, in another process.
        hook = await hooks.again(hook_id)
        if hook.connection_id is None:
            return NOT_FOUND
        if webhook.is_test(body):
            return await _test(hooks, hook.connection_id)
        if not signing.verify_recruitee(hook.secrets, body, signatures):
            log.info("webhook.unsigned", connection_id=hook.connection_id)
            return UNSIGNED
        return await _taken(hooks, hook_id, hook.connection_id, body)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Reply:
        if _too_long(scope):
            if not _waits(scope):
                await _drain(receive)
            return TOO_LARGE
        try:
            async with asyncio.timeout(self._read_within_s):
                body = await _read(receive)
        except TimeoutError:
            return TOO_SLOW
        if body is None:
            await _drain(receive)
            return TOO_LARGE
        return body


class _Gone(Exception):
    """The sender hung up before its body ended: nobody is left to answer."""


async def _read(receive: Receive) -> bytes | None:
    """Return the body, or None as soon as it is too large."""
    body, more = _chunk(await receive())
    if more:
        parts = bytearray(body)
        while more and len(parts) <= MAX_BODY:
            chunk, more = _chunk(await receive())
            parts += chunk
        body = bytes(parts)
    return body if len(body) <= MAX_BODY else None


async def _drain(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_WITHIN_S):
            drained, more = 0, True
            while more and drained <= MAX_DRAINED:
                chunk, more = _chunk(await receive())
                drained += len(chunk)


def _chunk(message: Mapping[str, object]) -> tuple[bytes, bool]:
    if message["type"] == "http.disconnect":
        raise _Gone
    body = message.get("body", b"")
    return body if isinstance(body, bytes) else b"", bool(message.get("more_body", False))


def _too_long(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return value.isdigit() and int(value[:20]) > MAX_BODY
    return False


def _waits(scope: Scope) -> bool:
    """Say whether the sender asks first (`Expect: 100-continue`): it sends nothing yet."""
    return any(name == b"expect" for name, _ in scope["headers"])


async def _taken(hooks: Hooks, hook_id: str, c: str, body: bytes) -> Reply:
    """Act on a body whose signature is good."""
    read = webhook.read(body)
    match read.reading:
        case "unusable":
            return await _quarantined(hooks, c, read, body)
        case "ignored":
            await hooks.store.pipe.call("HINCRBY", "stat", "webhooks_ignored", 1)
            log.info("webhook.ignored", connection_id=c, type=_type(read))
            return IGNORED
    return await _accepted(hooks, hook_id, c, read)


async def _accepted(hooks: Hooks, hook_id: str, c: str, read: Webhook) -> Reply:
    if await hooks.ladder.rung() >= Rung.INGRESS_REFUSES:
        # The rest of the memory belongs to what was accepted before: it must be delivered.
        return AWAY
    taken = await hooks.store.inbox.accept(hook_id, c, read.fingerprint, read.entries)
    if taken == GONE:
        return NOT_FOUND
    if not await hooks.safe():
        # It is marked: when Recruitee tries again, the duplicate is answered once a replica has it.
        return UNREPLICATED
    if taken == DUPLICATE:
        return SEEN
    if not read.known:
        log.info("webhook.unknown", connection_id=c, type=_type(read))
        # It is marked and enqueued: a count that fails must not make the answer a 503.
        with contextlib.suppress(StoreUnavailable):
            await hooks.store.pipe.call("HINCRBY", "stat", "webhooks_unknown", 1)
    return ACCEPTED


def _type(read: Webhook) -> str:
    return read.event_type[:60]


async def _test(hooks: Hooks, c: str) -> Reply:
    await hooks.store.connections.note(c, test_seen=times.now_ms())
    log.info("webhook.test", connection_id=c)
    return TEST


async def _quarantined(hooks: Hooks, c: str, read: Webhook, body: bytes) -> Reply:
    if await hooks.ladder.rung() >= Rung.INGRESS_REFUSES:
        return AWAY
    if await hooks.store.suppression.may_be_named(c, numbers_in(body.decode(errors="replace"))):
        log.info("webhook.of_the_erased", connection_id=c)
        return QUARANTINED  # somebody who was erased is named: not even that is kept
    await hooks.store.dead_letters.quarantine(c, read.reason, read.event_type, body, times.now_ms())
    log.warning("webhook.quarantined", connection_id=c, reason=read.reason)
    return QUARANTINED if await hooks.safe() else UNREPLICATED
