"""The writes: a row of the table is an action of ours, and what of its input an agent gives.

All go through the journal of actions: asked again with the same key, nothing is done twice.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError, create_model

from service.actions import KEY_MOST, Going, NotTaken, Over, perform
from service.core.actions import inputs
from service.core.actions.kinds import KINDS
from service.core.actions.result import Result
from service.mcp_server import records
from service.mcp_server.failing import Failed, misfit
from service.mcp_server.tool import AnyId, Asked, Call, Method, Shape, Told, Tool

IDS: Final[Mapping[str, str]] = {
    "candidate_id": "candidate", "application_id": "application", "job_id": "job",
    "stage_id": "stage", "rejection_reason_id": "rejection_reason", "sourced_by": "user",
    "work_location_id": "location", "user_ids": "user", "interview_id": "interview",
    "reply_to_id": "note", "opening_id": "opening",
}  # fmt: skip
Given = dict[str, Any]
STATUS: Final[Mapping[str, int]] = {
    "invalid": 422, "missing": 404, "forbidden": 403, "unauthorized": 401, "exists": 409,
    "closed": 409, "limited": 429, "unavailable": 503, "unknown": 502, "fault": 500,
    "gone": 404, "different": 409, "full": 429, "not_ready": 409,
}  # fmt: skip
SAID: Final[Mapping[str, str]] = {
    "invalid": "Recruitee refuses what was asked for",
    "missing": "Recruitee has no such record",
    "forbidden": "the connection's token may not do this",
    "unauthorized": "Recruitee refuses the connection's token",
    "exists": "the candidate has an application for this job already",
    "closed": "nobody can apply for this job",
    "limited": "Recruitee's request limit is reached; ask again with the same idempotency_key",
    "unavailable": "Recruitee does not answer; ask again with the same idempotency_key",
    "unknown": "it was sent, and Recruitee never said what became of it; look before asking again",
    "fault": "a fault of ours; ask again with the same idempotency_key",
}
"""What Recruitee says itself may quote the person: it is kept with the action, for operators."""


class Written(Told):
    """How a write ended."""

    status: Literal["done", "under_way"]
    action_id: str = Field(description="under which operators see it")
    ids: dict[str, str] = Field(description="model -> Recruitee's id of what was made or found")
    warnings: list[str]
    repeated: bool = Field(False, description="it was asked for before, under the same key")


async def as_given(call: Call, given: Given) -> Given:
    """Return an action's input as it was given."""
    return given


@dataclass(frozen=True, slots=True)
class Write:
    """One write."""

    name: str
    title: str
    description: str
    kind: str
    method: Method
    resource: str
    renamed: Mapping[str, str] = field(default_factory=dict)  # input's field -> argument
    hidden: tuple[str, ...] = ()  # fields that are filled here
    needed: tuple[str, ...] = ()  # fields that are optional otherwise
    more: Mapping[str, Any] = field(default_factory=dict)  # arguments besides
    fill: Callable[[Call, Given], Awaitable[Given]] = as_given
    destroys: bool = False
    tags: tuple[str, ...] = ("candidates",)


async def with_candidate(call: Call, given: Given) -> Given:
    """Return the input with whose application it is; raises Failed."""
    _, fields = await records.one(call, "application", given["application_id"], "id")
    who = await call.store.records.remote_id(call.c, "candidate", str(fields.get("candidate_id")))
    return {**given, "candidate_id": who}


async def as_person(call: Call, given: Given) -> Given:
    """Return the input of a creation: the person is a part of it."""
    names = [name for name in inputs.Person.model_fields if name in given]
    person = {name: given[name] for name in names}
    return {k: v for k, v in given.items() if k not in names} | {"person": person}


def _person() -> dict[str, Any]:
    return _arguments(inputs.Person, {}, ())


