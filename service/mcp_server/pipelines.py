"""Pipelines over time: who stands where, and for how long they have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

import orjson
from pydantic import Field

from service.core import times
from service.core.unified.model import Fields, Ref, Snapshot
from service.mcp_server import pages, records
from service.mcp_server.changes import iso_or_none, stage_names
from service.mcp_server.failing import Failed
from service.mcp_server.pages import Found, Source
from service.mcp_server.tool import AnyId, Call, Paged, Shape, Told, Tool
from service.mcp_server.untrusted import MARK

MOVED: Final = "application.stage_changed"
DAY_MS: Final = 86_400_000


class OfJob(Paged):
    """Of one job, or of all."""

    job_id: AnyId | None = None


class OfApplications(OfJob):
    """Of one candidate or one job."""

    candidate_id: AnyId | None = None


class Overview(Told):
    """Jobs, and how many stand in each stage."""

    result: list[dict[str, Any]] = Field(json_schema_extra=MARK)
    next_cursor: str | None
    untrusted: bool = True
    truncated: bool = False


class InStages(Overview):
    """Applications with their stays, and the stays of this page by stage."""

    by_stage: list[dict[str, Any]] = Field(default_factory=list)


class Stay(NamedTuple):
    """A stay in a stage (unified id); `exact`: a move in the log says when it began."""

    stage: str
    entered: int | None
    left: int | None
    exact: bool


def tools() -> list[Tool]:
    """Return both."""
    return [
        Tool("pipeline_overview", "The pipelines at a glance",
             "Counts, for each job, the applications in each stage that are under way, and those"
             " that were rejected and hired.",
             "custom", "jobs", OfJob, Overview, _overview, tags=("jobs", "applications"),
             open_world=False),
        Tool("time_in_stage", "Time in stages",
             "Tells how long the applications of a candidate or a job have stood in each stage;"
             " `exact` is false where the entry is older than the events kept.",
             "custom", "applications", OfApplications, InStages, _in_stages,
             tags=("applications", "changes"), open_world=False),
    ]  # fmt: skip


async def _overview(call: Call, asked: OfJob) -> Shape:
    counts = await _counted(call)
    names = await stage_names(call)
    wanted = None
    if asked.job_id is not None:
        wanted, _ = await records.one(call, "job", asked.job_id, "job_id")

    async def show(_: Call, known: Mapping[Ref, Snapshot]) -> list[Shape]:
        return [_of_job(ref, each.fields, counts, names) for ref, each in known.items()]

    source = pages.changed(call, "job", asked.next_cursor, None)
    if wanted is not None:
        source = _only(call, Ref("job", wanted))
    return await pages.page(call, asked, source, show=show)


async def _only(call: Call, ref: Ref) -> Source:
    for known in (await call.store.records.load(call.c, [ref])).values():
        yield Found((ref.remote_id, 0), ref, known)


async def _counted(call: Call) -> Counter[tuple[str, str]]:
    """Return (job, stage or outcome) -> how many applications."""
    counts: Counter[tuple[str, str]] = Counter()
    async for chunk in call.store.records.pages(call.c, "application"):
        for each in chunk.values():
            if each.deleted:
                continue
            job, outcome = str(each.fields.get("job_id")), each.fields.get("outcome")
            ended = outcome if outcome in ("DECLINED", "HIRED") else None
            counts[job, str(ended or each.fields.get("current_stage_id"))] += 1
    return counts


def _of_job(
    ref: Ref, fields: Fields, counts: Counter[tuple[str, str]], names: Mapping[str, str]
) -> Shape:
    job = str(fields.get("id"))
    stages = [str(each) for each in fields.get("stage_ids") or ()]
    stages += [s for j, s in counts if j == job and s in names and s not in stages]
    told = [{"name": names.get(each), "count": counts[job, each]} for each in stages]
    return {
        "job_id": ref.remote_id, "name": fields.get("name"), "status": fields.get("status"),
        "visibility": fields.get("visibility"), "stages": told,
        "under_way": sum(each["count"] for each in told),
        "rejected": counts[job, "DECLINED"], "hired": counts[job, "HIRED"],
    }  # fmt: skip


async def _in_stages(call: Call, asked: OfApplications) -> Shape:
    if asked.candidate_id is None and asked.job_id is None:
        raise Failed(422, "candidate_id: give candidate_id or job_id")
    job = None
    if asked.job_id is not None:
        job = records.uid(call, "job", (await records.one(call, "job", asked.job_id, "job_id"))[0])
    source = pages.changed(call, "application", asked.next_cursor, None)
    if asked.candidate_id is not None:
        who, _ = await records.one(call, "candidate", asked.candidate_id, "candidate_id")
        source = pages.below(call, Ref("candidate", who), "application", asked.next_cursor)
    names, now = await stage_names(call), await call.store.log.ago(0)
    stays: dict[str, list[float]] = {}

    async def show(call: Call, known: Mapping[Ref, Snapshot]) -> list[Shape]:
        rows = await records.shown(call, known)
        raw = list(known.items())
        return [
            await _application(call, row, ref, each.fields, names, now, stays)
            for row, (ref, each) in zip(rows, raw, strict=True)
        ]

    page = await pages.page(call, asked, source, lambda f: job in (None, f.get("job_id")), show)
    by_stage = [
        {"name": name, "stays": len(days), "median_days": round(median(days), 2),
         "longest_days": round(max(days), 2)}
        for name, days in sorted(stays.items())
    ]  # fmt: skip
    return page | {"by_stage": by_stage}


async def _application(
    call: Call,
    row: Shape,
    ref: Ref,
    fields: Fields,
    names: Mapping[str, str],
    now: int,
    stays: dict[str, list[float]],
) -> Shape:
    events = await call.store.log.timeline(call.c, ref.model, ref.remote_id)
    bodies = [orjson.loads(each) for each in await call.store.log.bodies(events) if each]
    found = stays_of([body for body in bodies if body["type"] == MOVED], fields)
    told = []
    for stay in found:
        name = names.get(stay.stage)
        days = None if stay.entered is None else ((stay.left or now) - stay.entered) / DAY_MS
        if days is not None and name:
            stays.setdefault(name, []).append(days)
        told.append({
            "stage": name, "entered_at": iso_or_none(stay.entered),
            "left_at": iso_or_none(stay.left), "exact": stay.exact,
            "days": None if days is None else round(days, 2),
        })  # fmt: skip
    kept = ("id", "candidate_id", "job_id", "outcome", "current_stage_id")
    return {name: row.get(name) for name in kept} | {"stages": told}


def stays_of(moves: Sequence[Mapping[str, Any]], fields: Fields) -> list[Stay]:
    """Return the stays that an application's moves tell of, the first one first."""
    found: list[Stay] = []
    entered, exact = times.parse(fields.get("remote_created_at")), False
    here = str(fields.get("current_stage_id"))
    for move in sorted(moves, key=lambda body: int(body["sequence"])):
        at = times.parse(move["timestamp"])
        step = next(c for c in move["data"]["changes"] if c["path"] == "current_stage_id")
        if step["before"] is not None:
            found.append(Stay(str(step["before"]), entered, at, exact))
        entered, exact, here = at, True, str(step["after"])
    return [*found, Stay(here, entered, None, exact)]
