"""A connection that keeps only what was made through it or imported: the rest goes, and stays out."""

from typing import Any

import pytest

from service.core.recruitee.webhook import entry
from service.core.store.runs import Run
from service.core.unified.model import Cause, Draft, Ref
from service.core.unified.options import Options, Scope, keep, reach
from tests.actions.conftest import ADMIN, Acting, Json
from tests.actions.test_creating import ADA
from tests.serving import eventually
from workers.searching import Search

ONLY = {"scope": {"only_created": True}}


async def ops(acting: Acting, method: str, path: str, body: Json | None = None) -> Any:
    """Ask the ops API about the connection."""
    at = f"{acting.url}/ops/v1/connections/{acting.connection.id}{path}"
    answer = await acting.http.request(
        method, at, json=body, headers={"authorization": f"Bearer {ADMIN}"}
    )
    assert answer.is_success, answer.text
    return answer.json()


async def read_in_full(acting: Acting) -> None:
    """Have everything read again, each record by itself, and wait until it was."""
    await ops(acting, "POST", "/sync", {"deep": True})

    async def over() -> bool:
        connection = await acting.store.connections.get(acting.connection.id)
        return connection is not None and bool(Run.of(connection).done)

    await eventually(over, 60)
    await acting.idle()


async def created(acting: Acting) -> Any:
    """Make Ada an application for an open job; returns it as the client has it."""
    job = next(iter((await acting.ids("jobs", statuses="OPEN")).values()))
    made: Any = await acting.sdk.ats.create_application_async(job_id=job, candidate=ADA)
    return made.data


async def kept(acting: Acting, model: str) -> set[str]:
    """Return the remote ids of what is stored of a model."""
    found = set[str]()
    async for known in acting.store.records.pages(acting.connection.id, model):
        found |= {ref.remote_id for ref, each in known.items() if not each.deleted}
    return found


async def look(acting: Acting, *roots: str) -> None:
    """Have records looked at, as an entry of the feed would."""
    cause = Cause(origin="activity")
    await acting.store.inbox.enqueue(acting.connection.id, [entry(root, cause) for root in roots])
    await acting.idle()


async def test_only_what_was_made_here_is_kept_from_the_next_full_read_on_and_all_comes_back(
    acting: Acting,
) -> None:
    made = await created(acting)
    who = made.candidate.remote_id
    note = {"note": {"body": "Ours", "visibility": {"level": "public"}}}
    (await acting.recruitee.post(f"/candidates/{who}/notes", json=note)).raise_for_status()
    await look(acting, f"candidate_notes:{who}")
    before = {model: await kept(acting, model) for model in ("candidate", "job", "note", "stage")}
    assert len(before["candidate"]) > 30 and len(before["note"]) > 1

    said = await ops(acting, "PATCH", "", ONLY)
    assert said["scope"]["only_created"] and "outside the scope is removed" in said["note"]
    assert await kept(acting, "candidate") == before["candidate"]  # until the next full read
    await read_in_full(acting)

    assert await kept(acting, "candidate") == {who}
    assert await kept(acting, "application") == {made.remote_id}
    assert (await kept(acting, "job"), await kept(acting, "stage")) == (
        before["job"],
        before["stage"],
    )
    assert len(await kept(acting, "note")) == 1
    listed = await acting.rows("candidates")
    assert [row["remote_id"] for row in listed] == [who]

    said = await ops(acting, "PATCH", "", {"scope": {"only_created": False}})
    assert "new in the scope is read" in said["note"]
    await read_in_full(acting)
    assert await kept(acting, "candidate") == before["candidate"]
    assert await kept(acting, "note") == before["note"]


async def test_only_of_what_is_kept_events_are_told_and_what_is_made_later_is_kept(
    acting: Acting,
) -> None:
    other = next(iter(await acting.ids("candidates")))
    await ops(acting, "PATCH", "", ONLY)
    await read_in_full(acting)
    assert await kept(acting, "candidate") == set()
    made = await created(acting)
    who = made.candidate.remote_id
    assert made.remote_id and await kept(acting, "candidate") == {who}

    for each in (other, who):
        body = {"candidate": {"name": "Another Name"}}
        (await acting.recruitee.patch(f"/candidates/{each}", json=body)).raise_for_status()
        moved = await acting.recruitee.post(f"/candidates/{each}/tags", json={"tags": ["seen"]})
        moved.raise_for_status()
    await look(acting, f"candidate:{other}", f"candidate:{who}", f"candidate_notes:{other}")
    about = {e["data"]["subject"]["remote_id"] for e in await acting.told()}
    assert who in about and other not in about
    changed = [e for e in await acting.told() if e["type"] == "candidate.tag_added"]
    assert [e["data"]["subject"]["remote_id"] for e in changed] == [who]
    assert await kept(acting, "candidate") == {who}


