"""How an action ended: what was done, what was not, and why."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict

Why = Literal[
    "",  # done
    "invalid",  # Recruitee refuses what was asked
    "missing",  # there is no such record
    "forbidden",  # the token may not do it
    "unauthorized",  # the token is refused
    "exists",  # the person has an application for this job
    "closed",  # nobody can apply to this job
    "limited",  # Recruitee's request limit
    "unavailable",  # Recruitee did not answer; not done as far as can be seen
    "unknown",  # sent, never answered, and not to be seen either
    "fault",  # ours
]
AGAIN: frozenset[str] = frozenset({"limited", "unavailable", "unknown", "unauthorized", "fault"})
"""Failures after which the same key goes on where it stood, instead of repeating the answer."""


class Result(BaseModel):
    """What is kept of an action that ended: ids and words, no personal data but what words quote."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    why: Why = ""
    message: str = ""
    ids: Mapping[str, str] = {}
    """Model -> remote id of what was made or found."""
    warnings: Sequence[str] = ()
    done: Sequence[str] = ()
    """Steps that were carried out, in order."""
    unsure: bool = False
    """Of what belongs to it something may or may not have been done: asked again, it is looked at."""

    @property
    def ok(self) -> bool:
        """Say whether the action was done, be it with warnings."""
        return not self.why

    @property
    def again(self) -> bool:
        """Say whether asking again with the same key may help."""
        return self.why in AGAIN or self.unsure

    def dump(self) -> str:
        """Return the stored form."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def load(cls, raw: str | bytes) -> Self:
        """Read the stored form."""
        data: dict[str, Any] = orjson.loads(raw)
        return cls.model_validate(data)
