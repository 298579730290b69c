"""A subscriber's Ed25519 keys: the one that signs `v1a`, and those that still do after a rotation."""

from collections.abc import Mapping, Sequence

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core import signing
from service.core.crypto import Vault
from service.core.store.rotation import MOST_LIVE

CURRENT, PUBLIC, OLD = "ed25519", "public_key", "ed25519_old"
"""Fields of the subscriber's hash: the key that signs, sealed, its public half, and the old ones."""


class PublicKey(BaseModel):
    """The half that receivers verify with; `until` (ms) is when it stops signing, None: the current."""

    model_config = ConfigDict(frozen=True)

    public: str  # whpk_...
    until: int | None = None

    @property
    def id(self) -> str:
        """The key's name, the same wherever the key is."""
        return signing.key_id(self.public)

    def lives(self, now: int) -> bool:
        """Say whether it signs at `now` (ms)."""
        return self.until is None or self.until > now


class SigningKey(PublicKey):
    """A whole pair."""

    private: SecretStr  # whsk_...


def opened(s: str, fields: Mapping[str, str], vault: Vault) -> tuple[SigningKey, ...]:
    """Return a subscriber's pairs from its hash, the current first; raises SecretUnreadable."""
    if CURRENT not in fields:
        return ()
    rows = [{"s": fields[CURRENT], "public": fields[PUBLIC]}, *orjson.loads(fields.get(OLD, "[]"))]
    return tuple(
        SigningKey(
            private=SecretStr(vault.open(row["s"], _purpose(s))),
            public=row["public"],
            until=row.get("until"),
        )
        for row in rows
    )


def public_halves(current: str | None, old: bytes | None) -> list[PublicKey]:
    """Return the halves that may be shown to anybody, from the hash's fields."""
    if current is None:
        return []
    rows = orjson.loads(old or b"[]")
    kept = [PublicKey(public=row["public"], until=row["until"]) for row in rows]
    return [PublicKey(public=current), *kept]


def retired(before: Sequence[SigningKey], overlap_ms: int, now: int) -> list[SigningKey]:
    """Return what still signs beside a fresh key: the newest nine, none for longer than it had."""
    until = now + overlap_ms
    old = [
        each.model_copy(update={"until": until if each.until is None else min(each.until, until)})
        for each in before
    ]
    return [each for each in old if each.lives(now)][: MOST_LIVE - 1]


def sealed(s: str, pair: signing.KeyPair, vault: Vault) -> str:
    """Return a private half as it is stored."""
    return vault.seal(pair.private, _purpose(s))


def sealed_old(s: str, keys: Sequence[SigningKey], vault: Vault) -> bytes:
    """Return retired pairs as they are stored."""
    return orjson.dumps(
        [
            {
                "s": vault.seal(each.private.get_secret_value(), _purpose(s)),
                "public": each.public,
                "until": each.until,
            }
            for each in keys
        ]
    )


def _purpose(s: str) -> str:
    return f"subscriber:{s}:ed25519"
