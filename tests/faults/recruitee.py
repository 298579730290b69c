"""A Recruitee that serves what is true when it is asked, and has moods."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import orjson

from tests.faults.wire import Answer, Request
from tests.faults.world import STAGES, Company, Job, Person
from tests.model import lists

Json = dict[str, Any]
Mood = Literal["well", "errors", "limits", "slow", "hangs up", "garbage", "refuses"]

TOKEN = "recruitee-token"
TEMPLATE: Json = {
    "id": 40, "title": "Usual", "open_questions": [
        {
            "id": n, "position": n, "kind": "string", "open_question_template_id": 40, "options": [],
            "translations": {"en": {"body": f"Question {n}"}},
        }
        for n in (1, 2)
    ],
}  # fmt: skip
MISSING = Answer(404, b'{"error":["Page not found"]}')


@dataclass
class Recruitee:
    """All companies behind one address, in a mood."""

    random: Random
    companies: dict[int, Company] = field(default_factory=dict)
    mood: Mood = "well"
    asked: int = 0
    calm: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> Answer | None:
        """Answer a GET with what is true when it arrives, however late that leaves."""
        self.asked += 1
        truth = self._truth(request)
        if self.mood == "well" or self.random.random() < 0.4:
            return truth
        return await _MOODS[self.mood](self, truth)

    def be(self, mood: Mood) -> None:
        """Change the mood; whoever is well lets go of what it held."""
        self.mood = mood
        if mood == "well":
            self.calm.set()
        else:
            self.calm.clear()

    async def slow(self, truth: Answer) -> Answer:
        """Answer only when well again, or after a while: with what was true when it was asked."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.random.uniform(0.2, 4)):
                await self.calm.wait()
        return truth

    def _truth(self, request: Request) -> Answer:
        _, _, company_id, *path = request.path.split("/")
        company = self.companies[int(company_id)]
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, b'{"error":["Unauthorized"]}')
        found = _found(company, path, request.query)
        return MISSING if found is None else Answer(200, orjson.dumps(found))


def _found(company: Company, path: list[str], query: dict[str, str]) -> Json | None:
    match path:
        case ["admin"]:
            return {"admin": {"id": 1, "company_id": company.id}, "company": {"id": company.id}}
        case ["candidates"] if query.get("deleted") == "true":
            asked = company.people.get(int(query.get("ids", "0")))
            return {"candidates": [{"id": asked.id}] if asked and asked.gone else []}
        case ["candidates"]:
            rows = _page([p for p in company.people.values() if not p.gone], query)
            shown = [_candidate(company, p) for p in rows]
            return {"candidates": shown, "references": _references(company)}
        case ["candidates", i]:
            person = company.people.get(int(i))
            if person is None or person.gone:
                return None
            return {"candidate": _candidate(company, person), "references": _references(company)}
        case ["offers"]:
            return {"offers": [_offer(company, job) for job in company.jobs.values()]}
        case ["offers", i]:
            found = company.jobs.get(int(i))
            return {"offer": _offer(company, found), "references": []} if found else None
        case ["open_questions", "template"]:
            return {"open_question_templates": [{"id": TEMPLATE["id"], "title": TEMPLATE["title"]}]}
        case ["open_questions", "template", _]:
            return {"open_question_template": TEMPLATE}
    listed = lists.asked_for(company.lists, company.living(), "/".join(path), query)
    return lists.answer(listed) if listed else None


def _page(rows: list[Person], query: dict[str, str]) -> list[Person]:
    first = int(query.get("offset", 0))
    return rows[first : first + int(query.get("limit", 1000))]


def _candidate(company: Company, person: Person) -> Json:
    counts = {
        f"{model}s_count": sum(
            row["candidate_id"] == person.id for row in company.lists[model].values()
        )
        for model in ("note", "attachment")
    }
    return counts | {
        "id": person.id, "name": f"Person {person.id}", "title": f"v{person.title}", "emails": [],
        "phones": [], "links": [], "social_links": [], "source": "manual", "sources": [],
        "referrer": None, "tags": sorted(person.tags), "created_at": person.made,
        "updated_at": person.at, "placements": [_placement(person)],
    }  # fmt: skip


def _placement(person: Person) -> Json:
    return {
        "id": person.id * 10, "candidate_id": person.id, "offer_id": person.job,
        "stage_id": person.stage, "location_ids": [], "disqualify_reason": person.reason,
        "disqualified_at": person.placed_at if person.reason else None, "hired_at": None,
        "created_at": person.made, "updated_at": person.placed_at,
    }  # fmt: skip


def _offer(company: Company, job: Job) -> Json:
    stages = [
        {"id": i, "name": company.stage_name(i), "category": c, "position": n, "group": None}
        for n, (i, c) in enumerate(STAGES.items())
    ]
    return {
        "id": job.id, "title": f"v{job.title}", "kind": "job", "status": job.status, "offer_tags": [],
        "created_at": "2026-01-05T08:00:00.000000Z", "updated_at": job.at,
        "pipeline_template": {"id": 7, "stages": stages}, "open_question_template_id": TEMPLATE["id"],
        "careers_url": f"https://careers.example.com/o/{job.id}",
    }  # fmt: skip


def _references(company: Company) -> Iterable[Json]:
    jobs = [{"type": "Offer", "id": i, "kind": "job", "title": "Job"} for i in company.jobs]
    stages = [{"type": "Stage", "id": i, "name": c, "category": c} for i, c in STAGES.items()]
    return [*jobs, *stages]


async def _says(answer: Answer | None) -> Answer | None:
    return answer


_MOODS: dict[Mood, Callable[[Recruitee, Answer], Awaitable[Answer | None]]] = {
    "errors": lambda r, _: _says(Answer(r.random.choice((500, 502, 503)), b"<html>oh</html>")),
    "limits": lambda r, _: _says(
        Answer(429, b"{}", r.random.choice((((("retry-after", "1")),), ())))
    ),
    "slow": Recruitee.slow,
    "hangs up": lambda r, _: _says(None),
    "garbage": lambda r, truth: _says(Answer(200, truth.body[: len(truth.body) // 2])),
    "refuses": lambda r, _: _says(Answer(401, b'{"error":["Unauthorized"]}')),
}
