"""Full reads by hand: what must hold of them however they are told, one case at a time."""

import dataclasses
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.core.errors import StoreUnavailable
from service.core.recruitee import webhook
from service.core.settings import Settings
from service.core.store.connections import ACTIVE
from service.core.store.inbox import Inbox
from service.core.store.runs import Run
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.core.unified.registry import ROOTS
from tests.model import edits
from tests.model.company import COMPANY_ID, Company, Json
from tests.serving import eventually, serving
from workers import sync
from workers.app import Drains, running

YEAR_2027 = 1_798_800_000


@dataclass
class There:
    """A company with a few of everything, linked and read in full, and a worker that has nothing to do."""

    company: Company
    store: Store
    drains: Drains
    c: str

    async def read(self, *, emit: bool) -> None:
        """Read everything again."""
        run, parts = Run.asked_for(emit=emit, deep=True).dump()
        await self.store.connections.wake(self.c, ACTIVE, sync=run, baseline=parts)
        await self.quiet()

    async def tell(self) -> None:
        """Send every webhook that was fired, and wait until nothing is left to do."""
        await self.send()
        await self.quiet()

    async def send(self) -> None:
        """Send every webhook that was fired."""
        for sent in self.company.outbox:
            read = webhook.read(orjson.dumps(sent.body))
            await self.store.inbox.enqueue(self.c, list(read.entries))
        self.company.outbox.clear()
        self.drains.refetch.wake()

    async def quiet(self) -> None:
        """Wait until no read is under way and the inbox is empty."""
        self.drains.refetch.wake()

        async def done() -> bool:
            connection = await self.store.connections.get(self.c)
            over = connection is not None and bool(Run.of(connection).done)
            return over and await self.store.inbox.depth(self.c) == (0, 0)

        await eventually(done, 20)

    async def told(self) -> list[tuple[str, str]]:
        """Return (type, remote id) of every event, in order."""
        return [(event["type"], event["data"]["remote_id"]) for event in await self.events()]

    async def events(self) -> list[dict[str, Any]]:
        """Return every event, in order."""
        entries = await self.store.log.oldest(self.c, "0-0", 1000)
        bodies = [await self.store.log.body(entry.event_id) for entry in entries]
        return [orjson.loads(body) for body in bodies if body]

    async def lives(self, model: str, remote_id: int) -> bool:
        """Say whether a record is stored and has not ended."""
        ref = Ref(model, str(remote_id))
        known = await self.store.records.load(self.c, [ref])
        return ref in known and not known[ref].deleted

    async def lease_is_over(self) -> None:
        """Let the lease of a worker that lost its store pass."""
        await self.store.pipe.call("ZADD", "ready:in", 0, self.c)

    def any(self, model: str) -> Json:
        """Return a row of a list."""
        return next(iter(self.company.lists[model].values()))


def served(company: Company) -> Starlette:
    """Return what answers for a company as it is when it is asked."""

    async def answer(request: Request) -> Response:
        found = company.serve(request.path_params["path"], dict(request.query_params))
        return JSONResponse(found or {"error": ["Page not found"]}, 200 if found else 404)

    return Starlette(routes=[Route(f"/c/{COMPANY_ID}/{{path:path}}", answer)])


@pytest.fixture
async def there(settings: Settings, store: Store) -> AsyncIterator[There]:
    """Everything, after its first read."""
    company = Company(random.Random(7), YEAR_2027)
    company.settle_in(candidates=6, jobs=2, rows=3)
    made = await store.connections.create(COMPANY_ID, "token", "secret", "Example")
    async with serving(served(company)) as url:
        settings = settings.model_copy(update={"recruitee_url": AnyHttpUrl(url)})
        async with running(settings) as (_, drains):
            found = There(company, store, drains, made.id)
            await found.quiet()
            yield found


async def test_a_webhook_after_a_silent_read_still_tells_its_change(there: There) -> None:
    edits.rename(there.company)
    await there.read(emit=False)
    assert await there.told() == []

    await there.tell()

    (event,) = await there.events()
    names = [c for c in event["data"]["changes"] if c["path"] == "name"]
    assert event["type"] == "candidate.updated" and event["origin"] == "webhook"
    assert names[0]["before"] != names[0]["after"]


async def test_a_silent_read_tells_nothing_not_even_of_what_is_gone(there: There) -> None:
    gone = {model: there.any(model)["id"] for model in ("department", "note", "interview")}
    for model, i in gone.items():
        del there.company.lists[model][i]

    await there.read(emit=False)

    assert await there.told() == []
    assert [await there.lives(model, i) for model, i in gone.items()] == [False] * 3


async def test_what_ended_in_a_silent_read_is_told_by_its_webhook(there: There) -> None:
    edits.unassign(there.company)
    await there.read(emit=False)
    assert await there.told() == []

    await there.tell()
    await there.tell()

    assert [kind for kind, _ in await there.told()] == ["application.deleted"]


async def test_a_change_after_a_silent_read_is_told_once_from_what_was_told_last(
    there: There,
) -> None:
    there.any("department")["name"] = "Seen in silence"
    person = next(iter(there.company.candidates.values()))
    person |= {"title": "Seen in silence", "updated_at": there.company.now()}
    await there.read(emit=False)
    person |= {"title": "Told", "updated_at": there.company.now()}
    await there.read(emit=True)
    about = {"candidate": {"id": person["id"]}}
    there.company.fire("candidate_updated", None, there.company.now(), about)

    await there.tell()

    (event,) = await there.events()
    assert event["data"]["changes"] == [{"path": "title", "before": None, "after": "Told"}]


