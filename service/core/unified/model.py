"""What a model file declares: fields, the events that claim their changes, where records come from.

Adding a model is adding one file to `service/core/unified/models/`; `registry` finds it there.
Everything here and in the model files is pure: values in, values out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Fields = dict[str, Any]
"""A record's own fields in Kombo's names; a key that is absent is unknown, which is not null."""

Origin = Literal[
    "webhook", "activity", "reconcile", "sync", "action", "erasure", "schedule", "system"
]


class Ref(NamedTuple):
    """A record by the source's own name for it."""

    model: str
    remote_id: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What one webhook (or feed entry) says: ids and details, a hint and never the truth."""

    origin: Origin
    event_id: int | str | None = None
    event_type: str | None = None
    event_subtype: str | None = None
    at: str | None = None  # when it happened, canonical (times.canonical)
    candidate_id: str | None = None  # remote ids
    job_ids: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """Kept of `payload.details` (and the job's status): `from_stage`, `to_stage` as {id, category},
    `disqualify_reason` (text), `status` (text)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One record as a fetch shows it, before it is compared with what we had."""

    model: str
    remote_id: str
    fields: Fields
    subject: Ref
    grades: Mapping[str, int] = field(default_factory=dict)
    """How good the source of a derived field is; a better one replaces the value in silence."""
    unmapped: tuple[tuple[str, str], ...] = ()
    """(field, value): what Recruitee said and the closed unified enum has no word for; counted."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One record as it was last committed."""

    version: int  # counts commits; the commit script compares it
    sequence: int  # of the record's last event
    fields: Fields
    grades: Mapping[str, int] = field(default_factory=dict)
    deleted: bool = False
    hop_at: str | None = None  # latest webhook time that was told hop by hop or folded
    was: Fields | None = None
    """What was told last, where a silent read has moved the record since: a webhook of that may come.
    Empty where it was a silent read that saw the record first."""

    @property
    def ended(self) -> bool:
        """Whether it has ended, and nothing more is to be told of that."""
        return self.deleted and not self.was


@dataclass(frozen=True, slots=True)
class Context:
    """What a normalizer may know besides the answer it reads."""

    connection_id: str
    uid: Callable[[str, str], str]  # (model, remote id) -> unified id
    stage_categories: Mapping[str, str | None] = field(default_factory=dict)  # by remote stage id
    custom_keys: Mapping[str, str] = field(default_factory=dict)
    """Which key of `custom_fields` the operator gave to a profile or job field, by the field's own key
    (`profile.<name>`, `dynamic.<name>`); what has none is in `integration_fields` only."""
    private_notes: bool = False  # whether notes that are not public are kept at all
    questions: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Question template's remote id -> its questions as `job.screening_questions` shows them."""


def always(before: Any, after: Any) -> bool:
    """Claim every change."""
    return True


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of the table path -> event: a change of `lead` for which `when` holds is this event.

    `takes` are paths that go along with it when they changed too. Rows are tried in order; each
    path belongs to the first row that gets it. What no row claims belongs to `<model>.updated`.
    """

    event: str
    lead: str
    when: Callable[[Any, Any], bool] = always
    takes: tuple[str, ...] = ()
    rank: int = 0  # the events of one commit are told by rising rank; `updated` has rank 100


@dataclass(frozen=True, slots=True)
class EachClaim:
    """A list of names whose every new or lost member is an event (path `<lead>.<name>`)."""

    lead: str
    added: str
    removed: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """One unified model."""

    name: str
    fields: tuple[str, ...]  # every field a record may have, in the order it is served
    claims: tuple[Claim | EachClaim, ...] = ()
    volatile: frozenset[str] = frozenset()  # kept current in silence
    derived: Mapping[str, str] = field(default_factory=dict)  # derived field -> the fact it dates
    creates: Callable[[Cause, Fields], bool] = lambda cause, fields: False
    """Whether this webhook says that the record is new."""
    states: Callable[[Cause, Fields, Context], Fields] = lambda cause, fields, context: {}
    """The values before the fact that this webhook states of a record that nobody knew yet, as its
    details have them, else None; a fact that the fetched `fields` deny is left out."""
    hop_fields: tuple[str, ...] = ()  # the fields that `hop` moves, by which a chain is checked
    hop: Callable[[Fields, Cause, Context], Fields | None] = lambda fields, cause, context: None
    """The fields after one webhook's hop, the very same object when it states none, or None when it
    does not start from these fields. What the webhook leaves open is absent from the result."""
    tells: Callable[[Cause, str], bool] = lambda cause, path: True
    """Whether a change of this path may be what the webhook is about; where none is, the change is
    dated by the record's own update time."""
    claimed: Callable[[Cause, Fields, Context], Mapping[str, Any]] = lambda *_: {}
    """The values that this webhook says the record should have by now (a fetch may lag)."""
    enrich: Callable[[Draft, Sequence[Cause]], Draft] = lambda draft, causes: draft
    """Fills derived fields from what the webhooks say."""
    concerns: Callable[[Cause, Fields, Context], bool] = lambda cause, fields, context: True
    """Whether a webhook is about this very record (and not a sibling under the same root)."""
    restored_as: str = "restored"  # what the return of a deleted record is called
    created_as: str = "created"
    deleted_as: str = "deleted"
    silent: bool = False
    """Kept and read, and told of by no event (contract section 5 has no type for it)."""


class Need(NamedTuple):
    """A stage whose category must be known to normalize, and the job whose pipeline has it."""

    stage_id: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Listing:
    """How all records of a root are listed: by offset, by page, or all at once."""

    path: str
    key: str
    style: Literal["offset", "page", "none"]
    limit: int = 0
    params: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """A tuple is a parameter sent once per value."""


@dataclass(frozen=True, slots=True)
class Root:
    """Something that is fetched with one request and gives one or more records."""

    name: str  # also the model of the record it is named after
    path: str  # with {id}
    key: str  # the answer's envelope
    listing: Listing
    expand: Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]], Context], list[Draft]]
    """(the object, the answer's references, context) -> its record first, then those inside it."""
    params: Mapping[str, str] = field(default_factory=dict)
    needs: Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], set[Need]] = (
        lambda raw, references: set()
    )
    gone: Callable[[Mapping[str, Any], str], Sequence[Ref]] = lambda raw, remote_id: ()
    """What the object itself says that it has not (any more)."""
    child: str | None = None  # model whose absence from a full answer may mean that it was removed
    child_path: Callable[[Fields, Callable[[str], str | None]], str | None] = (
        lambda fields, remote: None
    )
    """Where a child's removal is confirmed (404), given its fields and unified -> remote id."""
    deleted_params: Mapping[str, str] | None = None  # listing parameters that show deleted ones


