"""Jobs, with their departments, offices and hiring team by name."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.core.unified.model import Fields
from service.kombo.kept import Kept
from service.truto.resource import BY_TIME, Counter, Resource, Shape
from service.truto.resources.parts import by_uid, dates, named, objects, place, text
from service.truto.schema import JOB

STATES: Final[Mapping[str, str]] = {
    "OPEN": "open", "CLOSED": "closed", "DRAFT": "draft", "ARCHIVED": "archived",
}  # fmt: skip


def own(row: Kept) -> Shape:
    """Return what a job says without others."""
    fields = row.fields
    required = fields.get("requisition_ids")
    return {
        "id": row.ref.remote_id,
        "name": fields.get("name"),
        "description": fields.get("description"),
        "code": fields.get("job_code"),
        "requisition_id": next(iter(required), None) if isinstance(required, list) else None,
        "status": STATES.get(str(fields.get("status"))),
        "locations": place(fields.get("location")),
        "job_posting_urls": [{"url": url, "type": "careers_site"}]
        if (url := text(fields.get("post_url")))
        else [],
        "confidential": fields.get("confidential"),
        "teams": [],
        **dates(fields),
    }


async def _join(
    counter: Counter, rows: Sequence[Kept], shapes: Sequence[Shape], wanted: frozenset[str]
) -> None:
    desk = counter.desk
    people = await desk.table("user")
    parts = await by_uid(desk, "department", (row.fields.get("department_id") for row in rows))
    offices = await by_uid(desk, "location", (uid for row in rows for uid in _places(row)))
    for row, each in zip(rows, shapes, strict=True):
        department = parts.get(str(row.fields.get("department_id")))
        each["departments"] = _known([department.fields if department else None])
        each["offices"] = _known([offices[u].fields for u in _places(row) if u in offices])
        each["hiring_managers"] = _team(row, people, "HIRING_MANAGER")
        each["recruiters"] = _team(row, people, "RECRUITER")


def _places(row: Kept) -> list[str]:
    found = row.fields.get("location_ids")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _team(row: Kept, people: Mapping[str, Fields], role: str) -> list[Shape]:
    members = objects(row.fields.get("hiring_team"))
    return _known(
        [people.get(str(one.get("user_id"))) for one in members if role in (one.get("roles") or ())]
    )


def _known(rows: Sequence[Fields | None]) -> list[Shape]:
    return [shown for row in rows if (shown := named(row))]


JOBS: Final = Resource(
    "jobs", "job", JOB, own, _join,
    frozenset({"departments", "offices", "hiring_managers", "recruiters"}),
    aliases={"department_id": ("departments", "id"), "office_id": ("offices", "id"),
             "location": ("locations",), "title": ("name",)},
    sortable={**BY_TIME, "name": "name"},
)  # fmt: skip
