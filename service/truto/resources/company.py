"""What the company has: departments, tags, users."""

from typing import Final

from service.kombo.kept import Kept
from service.kombo.lists.parts import mappings
from service.truto.resource import Resource, Shape
from service.truto.resources.parts import dates, full_name, mail
from service.truto.schema import DEPARTMENT, TAG, USER


def _department(row: Kept) -> Shape:
    # Recruitee has no tree of departments, and none that is out of use.
    own = {"id": row.ref.remote_id, "name": row.fields.get("name"), "status": "active"}
    return own | dates(row.fields)


def _tag(row: Kept) -> Shape:
    return {"id": row.ref.remote_id, "name": row.fields.get("name")} | dates(row.fields)


def _user(row: Kept) -> Shape:
    fields = row.fields
    roles = mappings(fields.get("system_roles"))
    return {
        "id": row.ref.remote_id,
        "first_name": fields.get("first_name"),
        "last_name": fields.get("last_name"),
        "name": full_name(fields),
        "emails": mail(fields.get("email")),
        "disabled": fields.get("status") == "INACTIVE",
        "access_role": next((role.get("remote_label") for role in roles), None),
        **dates(fields),
    }


DEPARTMENTS: Final = Resource(
    "departments", "department", DEPARTMENT, _department, sortable={"name": "name"}
)
TAGS: Final = Resource("tags", "tag", TAG, _tag, sortable={"name": "name"})
USERS: Final = Resource(
    "users", "user", USER, _user, aliases={"email": ("emails", "email")},
    sortable={"created_at": "remote_created_at", "name": "last_name"},
)  # fmt: skip
