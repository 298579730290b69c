"""One edit of each kind, done at the sandbox as a person would do it there, each at people of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.detect.watched import Json, Watched

Told = list[tuple[str, str]]
"""What is to be announced: (event type, remote id); an empty id is any."""


@dataclass
class Acts:
    """The company as the edits find it; each act makes what it needs before the look that is to find it."""

    watched: Watched
    job: int = 0
    stages: dict[str, int] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    made: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Json] = field(default_factory=dict)

    async def do(self, method: str, path: str, body: Json | None = None) -> Json:
        """Do something at Recruitee."""
        return await self.watched.do(method, path, body)

    def name(self, what: str = "Invented") -> str:
        """Return a name that nothing has yet."""
        return f"{what} {next(self.numbers)}"

    async def prepare(self) -> None:
        """Choose a job at which hiring needs no place of work."""
        query = "/offers?statuses=published&include[]=location_ids"
        offers = await self.watched.rows(query, "offers")
        job = next(each for each in offers if not each["location_ids"])
        full = (await self.do("GET", f"/offers/{job['id']}"))["offer"]
        self.job = job["id"]
        for stage in full["pipeline_template"]["stages"]:
            self.stages.setdefault(stage["category"], stage["id"])

    async def person(self, key: str, *, placed: bool = True) -> Json:
        """Make a candidate, in the job if `placed`, and keep it under a key."""
        path = f"/offers/{self.job}/candidates" if placed else "/candidates"
        body = {"candidate": {"name": self.name("Person"), "emails": []}}
        made: Json = (await self.do("POST", path, body))["candidate"]
        self.people[key] = made
        return made

    def placement(self, key: str) -> int:
        """Return the placement of a person."""
        found: int = self.people[key]["placements"][0]["id"]
        return found

    def id(self, key: str) -> int:
        """Return a person's id."""
        found: int = self.people[key]["id"]
        return found

    async def move(self, key: str, category: str) -> None:
        """Move a person in the job."""
        body = {"stage_id": self.stages[category]}
        await self.do("PATCH", f"/placements/{self.placement(key)}/change_stage", body)

    async def note(self, path: str) -> int:
        """Add a note to somebody or a job."""
        body = {"note": {"body": self.name("Note"), "visibility": {"level": "public"}}}
        found: int = (await self.do("POST", f"{path}/notes", body))["note"]["id"]
        return found

    async def file(self, **owner: int) -> int:
        """Add a file."""
        given = {"remote_file_url": "https://files.example.com/paper.pdf", **owner}
        found: int = (await self.do("POST", "/attachments", {"attachment": given}))["attachment"][
            "id"
        ]
        return found

    async def interview(self, key: str) -> int:
        """Plan an interview in a week."""
        starts = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"
        given = {"starts_at": starts, "duration": 30, "kind": "meeting", "timezone": "UTC",
                 "offer_id": self.job, "stage_id": self.stages["interview"], "admin_ids": []}  # fmt: skip
        path = f"/interview/candidates/{self.id(key)}/events"
        found: int = (await self.do("POST", path, {"interview_event": given}))["interview_event"][
            "id"
        ]
        return found

    async def evaluation(self, key: str) -> int:
        """Evaluate somebody."""
        given = {"stage_id": self.stages["interview"], "rating": "yes", "kind": "rating"}
        path = f"/interview/candidates/{self.id(key)}/results"
        found: int = (await self.do("POST", path, {"interview_result": given}))["interview_result"][
            "id"
        ]
        return found

    async def reason(self) -> Json:
        """Return a reason to reject."""
        rows = await self.watched.rows("/disqualify_reasons", "disqualify_reasons")
        return rows[0]

    async def reject(self, key: str, reason: int) -> None:
        """Reject a person."""
        body = {"disqualify_reason_id": reason}
        await self.do("PATCH", f"/placements/{self.placement(key)}/disqualify", body)

    async def offer(self, title: str = "") -> int:
        """Create a job, a draft."""
        body = {"offer": {"title": title or self.name("Job")}}
        found: int = (await self.do("POST", "/offers", body))["offer"]["id"]
        return found


Act = Callable[[Acts], Awaitable[Told]]
Before = Callable[[Acts], Awaitable[None]]
ACTS: dict[str, Act] = {}
BEFORE: dict[str, Before] = {}
"""By the edit's name: what is done; and what has to be there, and known to us, before."""


def act(name: str) -> Callable[[Act], Act]:
    """Enter an act under the edit's name."""

    def enter(done: Act) -> Act:
        ACTS[name] = done
        return done

    return enter


def before(name: str) -> Callable[[Before], Before]:
    """Enter what has to be there before."""

    def enter(done: Before) -> Before:
        BEFORE[name] = done
        return done

    return enter


def somebody(*names: str) -> None:
    """Enter that an edit needs a person in the job."""
    for name in names:

        async def made(acts: Acts, name: str = name) -> None:
            await acts.person(name)

        BEFORE[name] = made


def told(kind: str, number: object = "") -> Told:
    """Return one expected event."""
    return [(kind, str(number))]
