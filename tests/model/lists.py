"""What a made-up company keeps in lists that no webhook tells of: rows, their edits, how they are served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.facts import State

Json = dict[str, Any]
RATINGS = {"strong_no": "STRONG_NO", "no": "NO", "yes": "YES", "strong_yes": "STRONG_YES"}
FIRST_MEETING = datetime(2027, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """One list: of the company, or of each candidate."""

    path: str  # below the company; {id} is the candidate
    key: str  # the answer's envelope
    made: Callable[[int], Json]  # from a fresh number
    edits: tuple[Callable[[Json, int], Json], ...]  # (the row, a fresh number) -> what is new
    state: Callable[[Json], State]
    silent: bool = False  # the contract has no event for it
    owned: bool = False
    everybodys: str = ""  # where the rows of all candidates are listed together
    pages: bool = False  # served by the page, with a total

    @property
    def shifts(self) -> bool:
        """Whether a row that goes may hide another one from who reads page by page."""
        return self.pages or bool(self.everybodys)


def _named(word: str, field: str = "name", *, silent: bool = False) -> Kind:
    return Kind(
        word, word, lambda n: {"name": f"{word} V{n}"}, (lambda _, n: {"name": f"{word} V{n}"},),
        lambda row: {field: row["name"]}, silent,
    )  # fmt: skip


def _location(n: int) -> Json:
    return {"name": f"Place V{n}", "city": "Delft", "updated_at": None, "archived_at": None}


def _reason(n: int) -> Json:
    return {"name": f"Reason V{n}", "position": n, "action_templates": [], "automation_ids": []}


def _note(n: int) -> Json:
    return {"body": f"<p>Said V{n}</p>", "text": f"Said V{n}", "visibility": {"level": "public"}}


def _file(n: int) -> Json:
    return {
        "filename": f"file-{n}.pdf", "extension": "pdf", "kind": "document", "source": "upload",
        "visibility": {"level": "public"},
    }  # fmt: skip


def _opened(row: Json, _: int) -> Json:
    level = "private" if row["visibility"]["level"] == "public" else "public"
    return {"visibility": {"level": level, "admin_ids": [], "role_ids": []}}


def _meeting(n: int) -> Json:
    return {"custom_name": f"Meeting V{n}", "kind": "meeting", "duration": 30, **_later({}, n)}


def _later(_: Json, n: int) -> Json:
    return {"starts_at": f"{FIRST_MEETING + timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}.000000Z"}


def _interview(row: Json) -> State:
    begins = datetime.fromisoformat(row["starts_at"])
    ends = begins + timedelta(minutes=row["duration"])
    return {
        "title": row["custom_name"],
        "starting_at": _iso(begins),
        "ending_at": _iso(ends),
    }


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _rated(n: int) -> Json:
    return {"kind": "rating", "rating": _rating(n), "rating_note": f"Because V{n}"}


def _rating(n: int) -> str:
    return list(RATINGS)[n % len(RATINGS)]


KINDS: Mapping[str, Kind] = {
    "user": Kind(
        "memberships", "memberships", lambda n: {"first_name": f"Al V{n}", "is_active": True},
        (
            lambda _, n: {"first_name": f"Al V{n}"},
            lambda row, _: {"is_active": not row["is_active"]},
        ),
        lambda row: {
            "first_name": row["first_name"], "status": "ACTIVE" if row["is_active"] else "INACTIVE",
        },
        pages=True,
    ),
    "department": _named("departments"),
    "location": Kind(
        "locations", "locations", _location, (lambda _, n: {"name": f"Place V{n}"},),
        lambda row: {"name": row["name"], "city": row["city"]},
    ),
    "tag": Kind(
        "tags", "tags", lambda n: {"name": f"word{n}"}, (lambda _, n: {"name": f"word{n}"},),
        lambda row: {"name": row["name"]}, pages=True,
    ),
    "rejection_reason": Kind(
        "disqualify_reasons", "disqualify_reasons", _reason,
        (lambda _, n: {"name": f"Reason V{n}"}, lambda _, n: {"position": n}),
        lambda row: {"name": row["name"], "index": row["position"]},
    ),
    "source": _named("sources", silent=True),
    "job_tag": _named("offer_tags", silent=True),
    "role": _named("roles", "remote_label", silent=True),
    "note": Kind(
        "candidates/{id}/notes", "notes", _note,
        (lambda _, n: {"body": f"<p>Said V{n}</p>", "text": f"Said V{n}"},),
        lambda row: {"content_html": row["body"], "content_text": row["text"]}, owned=True,
    ),
    "attachment": Kind(
        "candidates/{id}/attachments", "attachments", _file, (_opened,),
        lambda row: {
            "file_name": row["filename"], "visibility": row["visibility"]["level"].upper(),
        },
        owned=True,
    ),
    "interview": Kind(
        "interview/events", "interview_events", _meeting,
        (
            _later,
            lambda row, _: {"duration": 75 - row["duration"]},
            lambda _, n: {"custom_name": f"Meeting V{n}"},
        ),
        _interview, owned=True, everybodys="interview/events",
    ),
    "evaluation": Kind(
        "interview/results", "interview_results", _rated,
        (lambda _, n: {"rating": _rating(n)}, lambda _, n: {"rating_note": f"Because V{n}"}),
        lambda row: {
            "overall_recommendation": RATINGS[row["rating"]], "rating_note": row["rating_note"],
        },
        owned=True, everybodys="interview/results",
    ),
}  # fmt: skip
"""By the model of the members."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that one of the lists answers."""

    model: str
    rows: list[Json]
    query: Mapping[str, str]


def asked_for(
    tables: Mapping[str, Mapping[int, Json]],
    living: Mapping[int, Any],
    path: str,
    query: Mapping[str, str],
) -> Asked | None:
    """Return what a path asks for: the rows of one owner, or of all who live."""
    for model, kind in KINDS.items():
        owner = query.get("candidate_id") or _owner(kind, path)
        if owner is None and path != kind.path and path != kind.everybodys:
            continue
        if owner is not None and not (
            kind.owned and path in (kind.path.format(id=owner), kind.everybodys)
        ):
            continue
        rows = [
            row for row in tables[model].values() if not kind.owned or row["candidate_id"] in living
        ]
        if owner is not None:
            rows = [row for row in rows if row["candidate_id"] == int(owner)]
        return Asked(model, rows, query)
    return None


def _owner(kind: Kind, path: str) -> str | None:
    before, cut, after = kind.path.partition("{id}")
    owner = path.removeprefix(before).removesuffix(after)
    return owner if cut and kind.path.format(id=owner) == path and owner.isdigit() else None


def answer(asked: Asked) -> Json:
    """Return the answer, whole or its page."""
    kind, rows = KINDS[asked.model], asked.rows
    said: Json = {"meta": {"total_count": len(rows)}} if kind.pages else {}
    limit, page = int(asked.query.get("limit", 1000)), max(1, int(asked.query.get("page", 1)))
    rows = rows[(page - 1) * limit : page * limit]
    if asked.model == "user":
        said["references"] = [{"type": "Admin", **row, "last_name": "Example"} for row in rows]
        rows = [_membership(row) for row in rows]
    return said | {kind.key: rows}


def _membership(row: Json) -> Json:
    shown = {name: row[name] for name in ("is_active", "created_at")}
    return shown | {"id": row["id"] + 500_000, "admin_id": row["id"], "role_id": None, "role": None}
