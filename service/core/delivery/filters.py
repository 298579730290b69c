"""Whether an event is for a subscriber: one verdict per filter, in the order in which they are asked.

A subscriber that chooses by type and connection only is judged from the log's entry (`Wanted.wants`);
what else it may ask for needs the event's body, and jobs and stages may need the candidate's applications.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from service.core import ids
from service.core.delivery import conditions, redaction
from service.core.delivery.fields import Row, named, told_by, touches
from service.core.events import OPERATIONAL
from service.core.store.subscribers import Wanted
from service.core.unified.claims import DELETED_AT
from service.core.unified.options import Options

Application = Mapping[str, Any]
"""Of a candidate's application: its `job_id` and `current_stage_id`, unified."""
Event = Mapping[str, Any]
ERASED: Final = "candidate.erased"
BY_ENTRY: Final = 3
"""How many of the filters the log's entry answers by itself."""


class Verdict(NamedTuple):
    """What one filter says of an event, and why."""

    name: str
    passed: bool
    why: str


class Case(NamedTuple):
    """One event for one subscriber; `applications` are those of the candidate it has to do with,
    `options` its connection's, where the redaction asks for them."""

    wanted: Wanted
    event: Event
    applications: Sequence[Application] = ()
    options: Options | None = None

    @property
    def about(self) -> dict[str, Any]:
        """What the event is about."""
        data: dict[str, Any] = self.event["data"]
        return data

    @property
    def record(self) -> Mapping[str, Any]:
        """The record as it is after the event."""
        return self.about.get("record") or {}

    @property
    def model(self) -> str:
        """The record's model; "" for an operational event."""
        return str(self.about.get("model", ""))

    @property
    def updates(self) -> Sequence[Row]:
        """The changes of an update; none where a record begins, ends or returns."""
        rows: Sequence[Row] = self.about.get("changes") or ()
        return () if any(row["path"] == DELETED_AT for row in rows) else rows


def needs_body(wanted: Wanted) -> bool:
    """Say whether a subscriber chooses by more than the log's entry says."""
    return bool(
        wanted.job_ids is not None
        or wanted.stage_ids is not None
        or wanted.watch
        or wanted.ignore
        or wanted.conditions
        or redaction.drops(wanted.redact)
    )


def needs_applications(wanted: Wanted, event: Event) -> bool:
    """Say whether it takes a candidate's applications to judge an event."""
    if wanted.job_ids is None and wanted.stage_ids is None:
        return False
    subject = event["data"].get("subject") or {}
    return subject.get("model") == "candidate" and event["data"]["model"] != "application"


def passes(case: Case) -> bool:
    """Say whether an event is for a subscriber; asks no further than the first that says no."""
    return all(verdict.passed for verdict in _asked(case))


def verdicts(case: Case) -> list[Verdict]:
    """Return what every filter says."""
    return list(_asked(case))


def _asked(case: Case) -> Iterator[Verdict]:
    # Of an erasure everybody is told who has the person, whatever else he asked for.
    asked = _FILTERS[:BY_ENTRY] if case.event["type"] == ERASED else _FILTERS
    return (ask(case) for ask in asked)


def _event_type(case: Case) -> Verdict:
    kind, patterns = case.event["type"], ", ".join(case.wanted.event_types)
    if case.wanted.wants_type(kind):
        return Verdict("event_types", True, f"{kind} is asked for by {patterns}")
    return Verdict("event_types", False, f"{kind} is in none of: {patterns}")


def _format(case: Case) -> Verdict:
    form = case.wanted.format
    if case.wanted.can_tell(case.event["type"]):
        return Verdict("format", True, f"{form} can say it")
    return Verdict("format", False, f"{form} has no words for {case.event['type']}")


def _connection(case: Case) -> Verdict:
    chosen = case.wanted.connection_ids
    if chosen is None:
        return Verdict("connection_ids", True, "all connections are asked for")
    c = case.event["connection_id"]
    return Verdict("connection_ids", c in chosen, f"{c} is {_one_of(c in chosen)} those asked for")


def _jobs(case: Case) -> Verdict:
    def judge(chosen: frozenset[str]) -> Verdict:
        if case.model == "job":
            return _own("job_ids", "the job", case.about["id"] in chosen)
        if (job := case.record.get("job_id")) is not None:
            return _own("job_ids", "its job", job in chosen)
        return _by_applications(case, "job_ids", "job")

    return _chosen_by(case, "job_ids", "job", case.wanted.job_ids, judge)


