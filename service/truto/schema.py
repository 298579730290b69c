"""The models' fields as JSON Schema: for meta, for filters, and in the order in which they are shown."""

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]
Schema = Mapping[str, Json]
TEXT: Final[Json] = {"type": ["string", "null"]}
FLAG: Final[Json] = {"type": ["boolean", "null"]}
TIME: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
ID: Final[Json] = {"type": "string"}
RAW: Final[Json] = {"type": ["object", "null"]}
TEXTS: Final[Json] = {"type": "array", "items": {"type": "string"}}


def one_of(*words: str) -> Json:
    """Return a text that is one of these, or null."""
    return {"type": ["string", "null"], "enum": [*words, None]}


def thing(**fields: Json) -> Json:
    """Return an object, or null."""
    return {"type": ["object", "null"], "properties": fields}


def many(item: Json) -> Json:
    """Return a list of objects."""
    return {"type": "array", "items": {**item, "type": "object"}}


def beneath(schema: Schema, path: tuple[str, ...]) -> bool:
    """Say whether a path leads to a field of a model, through lists."""
    node: Any = {"properties": schema}
    for name in path:
        node = node.get("items", node).get("properties", {}).get(name)
        if node is None:
            return False
    return True


NAMED: Final = thing(id=ID, name=TEXT)
ONLY_ID: Final = thing(id=ID)
DATES: Final[Schema] = {"created_at": TIME, "updated_at": TIME}
MAIL: Final = thing(email=TEXT, name=TEXT)
STATES: Final = one_of("open", "closed", "draft", "pending", "archived")
ATTACHMENT: Final[Schema] = {
    "id": ID, "file_name": TEXT, "file_url": TEXT, "candidate": ONLY_ID, "application": ONLY_ID,
    "job": ONLY_ID, "attachment_type": one_of("resume", "cover_letter", "other"), **DATES,
}  # fmt: skip
PERSON: Final = thing(
    id=ID, first_name=TEXT, last_name=TEXT,
    emails=many(thing(email=TEXT, type=TEXT, is_primary=FLAG)),
)  # fmt: skip
STAGE: Final = thing(id=ID, name=TEXT, job=ONLY_ID, created_at=TIME, updated_at=TIME)
APPLICATION: Final[Schema] = {
    "id": ID, "candidate": ONLY_ID, "job": ONLY_ID, "applied_at": TIME, "rejected_at": TIME,
    "source": thing(id=TEXT, name=TEXT), "credited_to": PERSON, "current_stage": STAGE, "reject_reason": TEXT,
    "attachments": many(thing(**ATTACHMENT)), **DATES,
}  # fmt: skip
CANDIDATE: Final[Schema] = {
    "id": ID, "first_name": TEXT, "last_name": TEXT, "name": TEXT, "company": TEXT, "title": TEXT,
    "last_interaction_at": TIME, "is_private": TEXT, "can_email": FLAG, "locations": TEXTS,
    "phones": many(thing(number=TEXT, extension=TEXT, type=TEXT)),
    "emails": many(thing(email=TEXT, type=TEXT)), "urls": many(thing(url=TEXT, type=TEXT)),
    "tags": many(thing(id=TEXT, name=TEXT, created_at=TIME, updated_at=TIME)),
    "applications": many(thing(**APPLICATION)), "attachments": many(thing(**ATTACHMENT)), **DATES,
}  # fmt: skip
JOB: Final[Schema] = {
    "id": ID, "name": TEXT, "description": TEXT, "code": TEXT, "requisition_id": TEXT,
    "status": STATES, "locations": TEXTS, "job_posting_urls": many(thing(url=TEXT, type=TEXT)),
    "confidential": FLAG, "departments": many(NAMED), "teams": many(thing()),
    "offices": many(NAMED), "hiring_managers": many(NAMED), "recruiters": many(NAMED), **DATES,
}  # fmt: skip
ACTIVITY: Final[Schema] = {
    "id": ID, "candidate": ONLY_ID, "actor": thing(id=ID, type=one_of("user", "candidate")),
    "activity_type": one_of("note", "email"), "from": many(MAIL), "to": many(MAIL),
    "cc": many(MAIL), "subject": TEXT, "body": TEXT,
    "visibility": one_of("private", "public", "admin_only"), **DATES,
}  # fmt: skip
DEPARTMENT: Final[Schema] = {
    "id": ID, "name": TEXT, "parent": NAMED, "status": one_of("active", "inactive"), **DATES,
}  # fmt: skip
TAG: Final[Schema] = {"id": ID, "name": TEXT, **DATES}
USER: Final[Schema] = {
    "id": ID, "first_name": TEXT, "last_name": TEXT, "name": TEXT,
    "emails": many(thing(email=TEXT, type=TEXT, is_primary=FLAG)), "disabled": FLAG,
    "access_role": TEXT, **DATES,
}  # fmt: skip
