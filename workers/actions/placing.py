"""Applications made, moved, rejected, taken back and taken away (Recruitee's placements)."""

from typing import Any, Final

from service.core.actions import seen
from service.core.actions.inputs import Assign, Move, Reject, Unassign, Unreject
from service.core.recruitee.client import Missing, Ok
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing, Ended, Kept
from workers.actions.noting import noted

PLACE_NEEDED: Final = "active_work_location_not_found"
REJECTED: Final = "DECLINED"


async def move_to_stage(doing: Doing, given: Move) -> None:
    """Move an application; one that was rejected stays where it is unless the caller insists."""
    _about(doing, given.application_id, given.candidate_id)
    now = await doing.known(Ref("application", given.application_id))
    if now is not None and now.fields.get("outcome") == REJECTED and not given.anyway:
        detail = "it is rejected, and a move would take that back unasked: take it back first"
        raise Ended("invalid", detail)
    await moved(doing, given)


async def moved(doing: Doing, given: Move) -> None:
    """Set an application's stage: a state, so that setting it twice does no harm."""
    details = {
        "work_location_id": _number(given.work_location_id), "opening_id": _number(given.opening_id),
        "hired_at": given.hired_at, "job_starts_at": given.job_starts_at,
    }  # fmt: skip
    body = {"stage_id": int(given.stage_id), **{k: v for k, v in details.items() if v is not None}}
    path = f"/placements/{given.application_id}/change_stage"
    try:
        await doing.step("stage", Write("PATCH", path, body), again=True)
    except Ended as error:
        raise _explained(error) from None


async def reject(doing: Doing, given: Reject) -> None:
    """Reject an application, for a reason that Recruitee asks for; the note is one on the candidate."""
    _about(doing, given.application_id, given.candidate_id)
    path = f"/placements/{given.application_id}/disqualify"
    body = {"disqualify_reason_id": int(given.rejection_reason_id)}
    await doing.step("reject", Write("PATCH", path, body), again=True)
    if given.note:
        doing.touches(Ref("candidate_notes", given.candidate_id))
        await doing.beside(noted(doing, given.candidate_id, given.note, name="note"))


async def unreject(doing: Doing, given: Unreject) -> None:
    """Take a rejection back; one that is not there is no failure."""
    _about(doing, given.application_id, given.candidate_id)
    path = f"/placements/{given.application_id}/requalify"
    await doing.step("unreject", Write("PATCH", path), again=True)


async def assign(doing: Doing, given: Assign) -> None:
    """Put a candidate into a job, and into a stage if one is named."""
    doing.ids["candidate"] = given.candidate_id
    doing.touches(Ref("candidate", given.candidate_id))
    await placed(doing, given.candidate_id, given.job_id, given.stage_id)


async def unassign(doing: Doing, given: Unassign) -> None:
    """Take an application away; one that is gone already is no failure."""
    _about(doing, given.application_id, given.candidate_id)
    path = f"/placements/{given.application_id}"
    try:
        await doing.step("unassign", Write("DELETE", path), again=True)
    except Ended as error:
        if error.why != "missing":
            raise
        doing.warn("the application was gone already")


async def placed(doing: Doing, candidate_id: str, job_id: str, stage_id: str | None) -> str:
    """Make an application of somebody who is there; returns its remote id. Raises Ended when it is there."""
    if "place" not in doing.one.steps:
        there = await placement_of(doing, candidate_id, job_id)
        if there is not None:
            doing.ids["application"] = there["id"]
            raise Ended("exists", "the candidate has an application for this job already")

    async def found() -> Kept | None:
        return await placement_of(doing, candidate_id, job_id)

    body: dict[str, Any] = {"candidate_id": int(candidate_id), "offer_id": int(job_id)}
    made = await doing.step(
        "place", Write("POST", "/placements", body), kept=_placement, found=found
    )
    doing.ids["application"] = made["id"]
    if stage_id and made.get("stage_id") != stage_id:
        where = Move(application_id=made["id"], candidate_id=candidate_id, stage_id=stage_id)
        await doing.beside(moved(doing, where))
    return str(made["id"])


async def placement_of(doing: Doing, candidate_id: str, job_id: str) -> dict[str, str] | None:
    """Return the application of a candidate for a job, as Recruitee shows it now; raises Ended."""
    answer = await doing.get(f"/candidates/{candidate_id}")
    if isinstance(answer, Missing):
        raise Ended("missing", "there is no such candidate in Recruitee")
    if not isinstance(answer, Ok):
        raise Ended("forbidden", "the API token may not see this candidate in Recruitee")
    return seen.placement_in(seen.member(answer.data, "candidate"), job_id)


def _placement(data: Any) -> Kept:
    made = seen.member(data, "placement")
    return {"id": str(made["id"]), "stage_id": str(made.get("stage_id") or "")}


def _about(doing: Doing, application_id: str, candidate_id: str) -> None:
    doing.ids |= {"candidate": candidate_id, "application": application_id}
    doing.touches(Ref("candidate", candidate_id))


def _number(given: str | None) -> int | None:
    return int(given) if given else None


def _explained(error: Ended) -> Ended:
    if error.code == PLACE_NEEDED:
        cure = "hiring into a job with locations needs work_location_id"
        return Ended(error.why, f"{error.message} ({cure})", error.code)
    return error
