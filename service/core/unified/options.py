"""What of a company a connection keeps: the operator's choice, and the filter that every answer passes.

A model that is not kept goes away, with two exceptions. What others hang on stays as a bare subject:
ids and times only, told of by no event, so that notes and applications still end with their candidate,
and a stage still says what a hire is. A field that is dropped is neither stored nor sent.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from service.core.unified.model import Change, Draft, Fields, Ref, Snapshot, Verdict
from service.core.unified.registry import COLLECTIONS, MODELS, ROOTS

Pii = Literal["none", "personal", "sensitive"]

IDENTITY: Final = frozenset(
    {"id", "remote_id", "remote_created_at", "remote_updated_at", "remote_deleted_at"}
)
OWNERS: Final = frozenset({"candidate_id", "job_id", "application_id"})
NEEDED: Final[Mapping[str, frozenset[str]]] = {"stage": frozenset({"category"})}
"""What else a model cannot do without: whether an application is a hire hangs on its stage."""
DEPARTMENT: Final = frozenset({"department", "department_id"})


class Scope(BaseModel):
    """Which models, jobs and departments are kept, and which fields are not; None: all."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    models: tuple[str, ...] | None = None
    jobs: tuple[str, ...] | None = None  # remote ids
    departments: tuple[str, ...] | None = None  # names or remote ids
    drop: tuple[str, ...] = ()  # as `model.field`
    only_created: bool = False
    """Of candidates and applications only those that were made through us or imported."""

    @property
    def narrowed(self) -> bool:
        """Whether jobs are chosen, be it one by one or by department; with both a job must fit both."""
        return self.jobs is not None or self.departments is not None

    @property
    def chooses(self) -> bool:
        """Whether some records of a model are kept and others are not."""
        return self.narrowed or self.only_created


EVERYTHING: Final = Scope()


