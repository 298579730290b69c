"""A made-up Recruitee: edits that leave a history behind, the webhooks they fire, the pages it serves."""

import copy
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.model import lists
from tests.model.facts import INACTIVE, State
from tests.model.history import History, Record

Json = dict[str, Any]
COMPANY_ID = "5600"
STAGES = {
    101: "apply",
    102: "phone_screen",
    103: "interview",
    104: "offer",
    105: "hire",
    106: "hire",
}
STATUSES = {
    "published": ("OPEN", "PUBLIC"), "internal": ("OPEN", "INTERNAL"), "draft": ("DRAFT", "CONFIDENTIAL"),
    "closed": ("CLOSED", "CONFIDENTIAL"), "archived": ("ARCHIVED", "CONFIDENTIAL"),
}  # fmt: skip
TAGS = ("alpha", "beta", "gamma")
REASONS = ("Too far", "Salary", None)
LONG_AGO = "2026-01-05T08:00:00.000000Z"


@dataclass
class Webhook:
    """One webhook: what it says, and which moments of which records it was fired by."""

    body: Json
    covers: dict[Record, int]
    acknowledged: bool = False


@dataclass
class Company:
    """One company; every edit is noted in the history and fires the webhooks that Recruitee fires.

    `began` (seconds since the epoch) is where its calendar starts; each edit takes one second of it.
    """

    rng: random.Random
    began: int
    explained: bool = True  # answers name the stages' categories; else a job must be asked for them
    candidates: dict[int, Json] = field(default_factory=dict)
    offers: dict[int, Json] = field(default_factory=dict)
    stages: dict[int, str] = field(default_factory=lambda: {i: f"Stage {i}" for i in STAGES})
    deleted: dict[int, Json] = field(default_factory=dict)
    served_deleted: set[int] = field(default_factory=set)
    lists: dict[str, dict[int, Json]] = field(
        default_factory=lambda: {model: {} for model in lists.KINDS}
    )
    left: set[int] = field(default_factory=set)  # users who are not listed any more
    shifts: Counter[str] = field(default_factory=Counter)
    """Model -> how often something may have hidden one of it from who reads page by page."""
    outbox: list[Webhook] = field(default_factory=list)
    history: History = field(default_factory=History)
    ticks: int = 0
    ids: int = 9000

    def now(self) -> str:
        """Return the next second of its calendar."""
        from datetime import UTC, datetime

        self.ticks += 1
        return f"{datetime.fromtimestamp(self.began + self.ticks, UTC):%Y-%m-%dT%H:%M:%S}.000000Z"

    def number(self) -> int:
        """Return a fresh id."""
        self.ids += 1
        return self.ids

    def settle_in(self, candidates: int, jobs: int, rows: int = 0) -> None:
        """Be a company that has been there for long: no webhooks, all made long ago.

        `rows` are in each of its lists.
        """
        for _ in range(jobs):
            self._offer("published", LONG_AGO)
        for _ in range(candidates):
            person = self._candidate(LONG_AGO)
            for offer_id in self.rng.sample(
                sorted(self.offers), min(jobs, self.rng.choice((1, 1, 2)))
            ):
                self._place(person, offer_id, LONG_AGO)
        for model in lists.KINDS:
            for _ in range(rows):
                self.list_row(model, LONG_AGO)
        self.noted()
        for past in self.history.pasts.values():
            past.settled = True

    def list_row(self, model: str, at: str) -> None:
        """Add a row to a list; one that belongs to a candidate goes to any."""
        kind, number = lists.KINDS[model], self.number()
        row = {"id": number, "created_at": at, **kind.made(number)}
        if kind.owned:
            row["candidate_id"] = self.rng.choice(sorted(self.candidates))
        self.lists[model][number] = row
        if kind.pages:
            self.shifts[model] += 1  # its total is another one now

    def _candidate(self, at: str) -> Json:
        made: Json = {
            "id": self.number(), "name": f"Ada V{self.ids}", "title": None, "emails": ["a@example.com"],
            "phones": [], "tags": [], "sources": [], "source": "manual", "referrer": None, "links": [],
            "social_links": [], "created_at": at, "updated_at": at, "placements": [],
        }  # fmt: skip
        self.candidates[made["id"]] = made
        return made

    def _place(self, person: Json, offer_id: int, at: str) -> Json:
        placement: Json = {
            "id": self.number(), "candidate_id": person["id"], "offer_id": offer_id, "stage_id": 101,
            "location_ids": [], "disqualify_reason": None, "disqualified_at": None, "hired_at": None,
            "created_at": at, "updated_at": at,
        }  # fmt: skip
        person["placements"].append(placement)
        return placement

    def _offer(self, status: str, at: str) -> Json:
        made: Json = {
            "id": self.number(), "title": f"Job V{self.ids}", "kind": "job", "status": status,
            "offer_tags": [], "created_at": at, "updated_at": at,
        }  # fmt: skip
        self.offers[made["id"]] = made
        return made

    # --- what it says

    def fire(self, event_type: str, subtype: str | None, at: str, payload: Json) -> None:
        """Note what changed and put the webhook that tells of it into the outbox."""
        moved = self.noted()
        body: Json = {
            "id": self.number(), "event_type": event_type, "event_subtype": subtype, "created_at": at,
            "attempt_count": 1, "payload": {"company": {"id": int(COMPANY_ID)}, **payload},
        }  # fmt: skip
        # Of what is in lists no webhook tells, though it may end with its candidate.
        told = [record for record in moved if record.model not in lists.KINDS]
        self.outbox.append(Webhook(body, self.history.moments(told)))

    def noted(self) -> list[Record]:
        """Bring the history up to date; return the records whose state is new."""
        now = self.states()
        past = self.history.present()
        moved = [record for record, state in now.items() if past.get(record) != state]
        for record in moved:
            self.history.note(record, now[record])
            if owner := self._owner(record):
                self.history.pasts[record].owner = owner
        lost = [r for r, state in past.items() if r not in now and "remote_deleted_at" not in state]
        for record in lost:
            self.history.gone(record)
        return moved + lost

    def states(self) -> dict[Record, State]:
        """Return every record that is there, as the contract would show what we follow of it."""
        found: dict[Record, State] = {}
        for i, person in self.candidates.items():
            found[Record("candidate", str(i))] = _person(person)
            for p in person["placements"]:
                found[Record("application", str(p["id"]))] = _placement(p)
        for i, offer in self.offers.items():
            status, visibility = STATUSES[offer["status"]]
            found[Record("job", str(i))] = {
                "name": offer["title"], "status": status, "visibility": visibility,
                "tags": sorted(tag["name"] for tag in offer["offer_tags"]),
            }  # fmt: skip
        for i, name in self.stages.items():
            found[Record("stage", str(i))] = {"name": name}
        return found | self._listed_states(silent=False)

    def all_states(self) -> dict[Record, State]:
        """Return the same, with what no event tells of."""
        return self.states() | self._listed_states(silent=True)

    def _listed_states(self, *, silent: bool) -> dict[Record, State]:
        found = {
            Record(model, str(i)): kind.state(row)
            for model, kind in lists.KINDS.items()
            for i, row in self.lists[model].items()
            if kind.silent == silent and (not kind.owned or row["candidate_id"] in self.candidates)
        }
        # What else one was before one left nobody can ask any more.
        left = {} if silent else {Record("user", str(i)): INACTIVE for i in self.left}
        return found | left

    def _owner(self, record: Record) -> Record | None:
        if record.model == "application":
            return self._applicant(int(record.remote_id))
        row = self.lists.get(record.model, {}).get(int(record.remote_id), {})
        owner = row.get("candidate_id")
        return Record("candidate", str(owner)) if owner else None

    def _applicant(self, placement: int) -> Record | None:
        for person in self.candidates.values():
            if any(p["id"] == placement for p in person["placements"]):
                return Record("candidate", str(person["id"]))
        return None

    # --- what it serves

    def serve(self, path: str, query: dict[str, str]) -> Json | None:
        """Return the answer to a GET below the company, or None for 404."""
        found = copy.deepcopy(self._served(path.strip("/").split("/"), query))
        return found

    def _served(self, parts: list[str], query: dict[str, str]) -> Json | None:
        match parts:
            case ["admin"]:
                return {"admin": {"id": 1}}
            case ["candidates"]:
                rows = [self._counted(row) for row in self._listed(query)]
                return {"candidates": rows, "references": self._references()}
            case ["candidates", i]:
                served = self.deleted if int(i) in self.served_deleted else self.candidates
                person = served.get(int(i))
                told = person and {"candidate": self._counted(person)}
                return told and {**told, "references": self._references()}
            case ["offers"]:
                rows = list(self.offers.values())[self._page(query)]
                return {"offers": [self._whole(row) for row in rows], "references": []}
            case ["offers", i]:
                offer = self.offers.get(int(i))
                return offer and {"offer": self._whole(offer), "references": []}
            case ["offers", offer, "candidates", i, "placement"]:
                person = self.candidates.get(int(i)) or {"placements": []}
                placed = [p for p in person["placements"] if p["offer_id"] == int(offer)]
                return {"placement": placed[0]} if placed else None
        asked = lists.asked_for(self.lists, self.candidates, "/".join(parts), query)
        return lists.answer(asked) if asked else None

    def _counted(self, person: Json) -> Json:
        """Return a candidate with the numbers of its notes and files."""
        mine = {
            f"{model}s_count": sum(r.get("candidate_id") == person["id"] for r in rows.values())
            for model, rows in self.lists.items()
            if model in ("note", "attachment")
        }
        return {**person, **mine}

    def _listed(self, query: dict[str, str]) -> list[Json]:
        if query.get("deleted") == "true":
            wanted = int(query["ids"])
            return [{"id": wanted}] if wanted in self.deleted else []
        first = int(query.get("offset", 0))
        return list(self.candidates.values())[first : first + int(query.get("limit", 1000))]

    @staticmethod
    def _page(query: dict[str, str]) -> slice:
        limit, page = int(query.get("limit", 1000)), max(1, int(query.get("page", 1)))
        return slice((page - 1) * limit, page * limit)

    def _whole(self, offer: Json) -> Json:
        stages = [
            {"id": i, "name": name, "category": STAGES[i], "position": i, "group": None}
            for i, name in self.stages.items()
        ]
        return {**offer, "pipeline_template": {"id": 7, "stages": stages}}

    def _references(self) -> list[Json]:
        jobs = [{"type": "Offer", "id": i, "kind": "job"} for i in self.offers]
        stages = [{"type": "Stage", "id": i, "category": c} for i, c in STAGES.items()]
        return jobs + (stages if self.explained else [])


def _person(person: Json) -> State:
    first, last = person["name"].split(" ")
    return {
        "name": person["name"], "first_name": first, "last_name": last, "title": person["title"],
        "tags": sorted(person["tags"]),
    }  # fmt: skip


def _placement(placement: Json) -> State:
    hired = STAGES[placement["stage_id"]] == "hire"
    declined = placement["disqualified_at"] is not None
    return {
        "current_stage_id": str(placement["stage_id"]),
        "outcome": "DECLINED" if declined else "HIRED" if hired else "PENDING",
        "rejection_reason_name": placement["disqualify_reason"] if declined else None,
    }
