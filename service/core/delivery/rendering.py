"""The bytes that a subscriber gets: redacted, in its format, the same for the same event at any time."""

from collections.abc import Mapping

import orjson

from service.core import ids
from service.core.delivery import kombo, truto
from service.core.delivery.classes import marks, names_classes
from service.core.delivery.formats import content_type, formed
from service.core.delivery.redaction import hashes, redacted
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.options import Options

__all__ = ["PLAIN", "content_type", "render", "render_id", "rendered_for", "signature_headers"]

PLAIN = "hirewire"
"""The form that is stored: nothing is rendered for it."""


def render(
    body: bytes,
    wanted: Wanted,
    key: bytes = b"",
    owner: str = "",
    options: Options | None = None,
) -> bytes:
    """Return an event's bytes in a subscriber's format and redaction.

    `key` is the subscriber's own for hashes (`Subscriber.hash_key`), `owner` its id, `options` are the
    connection's.
    """
    if wanted.format == PLAIN and not wanted.redact:
        return body
    event = redacted(orjson.loads(body), wanted.redact, key, options)
    return orjson.dumps(formed(event, wanted, owner))


def rendered_for(body: bytes, subscriber: Subscriber, options: Options | None = None) -> bytes:
    """Return an event's bytes for a subscriber."""
    key = subscriber.hash_key.get_secret_value().encode() if subscriber.hash_key else b""
    return render(body, subscriber.wanted, key, subscriber.id, options)


def render_id(wanted: Wanted, owner: str, options: Options | None = None) -> str:
    """Return the name of a rendering: whoever has the same gets the same bytes.

    The format's own name where there is no more to it; else with a digest of what else decides. What is
    the subscriber's own (its hash key, its id in Truto's envelope) makes the name its own. Where a class
    is redacted, what the connection's `options` take in decides too.
    """
    if wanted.format == PLAIN and not wanted.redact:
        return PLAIN
    own = owner if wanted.format == "truto" or hashes(wanted.redact) else ""
    rules = [f"{each.how}:{each.path}" for each in wanted.redact]
    if names_classes(wanted.redact):
        rules += marks(options)
    named = kombo.newer_models(wanted.event_types) if wanted.format == "kombo" else ()
    if not (own or rules or named):
        return wanted.format
    return f"{wanted.format}-{ids.derive('rendering', own, *rules, '', *named, length=12)}"


def signature_headers(wanted: Wanted, body: bytes) -> Mapping[str, str]:
    """Return the vendor's signature over exactly these bytes; nothing where there is no vendor's."""
    secret = wanted.vendor_secret
    if secret and wanted.format == "kombo":
        return {kombo.HEADER: kombo.signature(secret, body)}
    if secret and wanted.format == "truto":
        return {truto.HEADER: truto.signature(secret, body)}
    return {}