def _stages(case: Case) -> Verdict:
    def judge(chosen: frozenset[str]) -> Verdict:
        if case.model == "stage":
            return _own("stage_ids", "the stage", case.about["id"] in chosen)
        if case.model == "job":
            there = chosen.intersection(case.record.get("stage_ids") or ())
            return _own("stage_ids", "a stage of the job's", bool(there))
        if case.model == "application":
            return _own("stage_ids", "its stage, now or before", bool(chosen & _moved(case)))
        if (stage := case.record.get("stage_id")) is not None:
            return _own("stage_ids", "its stage", stage in chosen)
        return _by_applications(case, "stage_ids", "stage")

    return _chosen_by(case, "stage_ids", "stage", case.wanted.stage_ids, judge)


def _watch(case: Case) -> Verdict:
    if not case.wanted.watch:
        return Verdict("watch", True, "all fields are watched")
    if not case.updates:
        return Verdict("watch", True, "it is no update of fields")
    watched = [named(path) for path in case.wanted.watch]
    hit = [r["path"] for r in case.updates if any(touches(n, case.model, r) for n in watched)]
    why = f"{_and(hit)} is watched" if hit else f"of {_and(_paths(case))} nothing is watched"
    return Verdict("watch", bool(hit), why)


def _ignore(case: Case) -> Verdict:
    if not case.wanted.ignore:
        return Verdict("ignore", True, "no field is ignored")
    if not case.updates:
        return Verdict("ignore", True, "it is no update of fields")
    ignored = [named(path) for path in case.wanted.ignore]
    left = [r["path"] for r in case.updates if not told_by(ignored, case.model, r)]
    why = f"{_and(left)} is not ignored" if left else f"all of {_and(_paths(case))} is ignored"
    return Verdict("ignore", bool(left), why)


def _conditions(case: Case) -> Verdict:
    if not case.wanted.conditions:
        return Verdict("conditions", True, "there are none")
    where = conditions.failing(case.wanted.conditions, case.event)
    why = "they hold" if where is None else f"{where} does not hold"
    return Verdict("conditions", where is None, why)


def _redaction(case: Case) -> Verdict:
    if redaction.nothing_left(dict(case.event), case.wanted.redact, case.options):
        return Verdict(
            "redact", False, f"{_and(_paths(case))} is dropped, and nothing else changed"
        )
    return Verdict("redact", True, "it leaves something to tell")


_FILTERS: Final[tuple[Callable[[Case], Verdict], ...]] = (
    _event_type, _connection, _format, _jobs, _stages, _watch, _ignore, _conditions, _redaction,
)  # fmt: skip


def _chosen_by(
    case: Case,
    name: str,
    model: str,
    chosen: Sequence[str] | None,
    judge: Callable[[frozenset[str]], Verdict],
) -> Verdict:
    if chosen is None:
        return Verdict(name, True, f"all {model}s are asked for")
    if case.event["type"] in OPERATIONAL or not case.model:
        return Verdict(name, True, "an operational event is about no record")
    return judge(unified(case.event["connection_id"], model, chosen))


def unified(c: str, model: str, chosen: Sequence[str]) -> frozenset[str]:
    """Return ids as they are, and read as Recruitee's own: a subscriber may give either."""
    return frozenset(chosen) | {ids.record_id(c, model, each) for each in chosen}


def _own(name: str, what: str, good: bool) -> Verdict:
    return Verdict(name, good, f"{what} is {_one_of(good)} those asked for")


def _by_applications(case: Case, name: str, model: str) -> Verdict:
    """Judge what hangs on a candidate by its applications: one must fit all that is asked of them."""
    subject = case.about.get("subject") or {}
    if subject.get("model") == "job" and model == "job":
        job_ids = unified(case.event["connection_id"], "job", case.wanted.job_ids or ())
        return _own(name, "its job", subject.get("id") in job_ids)
    if subject.get("model") != "candidate":
        return Verdict(name, False, f"it is about no {model}")
    fitting = sum(_fits(case, each) for each in case.applications)
    count = len(case.applications)
    return Verdict(name, fitting > 0, f"{fitting} of the candidate's {count} applications fit")


def _fits(case: Case, application: Application) -> bool:
    c, wanted, own = case.event["connection_id"], case.wanted, case.record.get("job_id")
    if own is not None and application.get("job_id") != own:
        return False
    asked = (("job_id", "job", wanted.job_ids), ("current_stage_id", "stage", wanted.stage_ids))
    return all(
        chosen is None or application.get(field) in unified(c, model, chosen)
        for field, model, chosen in asked
    )


def _moved(case: Case) -> set[Any]:
    rows = [row for row in case.updates if row["path"] == "current_stage_id"]
    return {case.record.get("current_stage_id")}.union(
        row[side] for row in rows for side in ("before", "after")
    )


def _paths(case: Case) -> list[str]:
    return [row["path"] for row in case.about.get("changes") or ()]


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


def _one_of(good: bool) -> str:
    return "one of" if good else "none of"
