"""Writes on what a profile says: custom fields, consent, followers; no webhook tells of any."""

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from service.sandbox.answers import answer, blank, not_found, refusal
from service.sandbox.calls import Call, Endpoint
from service.sandbox.instants import micros, stamped
from service.sandbox.parsing import member, whole
from service.sandbox.persons import Candidate
from service.sandbox.profiles import FIXED, KINDS, PUBLIC, field
from service.sandbox.records import Json, Stamp
from service.sandbox.writes_candidates import shown

KNOWN = {*FIXED, *(kind for kind, _, _ in KINDS)}


def create_field(call: Call) -> Response:
    """Give a profile field its first value."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    given = member(call.body, "field")
    kind, values = str(given.get("kind") or ""), given.get("values")
    if kind not in KNOWN:
        return blank("kind", "Kind") if not kind else refusal(422, "Kind is invalid")
    if not isinstance(values, list):
        return blank("values", "Values")
    visibility = {**PUBLIC, **member(given, "visibility")}
    name = str(given["name"]) if given.get("name") else None
    made = field(call.company.next_id("field"), kind, values, name, visibility)
    rest = tuple(one for one in who.fields if one["id"] is not None or one["kind"] != kind)
    _kept(call, who, (*rest, made), "candidate_field_created")
    return answer({"field": made}, 201)


def update_field(call: Call) -> Response:
    """Change a field's values."""
    found = _found(call)
    if isinstance(found, Response):
        return found
    who, number = found
    values = member(call.body, "field").get("values")
    if not isinstance(values, list):
        return blank("values", "Values")
    fields = [
        {**one, "values": values, "origin": "manual"} if one["id"] == number else one
        for one in who.fields
    ]
    _kept(call, who, tuple(fields), "candidate_field_updated")
    return answer({"field": next(one for one in fields if one["id"] == number)})


def delete_field(call: Call) -> Response:
    """Take a field's value away; a fixed field stays, empty."""
    found = _found(call)
    if isinstance(found, Response):
        return found
    who, number = found
    gone = next(one for one in who.fields if one["id"] == number)
    rest = [one for one in who.fields if one["id"] != number]
    if gone["kind"] in FIXED:
        rest.append(field(None, gone["kind"], []))
    _kept(call, who, tuple(rest), "candidate_field_deleted")
    return answer({"field": gone})


def _found(call: Call) -> tuple[Candidate, int] | Response:
    number = whole(call.path["field"])
    who = call.company.people.with_field(number)
    named = whole(call.path.get("id"))
    if who is None or named not in {0, who.id}:
        return not_found()
    return who, number


def _kept(call: Call, who: Candidate, fields: tuple[Json, ...], event: str) -> None:
    at = call.company.now()
    call.company.put(replace(who, fields=fields, last_activity_at=at))
    call.company.note_activity(event, at, who.id)


def set_expiry(call: Call) -> Response:
    """Set when a candidate's consent ends."""
    who = call.present_candidate()
    if isinstance(who, Response):
        return who
    until = micros(str(call.given("gdpr_custom_expires_at") or ""))
    if not until:
        return blank("gdpr_custom_expires_at", "Gdpr custom expires at")
    return shown(expire(call, who, stamped(until)), call)


def expire(call: Call, who: Candidate, until: Stamp) -> Candidate:
    """Store when consent ends, and tell the timeline."""
    at = call.company.now()
    changed = replace(who, gdpr_expires_at=until, gdpr_consent_given=True, updated_at=at)
    call.company.note_activity("gdpr_custom_expires_at_updated", at, who.id)
    return call.company.put(changed)


def _follow(*, begin: bool) -> Callable[[Call], Response]:
    def follow(call: Call) -> Response:
        who = call.present_candidate()
        if isinstance(who, Response):
            return who
        return shown(followed(call, who, begin=begin), call)

    return follow


def followed(call: Call, who: Candidate, *, begin: bool) -> Candidate:
    """Let the token's owner, or `admin_ids`, follow a candidate or not any more."""
    given = call.given("admin_ids")
    named = {whole(one) for one in given} if isinstance(given, list) else {call.company.owner_id}
    chosen = named & call.company.admins.keys()
    rest = tuple(one for one in who.follower_ids if one not in chosen)
    after = (*rest, *sorted(chosen)) if begin else rest
    if set(after) == set(who.follower_ids):
        return who
    at = call.company.now()
    event = "candidate_follower_add" if begin else "candidate_follower_remove"
    call.company.note_activity(event, at, who.id)
    return call.company.put(replace(who, follower_ids=after, last_activity_at=at))


_FIELD = "/custom_fields/candidates/fields/{field:int}"
_FIELD_OF = "/custom_fields/candidates/{id:int}/fields/{field:int}"
ROUTES = (
    Endpoint("POST", "/custom_fields/candidates/{id:int}/fields", "S", create_field),
    Endpoint("PATCH", _FIELD, "S", update_field),
    Endpoint("DELETE", _FIELD, "S", delete_field, "answer's body is assumed"),
    Endpoint("PATCH", _FIELD_OF, "C", update_field),
    Endpoint("DELETE", _FIELD_OF, "C", delete_field),
    Endpoint("POST", "/gdpr/candidates/{id:int}/set_gdpr_custom_expires_at", "S", set_expiry),
    Endpoint("PATCH", "/candidates/{id:int}/follow", "A", _follow(begin=True)),
    Endpoint("PATCH", "/candidates/{id:int}/unfollow", "A", _follow(begin=False)),
)
