"""What a candidate's profile says: names and addresses, custom fields, consent; and their end."""

from typing import Any

from service.core.actions import seen
from service.core.actions.inputs import Consent, Delete, SetField, UpdateCandidate
from service.core.recruitee.client import Ok
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.doing import Doing, Ended, Kept

LISTS = ("emails", "phones", "social_links", "links")


async def update_candidate(doing: Doing, given: UpdateCandidate) -> None:
    """Change what is given; a list that is given replaces the whole list, as at Recruitee."""
    _about(doing, given.candidate_id)
    changed = given.model_dump(exclude={"candidate_id"}, exclude_none=True)
    said: dict[str, Any] = {k: list(v) if k in LISTS else v for k, v in changed.items()}
    if not said:
        raise Ended("invalid", "nothing to change was given")
    path = f"/candidates/{given.candidate_id}"
    await doing.step("update", Write("PATCH", path, {"candidate": said}), again=True)


async def delete_candidate(doing: Doing, given: Delete) -> None:
    """Delete a candidate; one who is gone already is no failure."""
    _about(doing, given.candidate_id)
    try:
        await doing.step("delete", Write("DELETE", f"/candidates/{given.candidate_id}"), again=True)
    except Ended as error:
        if error.why != "missing":
            raise
        doing.warn("the candidate was gone already")


async def set_consent(doing: Doing, given: Consent) -> None:
    """Set when a candidate's consent ends; Recruitee counts it as consent given."""
    _about(doing, given.candidate_id)
    await consented(doing, given.candidate_id, given.expires_at)


async def consented(doing: Doing, candidate_id: str, expires_at: str) -> None:
    """Set when consent ends, as a step of whatever action."""
    path = f"/gdpr/candidates/{candidate_id}/set_gdpr_custom_expires_at"
    body = {"gdpr_custom_expires_at": expires_at}
    await doing.step("consent", Write("POST", path, body), again=True)


async def set_custom_field(doing: Doing, given: SetField) -> None:
    """Set a custom field of a candidate, by its name."""
    _about(doing, given.candidate_id)
    await field_set(doing, given, "field")


async def field_set(doing: Doing, given: SetField, name: str) -> None:
    """Give a field its values: the one of that name if the candidate has it, else a new one."""
    there = await _field(doing, given)
    values = [dict(each) for each in given.values]
    if there is not None and there.get("values") == values:
        return
    if there is not None and there.get("id") is not None:
        path = f"/custom_fields/candidates/fields/{there['id']}"
        await doing.step(name, Write("PATCH", path, {"field": {"values": values}}), again=True)
        return
    kind = str((there or {}).get("kind") or given.kind)

    async def found() -> Kept | None:
        now = await _field(doing, given)
        return {} if now is not None and now.get("values") == values else None

    field = {"name": given.name, "kind": kind, "values": values}
    path = f"/custom_fields/candidates/{given.candidate_id}/fields"
    await doing.step(name, Write("POST", path, {"field": field}), found=found)


async def _field(doing: Doing, given: SetField) -> seen.Row | None:
    answer = await doing.get(f"/candidates/{given.candidate_id}")
    if not isinstance(answer, Ok):
        raise Ended("missing", "there is no such candidate in Recruitee")
    named = given.name.casefold()
    fields = seen.rows(seen.member(answer.data, "candidate"), "fields")
    fits = [row for row in fields if str(row.get("name") or "").casefold() == named]
    return next(iter(sorted(fits, key=lambda row: row.get("id") is None)), None)


def _about(doing: Doing, candidate_id: str) -> None:
    doing.ids["candidate"] = candidate_id
    doing.touches(Ref("candidate", candidate_id))
