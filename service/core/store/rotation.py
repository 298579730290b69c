"""Signing secrets: which of them sign, and what a rotation makes of them."""

from collections.abc import Sequence

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from service.core.crypto import Vault

MOST_LIVE = 10


class Secret(BaseModel):
    """One signing secret; `until` (ms) is when it stops signing, None: it is the current one."""

    model_config = ConfigDict(frozen=True)

    value: SecretStr
    until: int | None = None

    def lives(self, now: int) -> bool:
        """Say whether it signs at `now` (ms)."""
        return self.until is None or self.until > now


def rotated(before: Sequence[Secret], fresh: str, overlap_ms: int, now: int) -> list[Secret]:
    """Return the secrets after a rotation at `now` (ms): the fresh one, then those that still sign.

    The old ones sign for `overlap_ms`, none for longer than it already had. Beyond ten live ones
    the oldest stop at once, since each is a part of every request's header.
    """
    until = now + overlap_ms
    old = [
        Secret(value=each.value, until=until if each.until is None else min(each.until, until))
        for each in before
        if each.lives(now)
    ]
    kept = [each for each in old if each.lives(now)]
    return [Secret(value=SecretStr(fresh)), *kept][:MOST_LIVE]


def sealed(s: str, secrets: Sequence[Secret], vault: Vault) -> bytes:
    """Return a subscriber's secrets as they are stored."""
    return orjson.dumps(
        [
            {
                "s": vault.seal(each.value.get_secret_value(), f"subscriber:{s}"),
                "until": each.until,
            }
            for each in secrets
        ]
    )


def opened(s: str, stored: bytes | str, vault: Vault) -> list[Secret]:
    """Return a subscriber's secrets; raises SecretUnreadable when no configured key fits."""
    return [
        Secret(value=SecretStr(vault.open(row["s"], f"subscriber:{s}")), until=row.get("until"))
        for row in orjson.loads(stored)
    ]
