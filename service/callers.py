"""Who asks: what the authorizer found out, and what the rest of a request may know of it."""

from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal["read", "act", "passthrough", "feed", "ops", "self"]
GIVEN: Final = ("read", "act", "passthrough", "feed", "ops")
"""The scopes that an API key may have; `self` is what a subscriber's access token has."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One who was let in: the admin, an API key, or a subscriber."""

    kind: Literal["admin", "key", "subscriber"]
    id: str = ""  # of the key or access token
    name: str = ""
    scopes: frozenset[str] = frozenset(GIVEN)
    connection_ids: frozenset[str] | None = None  # None: all
    subscriber_id: str | None = None  # whose settings, or whose filters and redaction, bind it

    @property
    def label(self) -> str:
        """How the audit names who it was; never a secret."""
        return self.name or self.id or self.kind


ADMIN: Final = Caller("admin")
