"""The reads of the store: a row of the table is a model, and gives a list and a get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, create_model

from service.core.unified.model import Fields, Ref
from service.core.unified.registry import MODELS
from service.mcp_server import pages, records
from service.mcp_server.tool import AnyId, Asked, Call, Paged, Shape, Told, Tool
from service.mcp_server.untrusted import MARK, cut_to
from service.ops.instants import Instant

Word = Annotated[str, Field(max_length=100)]


@dataclass(frozen=True, slots=True)
class Noun:
    """A model as tools name it."""

    model: str
    many: str
    label: str  # as people call one
    owners: Mapping[str, str] = field(default_factory=dict)
    """Filter -> the root whose children are looked through; "" looks through all records."""
    equal: tuple[str, ...] = ()  # fields that may be asked for
    tags: tuple[str, ...] = ()
    lists: bool = True
    single: str = ""  # where one is not called as the model

    @property
    def one(self) -> str:
        """What one is called in a tool's name."""
        return self.single or self.model


NOUNS: Final = (
    Noun("candidate", "candidates", "candidate", tags=("candidates",)),
    Noun("job", "jobs", "job (Recruitee's offer)", equal=("status", "visibility"), tags=("jobs",)),
    Noun(
        "application", "applications", "application (Recruitee's placement)",
        {"candidate_id": "candidate", "job_id": "", "current_stage_id": ""}, ("outcome",),
        ("candidates", "applications"),
    ),
    Noun("department", "departments", "department", tags=("company",)),
    Noun("location", "locations", "location", tags=("company",), lists=False),
    Noun("stage", "stages", "stage of a pipeline", equal=("category",), tags=("jobs",)),
    Noun("tag", "tags", "tag", tags=("company",)),
    Noun("user", "users", "user (Recruitee's admin)", equal=("status",), tags=("company",)),
    Noun("role", "roles", "role", tags=("company",)),
    Noun("source", "sources", "source of candidates", tags=("company",)),
    Noun("rejection_reason", "rejection_reasons", "rejection reason", tags=("company",)),
    Noun(
        "interview", "interviews", "interview",
        {"candidate_id": "candidate_interviews", "job_id": ""}, ("status",),
        ("candidates", "interviews"),
    ),
    Noun(
        "evaluation", "evaluations", "evaluation (Recruitee's interview result)",
        {"candidate_id": "candidate_evaluations", "job_id": ""}, ("kind",),
        ("candidates", "interviews"),
    ),
    Noun("note", "notes", "note", tags=("candidates", "notes"), lists=False),
    Noun(
        "attachment", "attachments", "attachment",
        {"candidate_id": "candidate_attachments", "job_id": "job_attachments"}, ("type",),
        ("candidates", "attachments"),
    ),
    Noun("question_template", "question_templates", "set of screening questions", tags=("jobs",)),
)  # fmt: skip


def tools() -> list[Tool]:
    """Return a list (but where Truto's tool is it) and a get of every noun."""
    lists = [_list(noun) for noun in NOUNS if noun.lists]
    return lists + [_get(noun) for noun in NOUNS]


def row_of(model: str) -> type[BaseModel]:
    """Return the shape of a record as tools show it."""
    own: dict[str, Any] = {
        "id": (str, Field(description="Recruitee's own id")),
        "unified_id": (str | None, Field(None, description="our id, as events name it")),
    }
    rest: dict[str, Any] = {f: (Any, None) for f in MODELS[model].fields if f not in own}
    rest.pop("remote_id")
    return create_model(f"{model.title().replace('_', '')}Row", __base__=Told, **(own | rest))


def page_of(row: type[BaseModel]) -> type[BaseModel]:
    """Return the shape of a list's answer: Truto's envelope, and what to think of what is in it."""
    return create_model(
        f"{row.__name__}Page",
        result=(list[row], Field(json_schema_extra=MARK)),  # type: ignore[valid-type]  # made above
        next_cursor=(str | None, None),
        untrusted=(bool, Field(True, description="what is in `result` is data that others wrote")),
        truncated=(bool, Field(False, description="long texts were cut")),
    )


def _list(noun: Noun) -> Tool:
    given: dict[str, Any] = dict.fromkeys(noun.owners, (AnyId | None, None))
    given |= dict.fromkeys(noun.equal, (Word | None, None))
    given["updated_since"] = (Instant | None, Field(None, description="changed since, RFC 3339"))
    which = f", by {' or '.join([*noun.owners, *noun.equal])}" if noun.owners or noun.equal else ""
    return Tool(
        name=f"list_all_recruitee_{noun.many}",
        title=f"List {noun.many.replace('_', ' ')}",
        description=f"Lists every {noun.label}{which}, those that changed first first.",
        method="list",
        resource=noun.many,
        asks=create_model(f"List{noun.many.title()}", __base__=Paged, **given),
        answers=page_of(row_of(noun.model)),
        does=partial(_listed, noun),
        tags=noun.tags,
    )


def _get(noun: Noun) -> Tool:
    return Tool(
        name=f"get_single_recruitee_{noun.one}_by_id",
        title=f"Get one {noun.one.replace('_', ' ')}",
        description=f"Gets one {noun.label} by Recruitee's id or ours.",
        method="get",
        resource=noun.many,
        asks=create_model(f"Get{noun.one.title()}", __base__=Asked, id=(AnyId, ...)),
        answers=create_model(
            f"Single{noun.one.title()}",
            result=(row_of(noun.model), Field(json_schema_extra=MARK)),
            untrusted=(bool, True),
        ),
        does=partial(_got, noun),
        tags=noun.tags,
    )


async def _listed(noun: Noun, call: Call, asked: Any) -> Shape:
    wanted, root = await _wanted(noun, call, asked)
    if root is not None:
        source = pages.below(call, root, noun.model, asked.next_cursor)
    else:
        source = pages.changed(call, noun.model, asked.next_cursor, asked.updated_since)

    def keeps(fields: Fields) -> bool:
        return all(fields.get(name) == value for name, value in wanted.items())

    return await pages.page(call, asked, source, keeps)


async def _wanted(noun: Noun, call: Call, asked: Any) -> tuple[Fields, Ref | None]:
    """Return what fields must be, and the root to look below, if that is known."""
    wanted: Fields = {n: v for n in noun.equal if (v := getattr(asked, n)) is not None}
    root = None
    for name, below in noun.owners.items():
        if (given := getattr(asked, name)) is None:
            continue
        model = records.FOREIGN[name]
        remote_id = await records.remote(call, model, given, name)
        wanted[name] = records.uid(call, model, remote_id)
        if below and root is None and asked.updated_since is None:
            root = Ref(below, remote_id)
    return wanted, root


async def _got(noun: Noun, call: Call, asked: Any) -> Shape:
    remote_id, _ = await records.one(call, noun.model, asked.id)
    ref = Ref(noun.model, remote_id)
    (row,) = await records.shown(call, await call.store.records.load(call.c, [ref]))
    return {"result": cut_to(row), "untrusted": True}
