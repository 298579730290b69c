"""Writes on many candidates at once, and merging two into one; both made of the single actions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.responses import Response

from service.sandbox.answers import answer, not_found, refusal
from service.sandbox.calls import Call, Endpoint
from service.sandbox.instants import micros, stamped
from service.sandbox.parsing import whole
from service.sandbox.persons import Candidate
from service.sandbox.writes_candidates import LISTS, delete, label, retrieve, shown
from service.sandbox.writes_placements import change_stage, create, disqualify, remove, requalify
from service.sandbox.writes_profiles import expire, followed

Action = Callable[[Call], Response]
UNION = (*LISTS, "tags", "sources")


def merge(call: Call) -> Response:
    """Merge others into a candidate: they take all that hangs on them along and are deleted."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given, people = call.body.get("ids"), call.company.people
    others = [people.get(whole(one)) for one in given] if isinstance(given, list) else []
    if not others or any(one is None or one.deleted_at or one.id == who.id for one in others):
        return not_found()
    for other in others:
        if other is not None:
            who = _merged(call, who, other)
    return shown(who, call)


def _merged(call: Call, who: Candidate, other: Candidate) -> Candidate:
    company, at = call.company, call.company.now()
    taken = {one.offer_id for one in who.placements if one.offer_id}
    moved = [replace(one, candidate_id=who.id, updated_at=at)
             for one in other.placements if one.offer_id not in taken]  # fmt: skip
    lists: dict[str, Any] = {
        name: tuple(dict.fromkeys((*getattr(who, name), *getattr(other, name)))) for name in UNION
    }
    for shelf in (company.papers.notes, company.papers.attachments, company.papers.interviews,
                  company.papers.evaluations, company.papers.requests,
                  company.papers.tasks):  # fmt: skip
        _hand_over(shelf, other.id, who.id)
    company.put(replace(other, placements=(), deleted_at=at, deleted_by=company.owner_id))
    company.note_activity("candidate_merge", at, who.id)
    placements = tuple(sorted((*who.placements, *moved), key=lambda one: one.id))
    answers = (*who.answers, *other.answers)
    return company.put(replace(
        who, placements=placements, answers=answers, updated_at=at, last_activity_at=at,
        cv_name=who.cv_name or other.cv_name, **lists,
    ))  # fmt: skip


def _hand_over(shelf: Any, before: int, after: int) -> None:
    for paper in shelf.of(before):
        shelf.put(replace(paper, candidate_id=after))


def _bulk(act: Callable[[Call, Candidate], object]) -> Action:
    """Return the route that acts on each of `candidates`; who cannot be acted on is passed over."""

    def bulk(call: Call) -> Response:
        given = call.body.get("candidates")
        stage = call.company.stages.get(whole(call.body.get("stage_id")))
        if stage is not None and stage.category == "hire":
            return refusal(422, "Can not perform bulk hire!")
        for one in given if isinstance(given, list) else ():
            who = call.company.people.get(whole(one))
            if who is not None and who.id not in call.knobs.hidden_candidates:
                act(call, who)
        number = call.company.next_id("bulk")
        return answer({"uuid": str(UUID(int=number << 64 | 4 << 76 | 2 << 62))})

    return bulk


def _candidate(action: Action) -> Callable[[Call, Candidate], object]:
    """Act on the candidate by the single action."""
    return lambda call, who: action(replace(call, path={"id": str(who.id)}))


def _placement(action: Action) -> Callable[[Call, Candidate], object]:
    """Act on the candidate's placement in `offer_id`."""

    def act(call: Call, who: Candidate) -> None:
        offer_id = whole(call.body.get("offer_id"))
        for one in who.placements:
            if one.offer_id and offer_id in {0, one.offer_id}:
                action(replace(call, path={"id": str(one.id)}))

    return act


def _assign(call: Call, who: Candidate) -> None:
    create(replace(call, body={**call.body, "candidate_id": who.id}))


def _expire(call: Call, who: Candidate) -> None:
    until = micros(str(call.given("gdpr_custom_expires_at") or ""))
    if until and not who.deleted_at:
        expire(call, who, stamped(until))


def _begin(call: Call, who: Candidate) -> None:
    followed(call, who, begin=True)


def _end(call: Call, who: Candidate) -> None:
    followed(call, who, begin=False)


_ACTIONS: dict[str, Callable[[Call, Candidate], object]] = {
    "assign": _assign,
    "unassign": _placement(remove),
    "change_stage": _placement(change_stage),
    "disqualify": _placement(disqualify),
    "requalify": _placement(requalify),
    "tags": _candidate(label("tags", add=True)),
    "sources": _candidate(label("sources", add=True)),
    "destroy": _candidate(delete),
    "retrieve": _candidate(retrieve),
    "set_gdpr_custom_expires_at": _expire,
    "follow": _begin,
    "unfollow": _end,
}
ROUTES = (
    Endpoint("PATCH", "/candidates/{id:int}/merge", "C", merge, "what moves along is assumed"),
    *(
        Endpoint("PATCH", f"/bulk/candidates/{name}", "S", _bulk(act), "done at once")
        for name, act in _ACTIONS.items()
    ),
)
