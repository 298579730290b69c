"""A storm of edits, drawn by seed: each changes what is true and announces it as Recruitee would."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.faults.sender import Sender
from tests.faults.world import JOBS, STAGES, TAGS, Company, Job, Person, job_state
from tests.model import lists

REASONS = ("Too far", "No fit", "Salary")
ROWS = 12  # in each list
REST_S = 4.0  # a deleted candidate stays so: its webhook may be late

Details = dict[str, Any]


def populate(company: Company, people: int) -> None:
    """Put candidates into the company's two jobs."""
    at = company.now()
    company.jobs = {i: Job(i, at) for i in JOBS}
    for n in range(people):
        _add(company, n, at)
    for model in lists.KINDS:
        for _ in range(ROWS):
            add_row(company, model, Random(f"{company.id} {model} {company.row_id}"))


def add_row(company: Company, model: str, random: Random) -> None:
    """Add a row to a list; one that belongs to a candidate goes to any."""
    kind = lists.KINDS[model]
    company.row_id += 1
    row = {"id": company.row_id, "created_at": company.now(), **kind.made(company.row_id)}
    if kind.owned:
        row["candidate_id"] = random.choice(list(company.living()))
    company.lists[model][company.row_id] = row
    company.note_row(model, row)


def _add(company: Company, n: int, at: str) -> Person:
    person = Person(company.id * 1000 + n, JOBS[n % 2], at, at, at)
    company.people[person.id] = person
    return person


@dataclass
class Storm:
    """Edits at a rate."""

    random: Random
    companies: list[Company]
    sender: Sender
    edits: int = 0

    async def blow(self, rate: float, until_s: float) -> None:
        """Edit `rate` times a second until a time of the loop; wait while too much is under way."""
        loop = asyncio.get_running_loop()
        while loop.time() < until_s:
            if self.sender.has_room:
                self._edit()
            await asyncio.sleep(self.random.expovariate(rate))

    def _edit(self) -> None:
        company = self.random.choice(self.companies)
        # A few are edited most: bursts fold, and races need two at once.
        most = len(company.people) if self.random.random() < 0.5 else 6
        person = list(company.people.values())[self.random.randrange(most)]
        kind = self.random.choices(list(_KINDS), list(_KINDS.values()))[0]
        if person.gone:
            kind = Storm._restore
        self.edits += 1
        kind(self, company, person)

    def _move(self, company: Company, person: Person) -> None:
        left = person.stage
        person.stage = self.random.choice([i for i in STAGES if i != left])
        person.reason = None
        details = {"from_stage": _stage(company, left), "to_stage": _stage(company, person.stage)}
        self._placed(company, person, "stage_changed", details)

    def _burst(self, company: Company, person: Person) -> None:
        for _ in range(self.random.randint(2, 6)):
            self._move(company, person)

    def _judge(self, company: Company, person: Person) -> None:
        if person.reason is None:
            person.reason = self.random.choice(REASONS)
            details = {"disqualify_reason": {"name": person.reason}}
            return self._placed(company, person, "disqualified", details)
        person.reason = None
        return self._placed(company, person, "requalified", {})

    def _placed(self, company: Company, person: Person, subtype: str, details: Details) -> None:
        person.placed_at = company.now()
        company.note_person(person)
        offer = {"offer": {"id": person.job}, "details": details}
        self._tell(company, "candidate_moved", person.placed_at, subtype, person, offer)

    def _retitle(self, company: Company, person: Person) -> None:
        person.title += 1
        self._edited(company, person, "candidate_updated")

    def _tag(self, company: Company, person: Person) -> None:
        person.tags ^= {self.random.choice(TAGS)}
        self._edited(company, person, "candidate_tagged")

    def _restore(self, company: Company, person: Person) -> None:
        if asyncio.get_running_loop().time() > person.busy_until:
            person.gone = False
            self._edited(company, person, "candidate_restored")

    def _delete(self, company: Company, person: Person) -> None:
        person.gone = True
        person.busy_until = asyncio.get_running_loop().time() + REST_S
        self._edited(company, person, "candidate_deleted")

    def _edited(self, company: Company, person: Person, event_type: str) -> None:
        person.at = company.now()
        company.note_person(person)
        self._tell(company, event_type, person.at, None, person, {})

    def _apply(self, company: Company, _: Person) -> None:
        at = company.now()
        person = _add(company, len(company.people), at)
        company.note_person(person)
        self._tell(company, "new_candidate", at, None, person, {"offers": [{"id": person.job}]})

    def _rename_job(self, company: Company, _: Person) -> None:
        job = self.random.choice(list(company.jobs.values()))
        job.title += 1
        self._offered(company, job, "offer_updated")

    def _publish(self, company: Company, _: Person) -> None:
        job = self.random.choice(list(company.jobs.values()))
        job.status = "closed" if job.status == "published" else "published"
        word = "offer_published" if job.status == "published" else "offer_unpublished"
        self._offered(company, job, word)

    def _rename_stage(self, company: Company, _: Person) -> None:
        """Rename a stage of the pipeline, and edit the jobs that share it at the same time."""
        stage = self.random.choice(list(STAGES))
        company.stage_names[stage] += 1
        company.note("stage", stage, {"name": company.stage_name(stage)})
        for job in company.jobs.values():
            job.title += 1
            self._offered(company, job, "offer_updated")

    def _list(self, company: Company, _: Person) -> None:
        """Edit a list, of which no webhook tells."""
        model = self.random.choice(list(lists.KINDS))
        rows = [r for r in company.lists[model].values() if _there(company, r)]
        chance = self.random.random()
        if chance < 0.3 or not rows:
            return add_row(company, model, self.random)
        row = self.random.choice(rows)
        if chance < 0.8 or model == "user":  # one who left: what else one was then nobody can ask
            company.row_id += 1
            row |= self.random.choice(lists.KINDS[model].edits)(row, company.row_id)
            return company.note_row(model, row)
        del company.lists[model][row["id"]]
        company.note_row(model, row, gone=True)

    def _offered(self, company: Company, job: Job, event_type: str) -> None:
        job.at = company.now()
        company.note("job", job.id, job_state(job))
        payload = {"offer": {"id": job.id, "status": job.status}}
        self._tell(company, event_type, job.at, None, None, payload)

    def _tell(
        self,
        company: Company,
        event_type: str,
        at: str,
        subtype: str | None,
        person: Person | None,
        payload: Details,
    ) -> None:
        company.event_id += 1
        about = {"candidate": {"id": person.id}} if person else {}
        webhook = {
            "id": company.id * 1_000_000 + company.event_id, "event_type": event_type,
            "event_subtype": subtype, "created_at": at,
            "payload": {"company": {"id": company.id}, **about, **payload},
        }  # fmt: skip
        self.sender.send(company.hook, webhook)


def _there(company: Company, row: Details) -> bool:
    owner = row.get("candidate_id")
    return owner is None or not company.people[owner].gone


def _stage(company: Company, stage: int) -> Details:
    return {"id": stage, "name": company.stage_name(stage), "category": STAGES[stage]}


_KINDS: dict[Callable[[Storm, Company, Person], None], int] = {
    Storm._move: 30, Storm._burst: 8, Storm._judge: 16, Storm._retitle: 16, Storm._tag: 10,
    Storm._apply: 4, Storm._delete: 3, Storm._rename_job: 4, Storm._publish: 3, Storm._rename_stage: 6,
    Storm._list: 20,
}  # fmt: skip
