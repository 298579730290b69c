"""What is true in the companies now, and every state that any of their records ever had."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from service.core import ids
from tests.model import lists

State = dict[str, Any]
Key = tuple[str, str, str]  # connection, model, remote id

STAGES = {101: "apply", 102: "phone_screen", 103: "interview", 104: "offer", 105: "hire"}
JOBS = (60, 61)  # of one pipeline
TAGS = ("go", "lua", "night", "senior")


@dataclass
class Person:
    """A candidate with an application in one job."""

    id: int
    job: int
    made: str
    at: str  # of the candidate's latest change
    placed_at: str  # of the application's
    title: int = 0
    stage: int = 101
    reason: str | None = None
    tags: set[str] = field(default_factory=set)
    gone: bool = False
    busy_until: float = 0.0  # loop time: not restored before


@dataclass
class Job:
    """An offer; its pipeline is shared with the company's other one."""

    id: int
    at: str
    title: int = 0
    status: str = "published"


@dataclass
class Company:
    """One company, and every state that any of its records ever had."""

    id: int
    connection_id: str = ""
    hook: str = ""
    people: dict[int, Person] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    stage_names: dict[int, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    history: dict[Key, list[State]] = field(default_factory=dict)
    lists: dict[str, dict[int, Any]] = field(
        default_factory=lambda: {model: {} for model in lists.KINDS}
    )
    event_id: int = 0
    row_id: int = 90_000
    _last_ms: int = 0

    def now(self) -> str:
        """Return the time, never the same one twice."""
        self._last_ms = max(self._last_ms + 1, int(datetime.now(UTC).timestamp() * 1000))
        at = datetime.fromtimestamp(self._last_ms / 1000, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{self._last_ms % 1000:03}000Z"

    def note_all(self) -> None:
        """Begin the history: what is true now is known to whoever reads everything now."""
        self.history.clear()
        for person in self.people.values():
            self.note_person(person)
        for job in self.jobs.values():
            self.note("job", job.id, job_state(job))
        for stage in STAGES:
            self.note("stage", stage, {"name": self.stage_name(stage)})
        for model, rows in self.lists.items():
            for row in rows.values():
                self.note_row(model, row)

    def note_person(self, person: Person) -> None:
        """Remember how a candidate, its application and what it owns are."""
        self.note("candidate", person.id, candidate_state(person))
        self.note("application", person.id * 10, self._application_state(person))
        for model, rows in self.lists.items():
            for row in rows.values():
                if row.get("candidate_id") == person.id:
                    self.note_row(model, row)

    def note_row(self, model: str, row: State, *, gone: bool = False) -> None:
        """Remember how a row of a list is; one that belongs to a candidate ends with it."""
        kind = lists.KINDS[model]
        ended = gone or (kind.owned and self.people[row["candidate_id"]].gone)
        if not kind.silent:
            state = dict(kind.state(row))
            self.note(model, row["id"], state if model == "user" else {**state, "gone": ended})

    def living(self) -> dict[int, Person]:
        """Return the candidates who are there."""
        return {i: person for i, person in self.people.items() if not person.gone}

    def note(self, model: str, remote_id: int, state: State) -> None:
        """Remember a state, if it is another than the last."""
        states = self.history.setdefault((self.connection_id, model, str(remote_id)), [])
        if not states or states[-1] != state:
            states.append(state)

    def stage_name(self, stage: int) -> str:
        """Return what a stage is called now."""
        return f"{STAGES[stage]} {self.stage_names[stage]}"

    def stage_uid(self, stage: int) -> str:
        """Return how change events name a stage."""
        return ids.record_id(self.connection_id, "stage", str(stage))

    def _application_state(self, person: Person) -> State:
        hired = "HIRED" if STAGES[person.stage] == "hire" else "PENDING"
        return {
            "current_stage_id": self.stage_uid(person.stage),
            "outcome": "DECLINED" if person.reason else hired,
            "rejection_reason_name": person.reason,
            "gone": person.gone,
        }


def candidate_state(person: Person) -> State:
    """Return how change events show a candidate; each tag is a fact of its own, as they tell it."""
    tags = {f"tags.{tag}": tag in person.tags for tag in TAGS}
    return {"title": f"v{person.title}", "gone": person.gone, **tags}


def job_state(job: Job) -> State:
    """Return how change events show a job."""
    public = job.status == "published"
    return {
        "name": f"v{job.title}",
        "status": "OPEN" if public else "CLOSED",
        "visibility": "PUBLIC" if public else "CONFIDENTIAL",
    }
