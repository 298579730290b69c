"""What a subscriber may ask for: the body's model, and what only a look around can judge."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, field_validator

from service.core import events, signing
from service.core.net.headers import header_problem
from service.core.net.targets import vet
from service.core.settings import Settings
from service.core.store.store import Store
from service.core.store.subscribers import Format, Wanted
from service.ops.bodies import refused

NOT_YET = ("rate", "redact", "watch", "ignore", "conditions", "backfill", "vendor_secret")
"""Fields of the contract that no worker honours yet."""

Seconds = Annotated[float, Strict(), Field(ge=0, le=604_800, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Listed = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Asked(BaseModel):
    """A subscriber as it is asked for; null stands for the default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    name: Name = ""
    event_types: Annotated[tuple[Listed, ...], Field(min_length=1, max_length=200)] = ("*",)
    connection_ids: Annotated[tuple[Listed, ...], Field(min_length=1, max_length=1000)] | None = (
        None
    )
    format: Format = "hirewire"
    retry_schedule: Annotated[tuple[Seconds, ...], Field(min_length=1, max_length=50)] | None = None
    concurrency: Annotated[int, Strict(), Field(ge=1, le=64)] = 4
    headers: Annotated[dict[str, str], Field(max_length=20)] = {}

    @field_validator("event_types")
    @classmethod
    def _known(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if problem := events.pattern_problem(pattern):
                raise ValueError(problem)
        return tuple(dict.fromkeys(patterns))

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if problem := header_problem(name, value):
                raise ValueError(f"{name[:80]!r} {problem}")
        if len({name.lower() for name in headers}) < len(headers):
            raise ValueError("names one header twice")
        return headers


async def wanted(
    fields: Mapping[str, Any], store: Store, settings: Settings, before: Wanted | None = None
) -> Wanted:
    """Return what a body asks for, over what was asked `before`; raises Problem 422."""
    kept = before.model_dump() if before else {}
    both = {k: v for k, v in kept.items() if k in Asked.model_fields} | dict(fields)
    chosen = Asked.model_validate({k: v for k, v in both.items() if v is not None})
    if before is None or chosen.url != before.url:
        await _vet(chosen.url, settings)
    if before is None or chosen.connection_ids != before.connection_ids:
        await _exist(chosen.connection_ids or (), store)
    return Wanted.model_validate(kept | chosen.model_dump())


def secret(value: object) -> str | None:
    """Return an imported signing secret, or None to have one made; raises Problem 422."""
    if value is None:
        return None
    problem = signing.secret_problem(value) if isinstance(value, str) else "must be text"
    if problem is not None:
        raise refused("secret", problem)
    return str(value)


async def _vet(url: str, settings: Settings) -> None:
    if problem := await vet(url, settings.networks):
        raise refused("url", problem)


async def _exist(connection_ids: tuple[str, ...], store: Store) -> None:
    known = set(await store.connections.ids()) if connection_ids else set()
    for c in connection_ids:
        if c not in known:
            raise refused("connection_ids", f"there is no connection {c}")
