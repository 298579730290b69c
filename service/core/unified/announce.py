"""Compare a fetched record with what we had: the snapshot to store, and the events to tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from service.core import times
from service.core.unified.claims import DELETED_AT, SILENT, Told, claim
from service.core.unified.hops import Hop, chain, in_order, newer, unmoved
from service.core.unified.merge import Merged, merge, silent
from service.core.unified.model import (
    Cause,
    Change,
    Context,
    Draft,
    Fields,
    Model,
    Ref,
    Snapshot,
    Verdict,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """What one comparison is about, whatever it comes to."""

    model: Model
    remote_id: str
    subject: Ref
    causes: tuple[Cause, ...]  # those that concern the record, in order
    context: Context
    quiet: bool = False  # adopt only
    listed: bool = (
        False  # the list that it comes with was read whole before: who is new in it is new
    )


def announce(
    model: Model,
    draft: Draft,
    before: Snapshot | None,
    causes: Sequence[Cause],
    context: Context,
    baseline_at: str | None,
    quiet: bool = False,
    listed: bool = False,
) -> Verdict:
    """Return what a fetched record comes to; the same draft again comes to nothing.

    `baseline_at` is when the connection's first full read began: what was made since is `created`
    when it is first seen. `quiet` is that first read itself: everything is adopted in silence.
    `listed`: the list that shows it was read whole before, so that what has no time of its own is new.
    """
    if before is not None and not causes and _same(draft, before):
        return Verdict(None)
    known = draft.fields if before is None else before.fields | draft.fields
    near = tuple(in_order(c for c in causes if model.concerns(c, known, context)))
    case = Case(model, draft.remote_id, draft.subject, near, context, quiet or model.silent, listed)
    if before is None:
        return _first_sight(case, draft, baseline_at)
    verdict = _compare(case, draft, before, baseline_at)
    if before.was is None or quiet or not (verdict.changes or _told(near)):
        return verdict
    # The first to be told since a silent read: told from what was told last.
    return _told_late(case, draft, before, baseline_at)


def _same(draft: Draft, before: Snapshot) -> bool:
    """Say whether a draft shows nothing but what is stored: most of a full read is that."""
    if before.deleted or before.was is not None or draft.grades:
        return False
    return draft.fields.items() <= before.fields.items()


def announce_deleted(
    model: Model,
    before: Snapshot,
    remote_id: str,
    subject: Ref,
    causes: Sequence[Cause],
    at: str,
    context: Context,
) -> Verdict:
    """Return the end of a record; nothing when it has ended before.

    One that ended in a silent read is told by the webhook that it was the first to see.
    """
    near = in_order(c for c in causes if model.concerns(c, before.fields, context))
    if before.deleted and not (before.was and _told(near)):
        return Verdict(None)
    case = Case(model, remote_id, subject, tuple(near), context)
    # What ends is what was told last: a return is compared with that.
    last = before.was or before.fields
    fields, told = last | {DELETED_AT: at}, last | {DELETED_AT: None}
    # Nothing but the deletion differs, so this is one event.
    changes = [_change(case, one, fields, case.causes, at) for one in _claim(case, told, fields)]
    untold = before.was is not None and not before.was
    changes = [] if model.silent or untold else changes
    old = replace(before, was={} if untold else None)
    return _written(old, Merged(fields, before.grades, SILENT), changes, before.hop_at, True)


def lagging(model: Model, draft: Draft, causes: Sequence[Cause], context: Context) -> bool:
    """Say whether a fetch seems to be older than the latest webhook that states a value of it."""
    near = in_order(c for c in causes if model.concerns(c, draft.fields, context))
    stated = [(c, said) for c in near if (said := model.claimed(c, draft.fields, context))]
    if not stated:
        return False
    cause, said = stated[-1]
    shown = all(draft.fields[name] == said[name] for name in said if name in draft.fields)
    said_at, moved_at = times.parse(cause.at), times.parse(draft.fields.get("remote_updated_at"))
    return not shown and said_at is not None and (moved_at is None or moved_at < said_at)


def _first_sight(case: Case, draft: Draft, baseline_at: str | None) -> Verdict:
    draft = case.model.enrich(draft, case.causes)
    merged = Merged(draft.fields, dict(draft.grades), silent(case.model))
    if _is_new(case, draft.fields, baseline_at):
        changes = [_created(case, draft.fields)]
    else:
        changes = _stated(case, merged)
    hop_at = _latest(case.causes) if case.model.hop_fields else None
    return _written(None, merged, [] if case.quiet else changes, hop_at)


def _is_new(case: Case, fields: Fields, baseline_at: str | None) -> bool:
    if any(case.model.creates(cause, fields) for cause in case.causes):
        return True
    made, began = times.parse(fields.get("remote_created_at")), times.parse(baseline_at)
    if made is None and case.listed:
        return True
    return made is not None and began is not None and made >= began


def _created(case: Case, fields: Fields) -> Change:
    # Nothing is known to have changed: `record` is the news.
    one = Told(0, f"{case.model.name}.{case.model.created_as}", (), frozenset())
    at = _latest(case.causes) or _text(fields.get("remote_created_at"))
    return _change(case, one, fields, case.causes, at)


def _stated(case: Case, merged: Merged) -> list[Change]:
    """Tell what webhooks state of a record that is adopted: from what they say was before."""
    timed = newer(case.causes, None)
    said = [case.model.states(cause, merged.fields, case.context) for cause in timed]
    for first, fact in enumerate(said):
        if fact:
            start = merged.fields | _earliest(said[first:])
            hops = chain(case.model, start, merged.fields, timed[first:], case.context)
            if hops:
                return _tell(case, start, merged, hops)
    return _tell(case, merged.fields | _earliest(said), merged, ())


def _made_meanwhile(case: Case, fields: Fields, baseline_at: str | None) -> bool:
    """Say whether a record that the baseline found was made while that was read.

    It was adopted in silence then; the webhook that waited meanwhile is the first to tell of it. Entries of
    the feed name a note's owner, and of what the company lists nothing: the record's own time decides.
    """
    began, made = times.parse(baseline_at), times.parse(fields.get("remote_created_at"))
    creating = (c.at for c in case.causes if case.model.creates(c, fields))
    said = began is not None and any((times.parse(at) or 0) >= began for at in creating)
    return said and made is not None and began is not None and made >= began


def _earliest(said: Sequence[Fields]) -> Fields:
    merged: Fields = {}
    for fact in reversed(said):
        merged |= fact
    return merged


def _compare(case: Case, draft: Draft, before: Snapshot, baseline_at: str | None) -> Verdict:
    fresh = newer(case.causes, before.hop_at)
    draft = case.model.enrich(draft, fresh)
    start = before.fields
    if before.deleted:
        start = start | {DELETED_AT: None}
    hops = chain(case.model, start, start | draft.fields, fresh, case.context)
    merged = merge(case.model, draft, before, hops)
    changes = _tell(case, before.fields, merged, hops)
    if before.sequence == 0 and _made_meanwhile(case, merged.fields, baseline_at):
        changes = [_created(case, merged.fields)]
    hop_at = _hop_at(case, before, merged, hops, fresh)
    return _written(before, merged, [] if case.quiet else changes, hop_at)


def _told(near: Sequence[Cause]) -> bool:
    """Say whether somebody else tells of it: a look of our own does not."""
    return any(cause.event_type for cause in near)


def _told_late(case: Case, draft: Draft, before: Snapshot, baseline_at: str | None) -> Verdict:
    """Tell what silent reads have adopted, with what is new."""
    # A lean list does not show all that was adopted.
    fields, grades = before.fields | draft.fields, {**before.grades, **draft.grades}
    draft = replace(draft, fields=fields, grades=grades)
    if not before.was:
        return _born_late(case, draft, before, baseline_at)
    told = replace(before, fields=before.was, was=None)
    verdict = _compare(case, draft, told, baseline_at)
    if verdict.snapshot is not None:
        return verdict
    # Back to what was told last: nothing to tell, but the silent state is over.
    return Verdict(replace(told, version=before.version + 1))


def _born_late(case: Case, draft: Draft, before: Snapshot, baseline_at: str | None) -> Verdict:
    """Tell of a record of which nothing was told when a silent read saw it first."""
    if not _is_new(case, draft.fields, baseline_at):
        verdict = _compare(case, draft, replace(before, was=None), baseline_at)
        if verdict.changes:
            return verdict
    verdict = _first_sight(case, draft, baseline_at)
    if verdict.snapshot is None:
        return verdict
    hop_at = _later((before.hop_at, verdict.snapshot.hop_at))
    sequence = before.sequence + len(verdict.changes)
    return replace(
        verdict,
        snapshot=replace(
            verdict.snapshot, version=before.version + 1, sequence=sequence, hop_at=hop_at
        ),
    )


def _tell(case: Case, before: Fields, merged: Merged, hops: Sequence[Hop]) -> list[Change]:
    """Return the events from `before` to the merged record.

    First the return of a deleted one, then hop by hop as far as webhooks chain, then the net change.
    """
    told, changes = dict(before), list[Change]()
    for one in _claim(case, told, merged.fields, merged.quiet):
        if DELETED_AT in one.paths:
            told[DELETED_AT] = merged.fields[DELETED_AT]
            changes.append(_net(case, one, before, merged.fields))
    for number, hop in enumerate(hops, start=1):
        last = number == len(hops)
        now = merged.fields if last else hop.fields
        explained = {n for n in told if n not in hop.fields or told[n] != hop.fields[n]}
        for one in _claim(case, told, now, merged.quiet):
            if one.paths & explained:
                changes.append(_change(case, one, now, hop.causes, _latest(hop.causes)))
                told |= {name: now[name] for name in one.paths}
    for one in _claim(case, told, merged.fields, merged.quiet):
        changes.append(_net(case, one, before, merged.fields))
    # The last event shows the record as it is stored, whatever became known in silence.
    last_record = _record(case, merged.fields)
    return [*changes[:-1], *(replace(change, record=last_record) for change in changes[-1:])]


def _net(case: Case, one: Told, before: Fields, now: Fields) -> Change:
    """Return a change that no single webhook explains, dated as well as the source knows."""
    telling = [c for c in case.causes if any(case.model.tells(c, path) for path in one.paths)]
    moved_at = _text(now.get("remote_updated_at"))
    if moved_at == before.get("remote_updated_at"):
        moved_at = None
    at = _latest(telling) or moved_at or _latest(case.causes)
    return _change(case, one, now, case.causes, at)


def _change(
    case: Case, one: Told, fields: Fields, causes: Sequence[Cause], at: str | None
) -> Change:
    record = _record(case, fields)
    return Change(
        case.model.name, case.remote_id, one.event, record, one.changes, tuple(causes), at, case.subject
    )  # fmt: skip


def _record(case: Case, fields: Fields) -> Fields:
    return {name: fields[name] for name in case.model.fields if name in fields}


def _claim(
    case: Case, told: Fields, now: Fields, quiet: frozenset[str] = frozenset()
) -> list[Told]:
    return claim(case.model, told, now, quiet)


def _hop_at(
    case: Case, before: Snapshot, merged: Merged, hops: Sequence[Hop], fresh: Sequence[Cause]
) -> str | None:
    """Return up to when hops were told: what states an earlier one afterwards is late, not news."""
    if hops:
        return _latest(fresh)
    if unmoved(case.model, before.fields, merged.fields):
        return before.hop_at
    # Told as a net change: so are all hops until the record's own update.
    return _later((before.hop_at, _latest(fresh), _text(merged.fields.get("remote_updated_at"))))


def _written(
    before: Snapshot | None,
    merged: Merged,
    changes: Sequence[Change],
    hop_at: str | None,
    deleted: bool = False,
) -> Verdict:
    old = before or Snapshot(0, 0, {})
    new = replace(old, fields=merged.fields, grades=merged.grades, deleted=deleted, hop_at=hop_at)
    if new == before and not changes:
        return Verdict(None)
    new = replace(new, version=old.version + 1, sequence=old.sequence + len(changes))
    return Verdict(new, tuple(changes))


def _latest(causes: Iterable[Cause]) -> str | None:
    return _later(cause.at for cause in causes)


def _later(instants: Iterable[str | None]) -> str | None:
    known = [(ms, at) for at in instants if at and (ms := times.parse(at)) is not None]
    return max(known)[1] if known else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