@dataclass(frozen=True, slots=True)
class Collection:
    """A list that is read whole, of the company or of one owner; its members come and go with it.

    In the inbox it is a root like any other: `departments:0`, `candidate_notes:3331`.
    """

    name: str
    member: str  # the model of its members
    listing: Listing  # with {id} in its path where it has an owner
    expand: Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]], Context, str], list[Draft]]
    """(one row, the answer's references, context, the owner's remote id or "0") -> its record first,
    then those inside it; nothing for a row that is not kept."""
    owner: str | None = None  # the root that has it: candidate or job; None: the company
    bulk: Listing | None = None  # how the members of all owners are listed together
    owner_of: Callable[[Mapping[str, Any]], str | None] = lambda row: None
    """For `bulk`: the owner's remote id that a row names."""
    counted: str | None = None
    """The owner's key that counts its members: at 0 there is nothing to ask for."""
    partial: Callable[[Mapping[str, Any]], str | None] = lambda answer: None
    """Why an answer does not show all that there is, or None: what it lacks may be there then."""
    fallback: Listing | None = None  # tried where the token may not read `listing`
    single: str = ""
    """A member's own path, with {id}: what the list leaves out is gone only if that is not served either."""
    ended: Callable[[Fields], Fields] | None = None
    """What a member that vanished looks like where it is not deleted (a user becomes INACTIVE)."""
    every_s: int = 3600
    """How often the company's list is looked at where no webhook and no feed entry tells of it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One event to be: what announce() decides and the commit writes."""

    model: str
    remote_id: str
    event: str  # full type, e.g. "application.stage_changed"
    record: Fields
    changes: tuple[Mapping[str, Any], ...]  # {"path", "before", "after"}
    causes: tuple[Cause, ...]
    at: str | None  # None: the commit's time
    subject: Ref


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison came to: the snapshot to store (None: no write) and what to tell."""

    snapshot: Snapshot | None
    changes: tuple[Change, ...] = ()