async def test_what_a_read_finds_changed_new_or_gone_is_told_once_each(there: There) -> None:
    kept = there.any("interview")
    kept["starts_at"] = "2027-06-01T10:00:00.000000Z"
    canceled = list(there.company.lists["interview"].values())[-1]["id"]
    notes = [row["id"] for row in there.company.lists["note"].values()]
    del there.company.lists["interview"][canceled]
    there.company.lists["note"].clear()  # the last ones: their candidates count none now
    there.company.list_row("evaluation", there.company.now())
    made = list(there.company.lists["evaluation"])[-1]

    await there.read(emit=True)
    await there.read(emit=True)

    expected = [("interview.rescheduled", str(kept["id"])), ("interview.canceled", str(canceled))]
    expected += [("note.deleted", str(i)) for i in notes]
    assert sorted(await there.told()) == sorted([*expected, ("evaluation.created", str(made))])


async def test_a_row_that_only_one_pass_leaves_out_is_not_gone(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once_short(there.company, monkeypatch, "departments", "departments")

    await there.read(emit=True)

    assert await there.told() == []


async def test_a_list_that_is_shorter_than_its_total_deletes_nothing(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = there.company.serve

    def short(path: str, query: dict[str, str]) -> Json | None:
        answer = serve(path, query)
        return {**answer, "tags": answer["tags"][1:]} if answer and "tags" in answer else answer

    monkeypatch.setattr(there.company, "serve", short)

    await there.read(emit=True)

    assert await there.told() == []


async def test_a_row_that_slips_to_an_earlier_page_is_read_all_the_same(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = dataclasses.replace(ROOTS["candidate"].listing, limit=3)
    small = {**ROOTS, "candidate": dataclasses.replace(ROOTS["candidate"], listing=listing)}
    monkeypatch.setitem(vars(sync), "ROOTS", MappingProxyType(small))
    monkeypatch.setattr(sync, "DEEP_PAGE", 3)
    people = list(there.company.candidates)
    _after_its_first_page(there.company, monkeypatch, lambda: _leave(there.company, people[0]))
    there.company.candidates[people[3]]["title"] = "Slipped"

    run, parts = Run.asked_for(emit=True, deep=False).dump()
    await there.store.connections.wake(there.c, ACTIVE, sync=run, baseline=parts)
    await there.quiet()

    assert ("candidate.updated", str(people[3])) in await there.told()


async def test_a_redis_that_is_lost_while_a_return_is_told_leaves_nothing_behind(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = there.any("note")
    who = note["candidate_id"]
    about: Json = {"candidate": {"id": who}}
    _leave(there.company, who)
    there.company.fire("candidate_deleted", None, there.company.now(), about)
    await there.tell()
    there.company.candidates[who] = there.company.deleted.pop(who)
    there.company.fire("candidate_restored", None, there.company.now(), about)
    enqueue, lost = Inbox.enqueue, [False]

    async def cut(self: Inbox, c: str, entries: Sequence[bytes]) -> int:
        if any(b"candidate_notes:" in entry for entry in entries) and not lost[0]:
            lost[0] = True
            raise StoreUnavailable("the connection was cut")
        return await enqueue(self, c, entries)

    monkeypatch.setattr(Inbox, "enqueue", cut)

    await there.send()

    async def back() -> bool:
        if lost[0]:
            await there.lease_is_over()
        there.drains.refetch.wake()
        return await there.lives("note", note["id"])

    await eventually(back)
    assert lost == [True]


async def test_how_far_a_read_is_does_not_overwrite_one_that_was_asked_for_since(
    store: Store,
) -> None:
    made = await store.connections.create(COMPANY_ID, "token", "secret", "Example")
    old, new = Run(began=1), Run(began=2)
    await store.connections.wake(made.id, ACTIVE, sync=new.dump()[0], baseline=new.dump()[1])

    assert not await store.connections.note_run(made.id, old.began, *old.dump())

    kept = await store.connections.get(made.id)
    assert kept and Run.of(kept).began == new.began


def _once_short(company: Company, monkeypatch: pytest.MonkeyPatch, path: str, key: str) -> None:
    serve, asked = company.serve, [0]

    def short(at: str, query: dict[str, str]) -> Json | None:
        answer = serve(at, query)
        if answer is None or at.strip("/") != path:
            return answer
        asked[0] += 1
        return {**answer, key: answer[key][1:]} if asked[0] == 1 else answer

    monkeypatch.setattr(company, "serve", short)


def _after_its_first_page(
    company: Company, monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]
) -> None:
    serve, done = company.serve, [False]

    def served(path: str, query: dict[str, str]) -> Json | None:
        answer = serve(path, query)
        if path.strip("/") == "candidates" and not done[0]:
            done[0] = True
            then()
        return answer

    monkeypatch.setattr(company, "serve", served)


def _leave(company: Company, person: int) -> None:
    company.deleted[person] = company.candidates.pop(person)
