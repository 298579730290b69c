"""Records of the store as tools show them: by Recruitee's own ids, ours beside them."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.core import ids
from service.core.store import index
from service.core.unified.model import Fields, Ref, Snapshot
from service.mcp_server.failing import Failed
from service.mcp_server.tool import Call, Shape

FOREIGN: Final[Mapping[str, str]] = {
    "candidate_id": "candidate", "application_id": "application", "interview_id": "interview",
    "job_id": "job", "job_ids": "job", "department_id": "department", "reply_to_id": "note",
    "current_stage_id": "stage", "stage_id": "stage", "stage_ids": "stage",
    "author_id": "user", "hired_by_id": "user", "uploader_id": "user", "created_by_id": "user",
    "follower_ids": "user", "user_id": "user", "user_ids": "user", "organizer_id": "user",
    "contact_id": "user", "work_location_id": "location", "location_ids": "location",
    "attachment_ids": "attachment", "role_id": "role", "role_ids": "role",
    "screening_question_template_id": "question_template",
    "question_template_id": "question_template", "question_id": "screening_question",
}  # fmt: skip
"""Field -> the model whose unified id it has."""
Uids = dict[str, set[str]]
Names = Mapping[tuple[str, str], str]
"""(model, unified id) -> Recruitee's id."""


def uid(call: Call, model: str, remote_id: str) -> str:
    """Return the unified id by which records of the store name another one."""
    return ids.record_id(call.c, model, remote_id)


async def remote(call: Call, model: str, given: str, at: str) -> str:
    """Return Recruitee's id of what was named by it or by our id; raises Failed."""
    # Recruitee's are numbers; a document that has none is named after its candidate, with a hyphen.
    if (given.isdecimal() and len(given) <= 20) or "-" in given:
        return given
    found = await call.store.records.remote_id(call.c, model, given)
    if found is None:
        raise Failed(404, f"{at}: there is no such {model.replace('_', ' ')}")
    return found


async def one(call: Call, model: str, given: str, at: str = "id") -> tuple[str, Fields]:
    """Return a record that is there, and Recruitee's id of it; raises Failed."""
    ref = Ref(model, await remote(call, model, given, at))
    found = (await call.store.records.load(call.c, [ref])).get(ref)
    if found is None or found.deleted:
        raise Failed(404, f"{at}: there is no such {model.replace('_', ' ')}")
    return ref.remote_id, found.fields


async def shown(call: Call, known: Mapping[Ref, Snapshot]) -> list[Shape]:
    """Return records in the order given, every id in them Recruitee's; ours is `unified_id`."""
    rows = [(ref, snapshot.fields) for ref, snapshot in known.items()]
    names = await named(call, [fields for _, fields in rows])
    return [_row(ref, fields, names) for ref, fields in rows]


async def named(call: Call, values: Iterable[Any]) -> Names:
    """Return (model, unified id) -> Recruitee's id of everything that values refer to."""
    wanted: Uids = {}
    for value in values:
        _collect(value, wanted)
    pipe, models = call.store.pipe, list(wanted)
    found = await asyncio.gather(
        *(index.remote_ids(pipe, call.c, model, wanted[model]) for model in models)
    )
    return {
        (model, uid): remote_id
        for model, ids_ in zip(models, found, strict=True)
        for uid, remote_id in ids_.items()
    }


def translated(value: Any, names: Names, field: str = "") -> Any:
    """Return a value with Recruitee's ids in the place of ours."""
    model = FOREIGN.get(field)
    # By hand, leaf by leaf: this is most of what a page of fifty records costs.
    if type(value) is dict:
        return {
            name: translated(each, names, name)
            if name in FOREIGN or type(each) is dict or type(each) is list
            else each
            for name, each in value.items()
        }
    if type(value) is list:
        return [translated(each, names, field) for each in value]
    if model is not None and type(value) is str:
        return names.get((model, value), value)
    return value


def _row(ref: Ref, fields: Fields, names: Names) -> Shape:
    told: Shape = translated(fields, names)
    told.pop("remote_id", None)
    return {**told, "id": ref.remote_id, "unified_id": fields.get("id")}


def _collect(value: Any, wanted: Uids, field: str = "") -> None:
    if type(value) is dict:
        for name, each in value.items():
            if name in FOREIGN or type(each) is dict or type(each) is list:
                _collect(each, wanted, name)
    elif type(value) is list:
        for each in value:
            _collect(each, wanted, field)
    elif type(value) is str and (model := FOREIGN.get(field)):
        wanted.setdefault(model, set()).add(value)
