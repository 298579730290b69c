"""Activities: the team's notes; Recruitee gives nobody its mails to read."""

from collections.abc import Sequence
from typing import Final

from service.kombo.kept import Kept
from service.truto.resource import BY_TIME, Counter, Resource, Shape
from service.truto.resources.parts import VISIBILITIES, dates, full_name, only_id, text
from service.truto.schema import ACTIVITY


def own(row: Kept) -> Shape:
    """Return what a note says itself."""
    return {
        "id": row.ref.remote_id,
        "activity_type": "note",
        "from": [], "to": [], "cc": [],
        "subject": text(row.fields.get("title")),
        "body": row.fields.get("content_html") or row.fields.get("content_text"),
        "visibility": VISIBILITIES.get(str(row.fields.get("visibility"))),
        **dates(row.fields),
    }  # fmt: skip


async def _join(
    counter: Counter, rows: Sequence[Kept], shapes: Sequence[Shape], wanted: frozenset[str]
) -> None:
    owners = await counter.desk.candidates_of(rows)
    people = await counter.desk.table("user")
    for row, each in zip(rows, shapes, strict=True):
        author = people.get(str(row.fields.get("author_id")))
        each["candidate"] = only_id(owners.get(row.ref))
        if author and text(author.get("remote_id")):
            each["actor"] = {"id": author["remote_id"], "type": "user"}
            each["from"] = [{"email": author.get("email"), "name": full_name(author)}]


ACTIVITIES: Final = Resource(
    "activities", "note", ACTIVITY, own, _join, frozenset({"candidate", "actor", "from"}),
    listed=lambda fields: fields.get("candidate_id") is not None,
    aliases={"candidate_id": ("candidate", "id"), "actor_id": ("actor", "id"),
             "user_id": ("actor", "id")},
    sortable=BY_TIME,
)  # fmt: skip
