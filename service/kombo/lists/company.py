"""What the company has: users, roles, tags, rejection reasons, stages, and offers, which it has not."""

from collections.abc import Mapping, Sequence

from service.core.store import index
from service.core.unified.model import Ref
from service.kombo.asked import Asked, RolesAsked, UsersAsked, same
from service.kombo.kept import Desk, Kept
from service.kombo.listing import Listing, Mark, Show
from service.kombo.lists.fitting import DUTIES, SCOPES, STATUS, closed, keyed
from service.kombo.lists.parts import Shape, email, framed, mappings, picked

ROLE = ("remote_id", "remote_label", "scope", "unified_type")


def plainly(*names: str) -> Show:
    """Return what shows records' own fields."""

    async def show(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
        return [framed(row, names) for row in rows]

    return show


async def _users(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    return [
        closed(framed(row, ("first_name", "last_name", "status")), status=STATUS)
        | {
            "email": email(row.fields.get("email")),
            "system_roles": [
                closed(picked(role, ROLE), unified_type=DUTIES)
                for role in mappings(row.fields.get("system_roles"))
                if role.get("scope") == "SYSTEM"
            ],
        }
        for row in rows
    ]


async def _roles(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    own = ("remote_label", "scope", "unified_type")
    return [closed(framed(row, own), scope=SCOPES, unified_type=DUTIES) for row in rows]


async def _stages(desk: Desk, rows: Sequence[Kept]) -> list[Shape]:
    own = ("name", "status", "custom_fields")
    return [keyed(closed(framed(row, own), status=STATUS)) for row in rows]


async def _with_emails(desk: Desk, asked: UsersAsked, rows: Sequence[Kept]) -> list[bool]:
    if asked.emails is None:
        return [True] * len(rows)
    wanted = {same(each) for each in asked.emails}
    return [same(str(row.fields.get("email"))) in wanted for row in rows]


async def _roles_of(desk: Desk, rows: Sequence[Kept]) -> Mapping[Ref, Sequence[Mark]]:
    """Return when each user's role changed."""
    table = await desk.table("role")
    roles = {row.ref: table.get(str(row.fields.get("role_id"))) for row in rows}
    named = {ref: Ref("role", role["remote_id"]) for ref, role in roles.items() if role}
    changed = await index.changed(desk.store.pipe, desk.c, list(set(named.values())))
    return {
        ref: [Mark(changed[role], 1, role.remote_id)]
        for ref, role in named.items()
        if role in changed
    }


async def _of_scope(desk: Desk, asked: RolesAsked, rows: Sequence[Kept]) -> list[bool]:
    return [asked.scopes is None or row.fields.get("scope") in asked.scopes for row in rows]


USERS = Listing(
    "users", "user", _users, UsersAsked, _with_emails, {"emails": "user.email"},
    related=("role",), marks=_roles_of,
)  # fmt: skip
ROLES = Listing(
    "roles", "role", _roles, RolesAsked, _of_scope,
    {"scopes": "role.scope"},
)  # fmt: skip
TAGS = Listing("tags", "tag", plainly("name"))
REASONS = Listing("rejection-reasons", "rejection_reason", plainly("name"))
STAGES = Listing("application-stages", "stage", _stages)
OFFERS = Listing("offers", None, plainly(), Asked)
"""Recruitee has no offers of employment: what it calls an offer is a job."""
