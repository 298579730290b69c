"""What a subscriber may ask for: the body's model, and what only a look around can judge."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    field_validator,
)

from service.core import events, signing
from service.core.delivery import conditions, fields, redaction
from service.core.net.headers import header_problem
from service.core.net.targets import vet
from service.core.settings import Settings
from service.core.store.store import Store
from service.core.store.subscribers import PRIVATE, VENDORS, Format, Redaction, Subscriber, Wanted
from service.ops.bodies import refused
from service.ops.transport import Transport, vet_transport

MOST_RULES = 200
VENDOR_SECRET_BYTES = 32

Seconds = Annotated[float, Strict(), Field(ge=0, le=604_800, allow_inf_nan=False)]
Rate = Annotated[float, Strict(), Field(ge=0.01, le=10_000, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Listed = Annotated[str, StringConstraints(min_length=1, max_length=100)]
RecordId = Annotated[
    str,
    BeforeValidator(lambda v: str(v) if type(v) is int else v),
    StringConstraints(pattern=r"^[0-9A-Za-z]{1,64}$"),
]
RecordIds = Annotated[tuple[RecordId, ...], Field(min_length=1, max_length=1000)]
Paths = Annotated[
    tuple[Annotated[str, StringConstraints(max_length=fields.LONGEST)], ...],
    Field(max_length=MOST_RULES),
]


class Asked(Transport):
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
    timeout: Annotated[float, Strict(), Field(ge=0.5, le=300, allow_inf_nan=False)] | None = None
    concurrency: Annotated[int, Strict(), Field(ge=1, le=64)] = 4
    headers: dict[str, str] = Field(default_factory=dict, max_length=20)
    rate: Rate | None = None
    job_ids: RecordIds | None = None
    stage_ids: RecordIds | None = None
    watch: Paths = ()
    ignore: Paths = ()
    conditions: dict[str, Any] | None = None
    redact: Annotated[tuple[Redaction, ...], Field(max_length=MOST_RULES)] = ()
    vendor_secret: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None

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

    @field_validator("watch", "ignore")
    @classmethod
    def _fields(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            if problem := fields.name_problem(path):
                raise ValueError(problem)
        return tuple(dict.fromkeys(paths))

    @field_validator("conditions")
    @classmethod
    def _sound(cls, condition: dict[str, Any] | None) -> dict[str, Any] | None:
        if condition is not None and (problem := conditions.problem(condition)):
            raise ValueError(problem)
        return condition

    @field_validator("redact", mode="before")
    @classmethod
    def _shorthand(cls, rules: object) -> object:
        """Take `model.field` for {"path": "model.field", "how": "drop"}."""
        if not isinstance(rules, list | tuple):
            return rules
        return [{"path": each} if isinstance(each, str) else each for each in rules]

    @field_validator("redact")
    @classmethod
    def _redactable(cls, rules: tuple[Redaction, ...]) -> tuple[Redaction, ...]:
        for rule in rules:
            if problem := redaction.rule_problem(rule):
                raise ValueError(problem)
        return tuple(dict.fromkeys(rules))


async def wanted(
    given: Mapping[str, Any], store: Store, settings: Settings, before: Wanted | None = None
) -> Wanted:
    """Return what a body asks for, over what was asked `before`; raises Problem 422."""
    kept = before.model_dump() if before else {}
    both = {k: v for k, v in kept.items() if k in Asked.model_fields} | dict(given)
    chosen = Asked.model_validate({k: v for k, v in both.items() if v is not None})
    if before is None or chosen.url != before.url:
        await _vet(chosen.url, settings)
    if chosen.timeout and (before is None or chosen.timeout != before.timeout):
        _in_time(chosen.timeout, settings)
    await vet_transport(chosen, before, settings)
    if before is None or chosen.connection_ids != before.connection_ids:
        await _exist(chosen.connection_ids or (), store)
    return Wanted.model_validate(kept | chosen.model_dump() | _vendors(chosen, before))


def secret(value: object) -> str | None:
    """Return an imported signing secret, or None to have one made; raises Problem 422."""
    if value is None:
        return None
    problem = signing.secret_problem(value) if isinstance(value, str) else "must be text"
    if problem is not None:
        raise refused("secret", problem)
    return str(value)


def new_vendor_secret() -> str:
    """Return a fresh secret for a vendor's signature."""
    return secrets.token_urlsafe(VENDOR_SECRET_BYTES)


def vendors_secret(wanted: Wanted) -> dict[str, str]:
    """Return the secret of a vendor's signature as it is shown once; nothing without one."""
    return {"vendor_secret": wanted.vendor_secret} if wanted.vendor_secret else {}


async def rotate_vendors(store: Store, subscriber: Subscriber) -> dict[str, str]:
    """Give a vendor's signature a new key; the vendor's header has room for one, so it holds at once."""
    if subscriber.wanted.format not in VENDORS:
        return {}
    fresh = {"vendor_secret": new_vendor_secret()}
    await store.subscribers.update(subscriber.id, subscriber.wanted.model_copy(update=fresh))
    return fresh


def shown(wanted: Wanted) -> dict[str, Any]:
    """Return what a subscriber shows of what it asked for; of what is sealed only that it is there."""
    told = wanted.model_dump(mode="json")
    return told | {name: told[name] is not None for name in PRIVATE}


def _vendors(chosen: Asked, before: Wanted | None) -> dict[str, str]:
    """Return the vendor's secret that a new subscriber of a vendor's format has to be given."""
    if chosen.format not in VENDORS or chosen.vendor_secret is not None:
        return {}
    if before is not None:
        raise refused("vendor_secret", f"{chosen.format} signs with it: give one")
    return {"vendor_secret": new_vendor_secret()}


def _in_time(timeout: float, settings: Settings) -> None:
    # A place to send from is held as long: how long at most, the operator of all says.
    most = settings.delivery_timeout
    if timeout > most:
        raise refused("timeout", f"is longer than HIREWIRE_DELIVERY_TIMEOUT, which is {most:g}")


async def _vet(url: str, settings: Settings) -> None:
    if problem := await vet(url, settings.networks):
        raise refused("url", problem)


async def _exist(connection_ids: tuple[str, ...], store: Store) -> None:
    known = set(await store.connections.ids()) if connection_ids else set()
    for c in connection_ids:
        if c not in known:
            raise refused("connection_ids", f"there is no connection {c}")
