"""The ownership challenge: a URL proves that its owner wants what is sent, before anything is sent.

A `subscriber.challenge` event is posted to it, signed like any delivery and over the same guarded
connection. Its `data.challenge` has to come back within the deadline in a 2xx answer: as the whole
body, or as `{"challenge": "..."}`. A host that only echoes what it is sent therefore proves nothing.
"""

import hmac
import secrets
from typing import Any, Final

import orjson

from service.core import ids, signing, times
from service.core.net.exchange import Outcome
from service.core.net.sessions import Sessions
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber

TYPE: Final = "subscriber.challenge"
WITHIN_S: Final = 10.0
NOTHING_TO_PROVE: Final = "its URL has nothing to prove"
UNPROVEN: Final = (
    "its URL has not proved itself yet: have it answer, then POST to the subscriber's /challenge"
)


async def ask(
    store: Store, sessions: Sessions, subscriber: Subscriber, timeout_s: float
) -> dict[str, Any]:
    """Challenge a subscriber's URL once, and let it run if it answers; tells what it said."""
    token = secrets.token_urlsafe(32)
    outcome = await _posted(sessions, subscriber, token, min(timeout_s, WITHIN_S))
    proved = answers(outcome, token)
    if proved:
        await store.subscribers.prove(subscriber.id, subscriber.wanted.url)
    return {
        "answered": proved,
        "status_code": outcome.status,
        "error": outcome.error,
        "duration_ms": outcome.duration_ms,
        "response_excerpt": outcome.excerpt,
    }


def answers(outcome: Outcome, token: str) -> bool:
    """Say whether an answer proves the URL."""
    if not outcome.succeeded:
        return False
    text = outcome.excerpt.strip()
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        said = text
    given = said.get("challenge") if isinstance(said, dict) else said
    return isinstance(given, str) and hmac.compare_digest(given.encode(), token.encode())


async def _posted(
    sessions: Sessions, subscriber: Subscriber, token: str, timeout_s: float
) -> Outcome:
    event_id, at = "evt_" + ids.draw(), times.now_ms()
    body = orjson.dumps(
        {
            "id": event_id,
            "type": TYPE,
            "timestamp": times.iso(at),
            "origin": "system",
            "causes": [],
            "data": {"subscriber_id": subscriber.id, "challenge": token},
        }
    )
    live, signing_keys = subscriber.live_secrets(at), subscriber.private_keys(at)
    headers = {
        **subscriber.wanted.headers,
        "content-type": "application/json",
        **signing.delivery_headers(event_id, at // 1000, body, live, signing_keys),
    }
    return await sessions.post(subscriber.wanted, body, headers, timeout_s=timeout_s)
