"""Every signature: Recruitee's on what comes in, Standard Webhooks' on what goes out."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks.webhooks import Webhook

from service.core import ids

RECRUITEE_HEADER = b"x-recruitee-signature"
SECRET_PREFIX = "whsec_"  # noqa: S105 - the form of a secret, not one
SECRET_BYTES = range(24, 65)
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An Ed25519 pair as Standard Webhooks writes it: 32 bytes each in base64 after the prefix."""

    private: str
    public: str


def recruitee_signature(secret: str, body: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 that Recruitee puts in `X-Recruitee-Signature`.

    Source: four independent receivers that others published; no prefix, no timestamp.
    """
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify_recruitee(secrets_: Sequence[str], body: bytes, given: Sequence[bytes]) -> bool:
    """Say whether exactly one signature was given and some live secret made it.

    Every secret is tried, and each in constant time, so that timing tells nothing.
    """
    if len(given) != 1 or len(given[0]) > 256:
        return False
    claimed = given[0].strip().lower()
    good = False
    for secret in secrets_:
        good |= hmac.compare_digest(recruitee_signature(secret, body).encode(), claimed)
    return good


def new_secret() -> str:
    """Return a fresh Standard Webhooks secret: `whsec_` and base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_problem(secret: str) -> str | None:
    """Say what is wrong with an imported secret (24 to 64 bytes in base64 after `whsec_`), or None."""
    if not secret.startswith(SECRET_PREFIX):
        return "must start with whsec_"
    try:
        raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return "must be base64 after whsec_"
    return None if len(raw) in SECRET_BYTES else "must hold 24 to 64 bytes"


def new_key_pair() -> KeyPair:
    """Return a fresh pair for `v1a` signatures."""
    private = Ed25519PrivateKey.generate()
    return KeyPair(
        PRIVATE_PREFIX + _text(private.private_bytes_raw()),
        PUBLIC_PREFIX + _text(private.public_key().public_bytes_raw()),
    )


def key_id(public: str) -> str:
    """Return the name of an Ed25519 key by its public half (`whpk_...`)."""
    return f"key_{ids.derive('ed25519', public, length=16)}"


def delivery_headers(
    event_id: str, at: int, body: bytes, live: Iterable[str], private_keys: Iterable[str] = ()
) -> dict[str, str]:
    """Return the three Standard Webhooks headers (spec 1.0.0).

    Every live secret signs (`v1`), and so does every one of `private_keys` (`whsk_...`, `v1a`).
    `at` is the attempt's time in whole seconds since the epoch.
    """
    instant = datetime.fromtimestamp(at, UTC)
    text = body.decode()
    signatures = [_webhook(secret).sign(event_id, instant, text) for secret in live]
    signed = f"{event_id}.{at}.".encode() + body
    signatures += [f"v1a,{_text(_signer(key).sign(signed))}" for key in private_keys]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


@lru_cache(maxsize=1024)
def _webhook(secret: str) -> Webhook:
    # Kept, since to decode a secret costs a quarter of a signature.
    return Webhook(secret)


@lru_cache(maxsize=256)
def _signer(private_key: str) -> Ed25519PrivateKey:
    # Kept, since to load a key costs more than to sign with it.
    return Ed25519PrivateKey.from_private_bytes(
        base64.b64decode(private_key.removeprefix(PRIVATE_PREFIX))
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