def _arguments(
    model: type[BaseModel],
    renamed: Mapping[str, str],
    hidden: tuple[str, ...],
    needed: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the arguments that make an input: ids may be ours too, and what is optional stays so."""
    found: dict[str, Any] = {}
    for name, each in model.model_fields.items():
        if name in hidden:
            continue
        required = each.is_required() or name in needed
        kind: Any = Annotated[each.annotation, *each.metadata] if each.metadata else each.annotation
        if name in IDS:
            kind = tuple[AnyId, ...] if name.endswith("_ids") else AnyId
            kind = kind if required or name.endswith("_ids") else kind | None
        found[renamed.get(name, name)] = (kind, ... if required else each.default)
    return found


OF_APPLICATION: Final = {"application_id": "id"}
OF_CANDIDATE: Final = {"candidate_id": "id"}
WRITES: Final = (
    Write("create_a_recruitee_candidate", "Create a candidate",
          "Creates a candidate, with an application when job_id is given; the same person by e-mail"
          " or phone is found first unless `apart`.", "create_application", "create", "candidates",
          hidden=("person", "answers"), more=_person(), fill=as_person),
    Write("update_a_recruitee_candidate_by_id", "Change a candidate",
          "Changes a candidate's profile; a list that is given replaces the whole list.",
          "update_candidate", "update", "candidates", OF_CANDIDATE, destroys=True),
    Write("delete_a_recruitee_candidate_by_id", "Delete a candidate",
          "Deletes a candidate; Recruitee keeps them among the deleted, from where they can be"
          " restored.", "delete_candidate", "delete", "candidates", OF_CANDIDATE, destroys=True),
    Write("create_a_recruitee_candidate_tag", "Tag a candidate", "Puts a tag on a candidate.",
          "add_tag", "create", "tags"),
    Write("delete_a_recruitee_candidate_tag", "Take a tag off a candidate",
          "Takes a tag off a candidate.", "remove_tag", "delete", "tags", destroys=True),
    Write("create_a_recruitee_note", "Write a note",
          "Writes a note on a candidate; visibility is public, protected or private.", "add_note",
          "create", "notes", hidden=("document",), needed=("content",),
          tags=("candidates", "notes")),
    Write("create_a_recruitee_attachment", "Attach a document",
          "Puts a document to a candidate: `data` in base64 with its content_type, or `data_url`.",
          "add_attachment", "create", "attachments", tags=("candidates", "attachments")),
    Write("create_a_recruitee_result_link", "Attach a result",
          "Puts another product's result on a candidate: a note with its link, and custom fields.",
          "add_result_link", "create", "notes", tags=("candidates", "notes")),
    Write("update_a_recruitee_candidate_custom_field", "Set a custom field",
          "Sets a custom field of a candidate; an empty list clears it.", "set_custom_field",
          "update", "candidates", destroys=True),
    Write("update_a_recruitee_candidate_consent", "Set when a consent ends",
          "Sets when a candidate's consent ends (ISO 8601).", "set_consent", "update", "candidates",
          destroys=True),
    Write("create_a_recruitee_application", "Put a candidate into a job",
          "Makes an application of a candidate who is there.", "assign", "create", "applications",
          tags=("candidates", "applications")),
    Write("move_a_recruitee_application_by_id", "Move an application",
          "Moves an application to a stage; a rejected one only with `anyway`, which requalifies.",
          "move_to_stage", "update", "applications", OF_APPLICATION, ("candidate_id",),
          fill=with_candidate, tags=("candidates", "applications")),
    Write("reject_a_recruitee_application_by_id", "Reject an application",
          "Rejects an application, with a note if one is given.", "reject", "update",
          "applications", OF_APPLICATION, ("candidate_id",), fill=with_candidate, destroys=True,
          tags=("candidates", "applications")),
    Write("unreject_a_recruitee_application_by_id", "Take a rejection back",
          "Requalifies an application that was rejected.", "unreject", "update", "applications",
          OF_APPLICATION, ("candidate_id",), fill=with_candidate,
          tags=("candidates", "applications")),
    Write("delete_a_recruitee_application_by_id", "Take a candidate out of a job",
          "Takes an application away; the candidate stays.", "unassign", "delete", "applications",
          OF_APPLICATION, ("candidate_id",), fill=with_candidate, destroys=True,
          tags=("candidates", "applications")),
    Write("create_a_recruitee_evaluation", "Rate a candidate",
          "Rates a candidate in a stage of a job (strong_no, no, neutral, yes, strong_yes), in the"
          " name of the token's owner.", "evaluate", "create", "evaluations",
          tags=("candidates", "interviews")),
    Write("create_a_recruitee_interview", "Schedule an interview",
          "Schedules an interview with a candidate.", "schedule_interview", "create", "interviews",
          hidden=("interview_id",), tags=("candidates", "interviews")),
    Write("update_a_recruitee_interview_by_id", "Change an interview",
          "Changes when, where and with whom an interview is.", "schedule_interview", "update",
          "interviews", {"interview_id": "id"}, needed=("interview_id",), destroys=True,
          tags=("candidates", "interviews")),
)  # fmt: skip


def tools() -> list[Tool]:
    """Return every write."""
    return [_tool(write) for write in WRITES]


def _tool(write: Write) -> Tool:
    given = _arguments(KINDS[write.kind], write.renamed, write.hidden, write.needed)
    key = Annotated[str, Field(min_length=1, max_length=KEY_MOST)] | None
    said = "the same key is the same write, for 72 h; without one what adds something is"
    said += " done once within 30 s"
    given["idempotency_key"] = (key, Field(None, description=said))
    return Tool(
        name=write.name,
        title=write.title,
        description=write.description,
        method=write.method,
        resource=write.resource,
        asks=create_model(_class(write.name), __base__=Asked, **{**write.more, **given}),
        answers=Written,
        does=partial(_written, write),
        needs="act",
        tags=write.tags,
        destroys=write.destroys,
    )


async def _written(write: Write, call: Call, asked: Asked) -> Shape:
    plain = asked.model_dump(exclude_unset=True, exclude={*Asked.model_fields, "idempotency_key"})
    meant = {argument: name for name, argument in write.renamed.items()}
    given = {meant.get(name, name): value for name, value in plain.items()}
    given = await write.fill(call, {n: await _remote(call, n, v) for n, v in given.items()})
    try:
        wanted = KINDS[write.kind].model_validate(given)
    except ValidationError as error:
        raise misfit(error) from None
    key = getattr(asked, "idempotency_key", None) or ""
    who = str(given.get("candidate_id") or "")
    ended = await perform(
        call.store, call.connection, call.caller, write.kind, wanted, key=key, subject=who
    )
    return _told(ended)


async def _remote(call: Call, name: str, value: Any) -> Any:
    model = IDS.get(name)
    if model is None or value is None:
        return value
    if isinstance(value, list | tuple):
        return [await records.remote(call, model, each, name) for each in value]
    return await records.remote(call, model, value, name)


def _told(ended: Going | Over | NotTaken) -> Shape:
    match ended:
        case NotTaken(why, message):
            raise Failed(STATUS[why], message)
        case Going(action):
            said = ["it takes longer and goes on"]
            return _shape("under_way", action, Result(warnings=said))
        case Over(action, result, same):
            if not result.ok:
                raise Failed(STATUS[result.why], SAID[result.why], action_id=action)
            return _shape("done", action, result) | {"repeated": same}


def _shape(status: str, action: str, result: Result) -> Shape:
    return {
        "status": status, "action_id": action, "ids": dict(result.ids),
        "warnings": list(result.warnings),
    }  # fmt: skip


def _class(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
