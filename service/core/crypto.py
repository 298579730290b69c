"""Secrets at rest: AES-256-GCM under named master keys, so that keys can be rotated."""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.core.errors import ConfigError, SecretUnreadable

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """Encrypts with the first master key; decrypts with whichever key a secret names."""

    keys: tuple[tuple[str, AESGCM], ...]

    @classmethod
    def of(cls, master_key: str) -> Self:
        """Build from `HIREWIRE_MASTER_KEY`: comma-separated base64 of 32 bytes, plain or URL-safe."""
        keys = tuple(_named(part.strip()) for part in master_key.split(",") if part.strip())
        if not keys:
            raise ConfigError("HIREWIRE_MASTER_KEY is empty; " + _MAKE_ONE)
        return cls(keys)

    def seal(self, secret: str, purpose: str) -> str:
        """Encrypt; `purpose` binds the result to its place, so it cannot be moved to another."""
        key_id, key = self.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + key.encrypt(nonce, secret.encode(), purpose.encode())
        return f"v1.{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """Decrypt, or raise SecretUnreadable when no configured key fits."""
        try:
            version, key_id, text = sealed.split(".", 2)
            raw = base64.urlsafe_b64decode(text)
            key = dict(self.keys)[key_id]
            if version != "v1":
                raise SecretUnreadable(f"a stored secret has the unknown form {version!r}")
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
        except KeyError:
            raise SecretUnreadable(
                "a stored secret was encrypted under a key that HIREWIRE_MASTER_KEY no longer lists; "
                "append the old key after a comma"
            ) from None
        except (ValueError, binascii.Error, InvalidTag) as error:
            raise SecretUnreadable("a stored secret is damaged or was moved") from error


def new_master_key() -> str:
    """Return a fresh master key as `HIREWIRE_MASTER_KEY` takes it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


_MAKE_ONE = (
    "make one with: python -c "
    "'import base64,os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)


def _named(text: str) -> tuple[str, AESGCM]:
    try:
        raw = base64.b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ConfigError("HIREWIRE_MASTER_KEY must be base64 of 32 bytes; " + _MAKE_ONE) from None
    return hashlib.sha256(b"hirewire key id" + raw).hexdigest()[:8], AESGCM(raw)
