"""After a last full read: what the store holds of every model, held against what the companies have."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from service.core.store.packing import unpack
from tests.faults.check import shown
from tests.faults.house import House, until
from tests.faults.recruitee import TEMPLATE
from tests.faults.world import Company, State
from tests.model.lists import KINDS

READ_WITHIN_S = 60.0
QUESTIONS = [str(each["id"]) for each in TEMPLATE["open_questions"]]


async def read_in_full(house: House) -> list[str]:
    """Have every company read once more, while nobody edits it; return what is not done in time."""
    for company in house.recruitee.companies.values():
        path = f"connections/{company.connection_id}/sync"
        asked = {"emit": True, "deep": True}
        try:
            # What was asked for in the storm ends first: it is not begun anew.
            await until(partial(house.read, company.connection_id), READ_WITHIN_S)
            await house.ops("POST", path, asked)
            await until(partial(house.read, company.connection_id), READ_WITHIN_S)
        except TimeoutError:
            return [f"stuck: the full read of {company.id} does not end"]
    return []


async def differences(house: House) -> list[str]:
    """Return where what is stored differs from what is true."""
    found: list[str] = []
    async with house.redis.client() as client:
        for company in house.recruitee.companies.values():
            there = _there(company)
            stored = await _stored(client, company.connection_id, sorted({m for m, _ in there}))
            found += _differences(there, stored)
    return found


def _differences(
    there: dict[tuple[str, str], State], stored: dict[tuple[str, str], tuple[State, bool]]
) -> Iterator[str]:
    for record in there.keys() | stored.keys():
        true, (have, gone) = there.get(record), stored.get(record, ({}, True))
        if true is None or true.get("gone"):
            if not gone:
                yield f"store: {record} is kept, and it is gone"
        elif gone or _like(record[0], have, true) != true:
            yield f"store: {record} is {have or 'not there'}, and it is {true}"


def _like(model: str, have: State, true: State) -> State:
    if model in UNTOLD:
        return {name: have.get(name) for name in true}
    return shown(model, have, true)


UNTOLD = {model for model, kind in KINDS.items() if kind.silent} | {
    "question_template", "screening_question", "job_posting",
}  # fmt: skip


def _there(company: Company) -> dict[tuple[str, str], State]:
    """Return the state of every record that is there or has been, by model and remote id."""
    told = {(model, i): states[-1] for (_, model, i), states in company.history.items()}
    silent = {
        (model, str(i)): dict(KINDS[model].state(row))
        for model, rows in company.lists.items()
        if KINDS[model].silent
        for i, row in rows.items()
    }
    postings = {("job_posting", str(i)): {"title": f"v{j.title}"} for i, j in company.jobs.items()}
    asked: dict[tuple[str, str], State] = {("screening_question", i): {} for i in QUESTIONS}
    template = {("question_template", str(TEMPLATE["id"])): {"name": TEMPLATE["title"]}}
    return told | silent | postings | asked | template


async def _stored(
    client: Any, c: str, models: list[str]
) -> dict[tuple[str, str], tuple[State, bool]]:
    found = {}
    for model in models:
        for name in await client.zrange(f"ix:{c}:{model}", 0, -1):
            i = name.decode()
            fields, gone = await client.hmget(f"rec:{c}:{model}:{i}", "f", "d")
            found[model, i] = unpack(fields), gone == b"1"
    return found
