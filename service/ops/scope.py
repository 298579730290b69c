"""The scope of a connection as the ops API takes and shows it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints

from service.core.unified.options import EVERYTHING, Options, Scope
from service.core.unified.refusals import refusals, unknown_model
from service.core.unified.registry import MODELS
from service.ops.bodies import refused

SYNC = "the next full read (`hirewire sync`)"
LEFT = f"what is stored outside the scope is removed by {SYNC}"
COMES = f"what is new in the scope is read by {SYNC}"
DROPPED = f"dropped fields are neither stored nor sent from now on; what is stored of them goes with {SYNC}"


def _text_of(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    BeforeValidator(_text_of),
]
JobId = Annotated[str, BeforeValidator(_text_of), StringConstraints(pattern=r"^[1-9][0-9]{0,18}$")]
Days = Annotated[int, Strict(), Field(ge=1, le=3650)]


class ScopeChange(BaseModel):
    """What is given replaces that part of the scope; null is all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)] | None = None
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=10_000)] | None = None
    departments: Annotated[tuple[Name, ...], Field(min_length=1, max_length=1000)] | None = None
    drop: Annotated[tuple[Name, ...], Field(max_length=1000)] | None = None
    only_created: Annotated[bool, Strict()] | None = None


class OptionsChange(BaseModel):
    """The options of a connection that a body may name."""

    scope: ScopeChange | None = None
    private_notes: Annotated[bool, Strict()] | None = None
    remote_data: Annotated[bool, Strict()] | None = None
    consent_expiring_days: Annotated[tuple[Days, ...], Field(max_length=10)] | None = None
    retention_days: Annotated[dict[Name, Days], Field(max_length=100)] | None = None

    def options(self, before: Options) -> Options:
        """Return the options with what is given; raises Problem 422 for names that are none."""
        update: dict[str, Any] = {}
        if "scope" in self.model_fields_set:
            update["scope"] = _scope(self.scope, before.scope)
        if self.private_notes is not None:
            update["private_notes"] = self.private_notes
        if self.remote_data is not None:
            update["remote_data"] = self.remote_data
        if self.consent_expiring_days is not None:
            days = sorted(set(self.consent_expiring_days), reverse=True)
            update["consent_expiring_days"] = tuple(days)
        if self.retention_days is not None:
            for model in self.retention_days.keys() - MODELS.keys():
                raise refused("retention_days", unknown_model(model))
            update["retention_days"] = dict(self.retention_days)
        return before.model_copy(update=update)


def shown(options: Options) -> dict[str, Any]:
    """Return what a connection shows of its options; of a scope null is all."""
    return {
        "scope": options.scope.model_dump(mode="json"),
        "private_notes": options.private_notes,
        "remote_data": options.remote_data,
        "consent_expiring_days": list(options.consent_expiring_days),
        "retention_days": dict(options.retention_days),
    }


def note(before: Options, after: Options) -> str | None:
    """Say what becomes of what is stored when options change; None when nothing does."""
    old, new = before.scope, after.scope
    pairs = [(old.models, new.models), (old.jobs, new.jobs), (old.departments, new.departments)]
    leaves = any(not _covers(n, o) for o, n in pairs)
    comes = any(not _covers(o, n) for o, n in pairs) or bool(set(old.drop) - set(new.drop))
    leaves = leaves or before.private_notes > after.private_notes
    comes = comes or after.private_notes > before.private_notes
    leaves, comes = (
        leaves or new.only_created > old.only_created,
        comes or old.only_created > new.only_created,
    )
    dropped = bool(set(new.drop) - set(old.drop))
    said = [text for told, text in ((leaves, LEFT), (comes, COMES), (dropped, DROPPED)) if told]
    return "; ".join(said) or None


def _scope(given: ScopeChange | None, before: Scope) -> Scope:
    if given is None:
        return EVERYTHING
    named = {name: getattr(given, name) for name in given.model_fields_set}
    if "drop" in named:
        named["drop"] = named["drop"] or ()
    only = named.pop("only_created", before.only_created) or False
    once = {name: each and tuple(dict.fromkeys(each)) for name, each in named.items()}
    scope = before.model_copy(update=once | {"only_created": only})
    for part, problem in refusals(scope):
        raise refused(f"scope.{part}", problem)
    return scope


def _covers(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    """Say whether a part of a scope has all that another has."""
    return one is None or (other is not None and set(other) <= set(one))