class Options(BaseModel):
    """What the operator set for a connection. Names are checked where they are set (`refusals`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: Scope = EVERYTHING
    custom_keys: Mapping[str, str] = {}  # a field's own key -> its key in `custom_fields`
    private_notes: bool = False  # whether notes that are not public are kept
    remote_data: bool = False  # whether reads show what Recruitee serves, word for word
    pii: Mapping[str, Pii] = {}  # a field's own key -> what the operator says it is
    consent_expiring_days: tuple[int, ...] = (30, 7)  # how long before a consent ends one is told
    retention_days: Mapping[str, int] = {}
    """Model -> how long its records are kept after they ended; of activities, after they happened."""

    def models(self) -> frozenset[str]:
        """Return the models that are kept whole and told of."""
        chosen = self.scope.models
        return frozenset(MODELS if chosen is None else (m for m in chosen if m in MODELS))

    def tells(self, model: str) -> bool:
        """Say whether events tell of a model; of a bare subject none does."""
        return model in self.models()

    def bare(self) -> frozenset[str]:
        """Return the models of which ids and times are kept, since a kept one hangs on them.

        Where jobs are chosen, whether a candidate stays is told by its applications and their jobs.
        """
        kept = self.models()
        owners = frozenset(owner for member, owner in _belonging() if member in kept)
        if self.scope.narrowed and "candidate" in kept | owners:
            owners |= {"application", "job"}
        return owners - kept

    def hidden(self, model: str) -> frozenset[str]:
        """Return the fields of a model that are neither stored nor sent."""
        every = frozenset(MODELS[model].fields)
        names = (name.partition(".") for name in self.scope.drop)
        dropped = frozenset(name for owner, _, name in names if owner == model)
        return (every & dropped if self.tells(model) else every) - self._bare_fields(model)

    def _bare_fields(self, model: str) -> frozenset[str]:
        judged = model == "job" and self.scope.departments is not None
        return required(model) | (DEPARTMENT if judged else frozenset())


@dataclass(frozen=True, slots=True)
class Reach:
    """A narrowed scope, as far as it is known which jobs are in it, in unified ids."""

    named: frozenset[str] | None  # the jobs chosen one by one; None: any
    departments: frozenset[str] | None = None  # names and unified ids; None: any
    judged: Mapping[str, bool] = field(default_factory=dict)
    """Job -> whether it is within the scope; asked only where departments are chosen."""
    candidates: Container[str] | None = None
    """Remote ids of the candidates that are kept, to judge lists of what belongs to many (None: all)."""
    made: Container[Ref] | None = None
    """The candidates and applications that were made through us or imported; None: any will do."""

    def judge(self, fields: Fields) -> bool:
        """Say whether a job is within the scope; what does not show its department is not."""
        if self.named is not None and fields.get("id") not in self.named:
            return False
        said = {fields.get(name) for name in DEPARTMENT} - {None}
        return self.departments is None or bool(said & self.departments)

    def has(self, job: object) -> bool:
        """Say whether a job, by its unified id, is within the scope as far as is known."""
        if self.departments is None:
            return self.named is None or job in self.named
        return isinstance(job, str) and self.judged.get(job, False)

    def unjudged(self, drafts: Sequence[Draft]) -> frozenset[str]:
        """Return the jobs that drafts name and that have to be read before `keep` can be right."""
        if self.departments is None:
            return frozenset()
        named = {job for d in drafts if isinstance(job := d.fields.get("job_id"), str)}
        may_be = named if self.named is None else named & self.named
        return frozenset(may_be - self.judged.keys())

    def was_made(self, model: str, remote_id: str) -> bool:
        """Say whether a record may stay where only what was made or imported does."""
        return self.made is None or Ref(model, remote_id) in self.made


NOWHERE: Final = Reach(frozenset(), made=frozenset())


def reach(
    options: Options,
    uid: Callable[[str, str], str],
    judged: Mapping[str, bool] | None = None,
    candidates: Container[str] | None = None,
    made: Container[Ref] = frozenset(),
) -> Reach:
    """Return a connection's scope in unified ids; `uid` is that of the normalizers' context."""
    jobs, departments = options.scope.jobs, options.scope.departments
    return Reach(
        None if jobs is None else frozenset(uid("job", job) for job in jobs),
        None
        if departments is None
        else frozenset(departments) | {uid("department", each) for each in departments},
        judged or {},
        candidates,
        made if options.scope.only_created else None,
    )


def keep(options: Options, drafts: Sequence[Draft], reach: Reach = NOWHERE) -> list[Draft]:
    """Return what of fetched answers is kept, in their order, and of each record what may be stored.

    Where jobs are narrowed, a candidate is kept, with all that an answer shows of it, when at least one
    of its applications is in a job within the scope; what names another job is left out all the same.
    Where only what was created is kept, a candidate is when it, or one of its applications, was made or
    imported; of its applications those that were. Stages are the company's and stay. `reach` is asked
    only then; without it no job is within, and nothing was made.
    """
    if options.scope == EVERYTHING:
        return list(drafts)
    within = _within(drafts, reach) if options.scope.chooses else drafts
    models, bare = options.models(), options.bare()
    return [_shown(options, d) for d in within if d.model in models or d.model in bare]


def cut(options: Options, model: str, verdict: Verdict, before: Snapshot | None) -> Verdict:
    """Return a verdict without what is not kept, whatever put it there: webhooks state values too.

    What a stored record still has of it goes as well, in silence.
    """
    if options.scope == EVERYTHING:
        return verdict
    hidden = options.hidden(model)
    after = verdict.snapshot
    if after is None:
        stale = before is not None and bool(hidden & before.fields.keys())
        after = replace(before, version=before.version + 1) if before and stale else None
        return Verdict(_bared(after, hidden) if after else None)
    told = (
        [_uncovered(change, hidden) for change in verdict.changes] if options.tells(model) else []
    )
    changes = tuple(change for change in told if change)
    lost = len(verdict.changes) - len(changes)
    return Verdict(replace(_bared(after, hidden), sequence=after.sequence - lost), changes)


def required(model: str) -> frozenset[str]:
    """Return the fields of a model that cannot be dropped: who it is, whose it is, and when."""
    every = frozenset(MODELS[model].fields)
    return every & (IDENTITY | OWNERS | NEEDED.get(model, frozenset()))


def _belonging() -> set[tuple[str, str]]:
    """Return (model, the model it hangs on)."""
    inside = {(root.child, root.name) for root in ROOTS.values() if root.child}
    listed = {(each.member, each.owner) for each in COLLECTIONS.values() if each.owner}
    return inside | listed | {("application", "stage")}


def _within(drafts: Sequence[Draft], reach: Reach) -> list[Draft]:
    shown = {d.remote_id for d in drafts if d.model == "candidate"}
    own = _kept_of(shown, drafts, reach)
    return [
        d
        for d in drafts
        if _in_job(d, reach)
        and (d.model != "application" or reach.was_made(d.model, d.remote_id))
        and _of_kept(d, shown, own, reach)
    ]


def _kept_of(shown: set[str], drafts: Sequence[Draft], reach: Reach) -> set[str]:
    """Return which of the candidates shown are kept, for themselves or for what they applied to."""
    applied = [d for d in drafts if d.model == "application"]
    made = {d.subject.remote_id for d in applied if reach.was_made(d.model, d.remote_id)}
    made |= {who for who in shown if reach.was_made("candidate", who)}
    if reach.named is None and reach.departments is None:
        return made
    return made & {d.subject.remote_id for d in applied if _in_job(d, reach)}


def _in_job(draft: Draft, reach: Reach) -> bool:
    if draft.model == "job":
        return reach.judge(draft.fields)
    job = draft.fields.get("job_id")
    return job is None or reach.has(job)


def _of_kept(draft: Draft, shown: Container[str], own: Container[str], reach: Reach) -> bool:
    """Say whether a draft's candidate, if it has one, is kept; `own` are those of the shown that are."""
    if draft.subject.model != "candidate":
        return True
    if draft.subject.remote_id in shown:
        return draft.subject.remote_id in own
    return reach.candidates is None or draft.subject.remote_id in reach.candidates


def _shown(options: Options, draft: Draft) -> Draft:
    hidden = options.hidden(draft.model)
    if not hidden & draft.fields.keys():
        return draft
    unmapped = tuple(pair for pair in draft.unmapped if pair[0] not in hidden)
    return replace(
        draft,
        fields=_without(draft.fields, hidden),
        grades=_without(draft.grades, hidden),
        unmapped=unmapped,
    )


def _bared(snapshot: Snapshot, hidden: frozenset[str]) -> Snapshot:
    was = None if snapshot.was is None else _without(snapshot.was, hidden)
    fields, grades = _without(snapshot.fields, hidden), _without(snapshot.grades, hidden)
    return replace(snapshot, fields=fields, grades=grades, was=was)


def _uncovered(change: Change, hidden: frozenset[str]) -> Change | None:
    """Return a change without hidden fields; None when it told of nothing else."""
    left = tuple(row for row in change.changes if row["path"].partition(".")[0] not in hidden)
    if change.changes and not left:
        return None
    return replace(change, record=_without(change.record, hidden), changes=left)


def _without(values: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in hidden}