@pytest.mark.parametrize(
    ("models", "chosen"),
    [
        (("candidate", "note"), "jobs"),
        (("candidate", "note"), "departments"),
        (("candidate", "application"), "jobs"),
    ],
)
async def test_a_full_read_leaves_the_candidates_of_chosen_jobs_whatever_models_are_kept(
    acting: Acting, models: tuple[str, ...] | None, chosen: str
) -> None:
    applications = await acting.rows("applications")
    jobs = {row["remote_id"]: row for row in await acting.rows("jobs")}
    job = jobs[applications[0]["job"]["remote_id"]]
    named = {"jobs": [job["remote_id"]], "departments": [job["department"]]}
    within = {i for i, row in jobs.items() if row["department"] == job["department"]}
    within = {job["remote_id"]} if chosen == "jobs" else within
    expected = {row["candidate"]["remote_id"] for row in applications
                if row["job"]["remote_id"] in within}  # fmt: skip
    assert 0 < len(expected) < 36

    await ops(acting, "PATCH", "", {"scope": {"models": models, chosen: named[chosen]}})
    await read_in_full(acting)

    assert await kept(acting, "candidate") == expected
    shown = {row["remote_id"] for row in await acting.rows("candidates")}
    assert shown == expected
    told = [e["type"] for e in await acting.told()]
    await read_in_full(acting)
    assert await kept(acting, "candidate") == expected
    assert [e["type"] for e in await acting.told()] == told


async def test_search_names_nobody_who_is_not_kept(acting: Acting) -> None:
    made = await created(acting)
    await ops(acting, "PATCH", "", ONLY)
    await read_in_full(acting)
    connection = await acting.store.connections.get(acting.connection.id)
    assert connection is not None

    turn = await Search(acting.ctx, connection, "updated_at", 0).go()
    assert turn.differing.keys() <= {made.candidate.remote_id} and not turn.doubt
    wide = connection.model_copy(update={"options": acting.connection.options})
    turn = await Search(acting.ctx, wide, "updated_at", 0).go()
    assert len(turn.differing) > 30


async def test_what_is_made_is_remembered_whatever_the_scope_and_goes_with_the_connection(
    acting: Acting,
) -> None:
    made, c = await created(acting), acting.connection.id
    refs = [Ref("candidate", made.candidate.remote_id), Ref("application", made.remote_id)]
    others = [Ref("candidate", each) for each in await acting.ids("candidates")]

    assert await acting.store.made.among(c, [*refs, *others]) == frozenset(refs)
    await acting.store.connections.remove(acting.connection)
    assert await acting.store.made.among(c, refs) == frozenset()
    await acting.store.made.add(c, refs)
    assert not await acting.store.pipe.call("EXISTS", f"made:{c}")


def _person(who: str, *applications: str) -> list[Draft]:
    subject = Ref("candidate", who)
    drafts = [Draft("application", each, {"job_id": f"job-{each}"}, subject)
              for each in applications]  # fmt: skip
    return [Draft("candidate", who, {"id": f"uid-{who}"}, subject), *drafts]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([], []),
        ([Ref("candidate", "1")], ["candidate 1"]),
        ([Ref("application", "7")], ["candidate 1", "application 7"]),
        ([Ref("candidate", "2"), Ref("application", "8")],
         ["candidate 1", "application 8", "candidate 2"]),
    ],
)  # fmt: skip
def test_a_candidate_is_kept_for_itself_or_for_an_application_and_of_those_only_the_made(
    made: list[Ref], expected: list[str]
) -> None:
    chosen = Options(scope=Scope(only_created=True))
    drafts = [*_person("1", "7", "8"), *_person("2", "9")]
    far = reach(chosen, lambda model, i: f"{model}-{i}", made=frozenset(made), candidates=())

    assert [f"{d.model} {d.remote_id}" for d in keep(chosen, drafts, far)] == expected
    assert keep(chosen, drafts) == []  # of whom nothing is known nobody is kept


def test_with_jobs_chosen_as_well_both_have_to_fit() -> None:
    chosen = Options(scope=Scope(only_created=True, jobs=("7",)))
    made = frozenset({Ref("application", "7"), Ref("application", "8")})
    far = reach(chosen, lambda model, i: f"{model}-{i}", made=made, candidates=())

    drafts = [*_person("1", "7", "8"), *_person("2", "8")]
    shown = [f"{d.model} {d.remote_id}" for d in keep(chosen, drafts, far)]
    assert shown == ["candidate 1", "application 7"]


def test_papers_stay_with_a_candidate_who_is_kept() -> None:
    chosen = Options(scope=Scope(only_created=True))
    papers = [Draft("note", each, {}, Ref("candidate", each)) for each in ("1", "2")]
    far = reach(chosen, lambda model, i: f"{model}-{i}", made=frozenset(), candidates={"2"})

    assert [each.remote_id for each in keep(chosen, papers, far)] == ["2"]
