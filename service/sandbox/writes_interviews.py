"""Writes of interviews, evaluations and tasks; no webhook tells of any."""

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from service.sandbox.answers import answer, blank, blanks, not_found, refusal
from service.sandbox.calls import Call, Endpoint
from service.sandbox.dossier import Evaluation, Interview
from service.sandbox.instants import micros, stamped
from service.sandbox.parsing import member, whole
from service.sandbox.records import Json
from service.sandbox.shapes import papers as shapes
from service.sandbox.shapes import references

REQUIRED = ("kind", "starts_at", "duration", "timezone")
RATINGS = {"strong_no", "no", "neutral", "yes", "strong_yes"}
WORDS = ("kind", "timezone", "location", "note", "public_note", "custom_name", "video_provider")


def create_event(call: Call) -> Response:
    """Plan an interview; the timeline calls it scheduled at once (assumed)."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given, company = member(call.body, "interview_event"), call.company
    missing = [name for name in REQUIRED if not given.get(name)]
    if missing:
        return blanks(missing)
    if not micros(str(given["starts_at"])):
        return refusal(422, "Starts at is invalid")
    at, edits = company.now(), _edits(given)
    event = company.papers.interviews.put(replace(
        Interview(
            id=company.next_id("interview"), candidate_id=who.id, admin_id=company.owner_id,
            admin_ids=(company.owner_id,), kind="meeting", starts_at=at, duration=60,
            timezone="UTC", created_at=at, updated_at=at,
        ), **edits,
    ))  # fmt: skip
    _tell("interview_event_scheduled", event, call)
    return _event(event, call, 201)


def _edits(given: Json) -> dict[str, Any]:
    edits: dict[str, Any] = {name: given[name] for name in WORDS if name in given}
    if micros(str(given.get("starts_at"))):
        edits["starts_at"] = stamped(micros(str(given["starts_at"])))
    if whole(given.get("duration")):
        edits["duration"] = whole(given["duration"])
    if isinstance(given.get("admin_ids"), list):
        edits["admin_ids"] = tuple(whole(one) for one in given["admin_ids"])
    for name in ("offer_id", "stage_id"):
        if name in given:
            edits[name] = whole(given[name]) or None
    return edits | ({"private": bool(given["private"])} if "private" in given else {})


def update_event(call: Call) -> Response:
    """Change an interview; a new time is told as a move."""
    event = _present_event(call)
    if isinstance(event, Response):
        return event
    given, at = member(call.body, "interview_event"), call.company.now()
    edited = replace(event, **_edits(given))
    if edited == event:
        return _event(event, call)
    moved = edited.starts_at != event.starts_at
    if moved:
        reason = given.get("reschedule_reason")
        edited = replace(
            edited, old_starts_at=event.starts_at, rescheduled_at=at,
            reschedule_reason=str(reason) if reason else None,
        )  # fmt: skip
    edited = call.company.papers.interviews.put(replace(edited, updated_at=at))
    _tell("interview_event_rescheduled" if moved else "interview_event_change", edited, call)
    return _event(edited, call)


def schedule_event(call: Call) -> Response:
    """Send the invitations."""
    event = _present_event(call)
    if isinstance(event, Response):
        return event
    at = call.company.now()
    sent = call.company.papers.interviews.put(replace(event, scheduled=True, updated_at=at))
    _tell("interview_event_scheduled", sent, call)
    return _event(sent, call)


def delete_event(call: Call) -> Response:
    """Cancel an interview: nothing of it stays."""
    event = _present_event(call)
    if isinstance(event, Response):
        return event
    shape = shapes.interview(event, call.company)
    call.company.papers.interviews.drop(event.id)
    _tell("interview_event_deleted", event, call)
    return answer({"interview_event": shape})


def _present_event(call: Call) -> Interview | Response:
    found = call.company.papers.interviews.get(whole(call.path["id"]))
    who = call.company.people.get(found.candidate_id) if found else None
    return not_found() if found is None or who is None or who.deleted_at else found


def _event(one: Interview, call: Call, status: int = 200) -> Response:
    ids = (one.admin_id, *one.admin_ids)
    shape, beside = shapes.interview(one, call.company), references.of_admins(ids, call.company)
    return answer({"interview_event": shape, "references": beside}, status)


def _tell(event: str, one: Interview | Evaluation, call: Call) -> None:
    at = call.company.now()
    call.company.touch(one.candidate_id, at)
    call.company.note_activity(event, at, one.candidate_id, one.offer_id)


def create_result(call: Call) -> Response:
    """Evaluate a candidate, as the token's owner."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given, company = member(call.body, "interview_result"), call.company
    if not whole(given.get("stage_id")):
        return blank("stage_id", "Stage id")
    if given.get("rating") not in {*RATINGS, None}:
        return refusal(422, "Rating is invalid")
    at = company.now()
    result = company.papers.evaluations.put(Evaluation(
        id=company.next_id("evaluation"), candidate_id=who.id, admin_id=company.owner_id,
        kind=str(given.get("kind") or "rating"), rating=given.get("rating"), created_at=at,
        updated_at=at, rating_note=given.get("rating_note"),
        offer_id=whole(given.get("offer_id")) or None, stage_id=whole(given["stage_id"]),
    ))  # fmt: skip
    _tell("interview_result_add", result, call)
    return _result(result, call, 201)


def update_result(call: Call) -> Response:
    """Change an evaluation."""
    result = _present_result(call)
    if isinstance(result, Response):
        return result
    given = member(call.body, "interview_result")
    if given.get("rating") not in {*RATINGS, None}:
        return refusal(422, "Rating is invalid")
    edits = {name: given[name] for name in ("rating", "rating_note") if name in given}
    edited = replace(result, **edits, updated_at=call.company.now())
    call.company.papers.evaluations.put(edited)
    _tell("interview_result_update", edited, call)
    return _result(edited, call)


def delete_result(call: Call) -> Response:
    """Take an evaluation back."""
    result = _present_result(call)
    if isinstance(result, Response):
        return result
    call.company.papers.evaluations.drop(result.id)
    _tell("interview_result_remove", result, call)
    return _result(result, call)


def _present_result(call: Call) -> Evaluation | Response:
    found = call.company.papers.evaluations.get(whole(call.path["id"]))
    who = call.company.people.get(found.candidate_id) if found else None
    return not_found() if found is None or who is None or who.deleted_at else found


def _result(one: Evaluation, call: Call, status: int = 200) -> Response:
    beside = references.of_papers([one], [one.admin_id], call.company)
    return answer({"interview_result": shapes.evaluation(one), "references": beside}, status)


ROUTES = (
    Endpoint("POST", "/interview/candidates/{id:int}/events", "S", create_event),
    Endpoint("PATCH", "/interview/events/{id:int}", "S", update_event),
    Endpoint("POST", "/interview/events/{id:int}/schedule", "S", schedule_event),
    Endpoint("PATCH", "/interview/events/{id:int}/schedule", "S", schedule_event),
    Endpoint("DELETE", "/interview/events/{id:int}", "S", delete_event, "the body is assumed"),
    Endpoint("POST", "/interview/candidates/{id:int}/results", "O", create_result),
    Endpoint("PATCH", "/interview/results/{id:int}", "S", update_result),
    Endpoint("DELETE", "/interview/results/{id:int}", "S", delete_result, "the body is assumed"),
)
