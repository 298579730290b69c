"""What a company shows besides its records and lists: the activity feed, and candidates by search."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.model.company import Company, Json
from tests.model.facts import GONE, State
from tests.model.history import Record

FEED, SEARCH = "/tracking/activities", "/search/new/candidates"
EVENTS: Mapping[str, str] = {
    "candidate": "candidate_tags", "application": "candidate_stage_change", "job": "job_edit",
    "stage": "stage_edit", "user": "member_edit", "location": "location_edit", "tag": "tag_edit",
    "rejection_reason": "disqualify_reason_edit", "role": "role_edit", "note": "candidate_note_edit",
    "attachment": "candidate_attachment_edit", "interview": "interview_event_edit",
    "evaluation": "interview_result_edit",
}  # fmt: skip
"""By the model that was edited; of others the feed says nothing."""


class Shown:
    """The feed writes down what is new when it is asked: late, and several edits as one."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._known: Mapping[Record, State] = {}
        self._entries: list[Json] = []

    def serve(self, path: str, query: Mapping[str, str]) -> Json | None:
        """Return an answer, or None for what is served elsewhere."""
        if path == FEED:
            self._write()
            return {"activities": self._page(query), "references": []}
        return {"hits": self._hits(query), "total": 0} if path == SEARCH else None

    def _write(self) -> None:
        self._company.noted()
        now = self._company.history.present()
        for record, state in now.items():
            if self._known.get(record) != state and self._known:
                self._entries += self._said(record, state)
        self._known = dict(now)

    def _said(self, record: Record, state: State) -> Iterator[Json]:
        event = EVENTS.get(record.model)
        if record.model == "candidate" and state == GONE:
            event = "candidate_remove"
        owner = self._company.history.pasts[record].owner
        who = record if record.model == "candidate" else owner
        job = record.remote_id if record.model == "job" else None
        if event is not None:
            yield {
                "id": 1000 + len(self._entries), "event": event, "created_at": self._now(),
                "candidate_id": int(who.remote_id) if who else None,
                "offer_id": int(job) if job else None,
            }  # fmt: skip

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._company.began + self._company.ticks, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.000000Z"

    def _page(self, query: Mapping[str, str]) -> list[Json]:
        limit, rows = int(query.get("limit", 20)), list(self._entries)
        if query.get("cursor_order") == "asc":
            after = int(query.get("cursor_position", 0))
            return [row for row in rows if row["id"] > after][:limit]
        first = (max(1, int(query.get("page", 1))) - 1) * limit
        return rows[::-1][first : first + limit]

    def _hits(self, query: Mapping[str, str]) -> list[Json]:
        order = query.get("sort_by", "").removesuffix("_desc")
        rows = sorted(map(_hit, self._company.candidates.values()), key=lambda hit: hit[order])
        limit, page = int(query.get("limit", 20)), int(query.get("page", 1))
        return rows[::-1][(page - 1) * limit : page * limit]


def _hit(person: Json) -> Json:
    moved = [placement["updated_at"] for placement in person["placements"]]
    placed: list[Any] = [{"offer": {"id": p["offer_id"]}} for p in person["placements"]]
    return {
        "id": person["id"], "updated_at": person["updated_at"], "placements": placed,
        "last_activity_at": max([person["updated_at"], *moved]),
    }  # fmt: skip
