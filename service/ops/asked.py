"""What `POST replays` may ask for, and what of it also a bulk discard may."""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from service.core import events as known
from service.core.unified.registry import MODELS
from service.ops.instants import Instant


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


Named = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# The bounds are inside: null has no length.
Many = Annotated[
    Annotated[tuple[Named, ...], Field(min_length=1, max_length=10_000)] | None,
    BeforeValidator(_listed),
]
Statuses = Annotated[
    Annotated[
        tuple[Annotated[int, Field(ge=100, le=599)], ...], Field(min_length=1, max_length=100)
    ]
    | None,
    BeforeValidator(_listed),
]


Rate = Annotated[float, Strict(), Field(ge=0.01, le=10_000, allow_inf_nan=False)]
"""Deliveries per second."""


class Filter(BaseModel):
    """What must be so of an event; `http_status` and `kind`: of a dead letter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: Many = None
    connection_ids: Many = None
    models: Many = None
    record_ids: Many = None
    subject_ids: Many = None
    http_status: Statuses = None  # of the last attempt
    kind: Literal["delivery", "inbound"] | None = None

    @field_validator("types")
    @classmethod
    def _known_types(cls, patterns: Many) -> Many:
        for pattern in patterns or ():
            if problem := known.pattern_problem(pattern):
                raise ValueError(problem)
        return patterns

    @field_validator("models")
    @classmethod
    def _known_models(cls, models: Many) -> Many:
        for model in models or ():
            if model not in MODELS:
                raise ValueError(f"there is no model {model[:40]!r}")
        return models


class LettersAsked(BaseModel):
    """The body of `POST dead-letters/discard`: all that is given must be so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dead_letter_ids: Many = None
    event_ids: Many = None
    filter: Filter = Filter()
    subscriber_ids: Many = None
    since: Instant | None = Field(None)
    until: Instant | None = Field(None)
    dry_run: StrictBool = False

    @property
    def narrowed(self) -> bool:
        """Whether it says what is meant; who receives it alone does not."""
        return bool(
            self.dead_letter_ids or self.event_ids or self.since is not None
            or self.until is not None or self.filter != Filter()
        )  # fmt: skip

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.narrowed or self.subscriber_ids):
            raise ValueError(
                "say what to discard: dead_letter_ids, event_ids, a filter, subscriber_ids, since or until"
            )
        return self


class Asked(LettersAsked):
    """The body of `POST replays`."""

    missing: StrictBool = False
    rate: Rate | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.narrowed or self.missing):
            raise ValueError(
                "say what to replay: dead_letter_ids, event_ids, a filter, since, until or missing"
            )
        return self
