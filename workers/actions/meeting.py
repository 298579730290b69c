"""Interviews planned and changed, and evaluations given, in the name of the token's owner."""

from typing import Any

from service.core import times
from service.core.actions import seen, words
from service.core.actions.inputs import Evaluation, Interview
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing, Kept


async def evaluate(doing: Doing, given: Evaluation) -> None:
    """Rate a candidate in a stage of a job."""
    _about(doing, given.candidate_id, "candidate_evaluations")
    result: dict[str, Any] = {
        "kind": "rating", "offer_id": int(given.job_id), "stage_id": int(given.stage_id),
        "rating": given.rating,
    }  # fmt: skip
    if given.note:
        result["rating_note"] = words.paragraphs(given.note)

    async def found() -> Kept | None:
        return seen.newest(
            await doing.listed("candidate_evaluations", given.candidate_id), doing.one.begun,
            lambda row: row.get("rating") == given.rating
            and str(row.get("stage_id")) == given.stage_id,
        )  # fmt: skip

    path = f"/interview/candidates/{given.candidate_id}/results"
    made = await doing.step(
        "evaluate",
        Write("POST", path, {"interview_result": result}),
        kept=seen.kept_id("interview_result"),
        found=found,
    )
    doing.ids["evaluation"] = str(made.get("id", ""))


async def schedule_interview(doing: Doing, given: Interview) -> None:
    """Plan an interview and invite to it, or change one that is planned."""
    _about(doing, given.candidate_id, "candidate_interviews")
    if given.interview_id:
        doing.ids["interview"] = given.interview_id
        path = f"/interview/events/{given.interview_id}"
        body = {"interview_event": _event(given)}
        await doing.step("interview", Write("PATCH", path, body), again=True)
        return
    made = await _planned(doing, given)
    doing.ids["interview"] = made
    invite = Write("POST", f"/interview/events/{made}/schedule", {})
    await doing.beside(doing.step("invite", invite, again=True))


async def _planned(doing: Doing, given: Interview) -> str:
    path = f"/interview/candidates/{given.candidate_id}/events"
    starts = times.parse(given.starts_at)

    async def found() -> Kept | None:
        return seen.newest(
            await doing.listed("candidate_interviews", given.candidate_id), doing.one.begun,
            lambda row: times.parse(row.get("starts_at")) == starts,
        )  # fmt: skip

    made = await doing.step(
        "interview",
        Write("POST", path, {"interview_event": _event(given)}),
        kept=seen.kept_id("interview_event"),
        found=found,
    )
    return str(made.get("id", ""))


def _event(given: Interview) -> dict[str, Any]:
    event: dict[str, Any] = {
        "kind": given.kind, "starts_at": given.starts_at, "duration": given.minutes,
        "timezone": given.timezone, "admin_ids": [int(each) for each in given.user_ids],
    }  # fmt: skip
    more = {"offer_id": given.job_id, "stage_id": given.stage_id}
    event |= {name: int(value) for name, value in more.items() if value}
    words_ = {"location": given.location, "note": given.note}
    return event | {name: value for name, value in words_.items() if value}


def _about(doing: Doing, candidate_id: str, papers: str) -> None:
    doing.ids["candidate"] = candidate_id
    doing.touches(Ref("candidate", candidate_id), Ref(papers, candidate_id))
