"""The order of a list, its cursors while it changes, and what `updated_after` counts as a change."""

from random import Random

import pytest

from service.core.times import iso
from service.core.unified.model import Ref
from service.kombo import walk
from tests.kombo.books import Books

T = 1_700_000_000_000
DAY = 86_400_000


async def test_records_come_in_the_order_in_which_they_changed(books: Books) -> None:
    for remote_id, at in (("3", T), ("1", T + 2), ("20", T + 1), ("2", T + 1)):
        await books.person(remote_id, at)

    assert await books.ids("candidates") == ["3", "2", "20", "1"]
    (first, *_), _ = await books.page("candidates")
    assert first["changed_at"] == iso(T)


async def test_a_record_that_changes_between_pages_comes_again_and_none_is_missed(
    books: Books,
) -> None:
    for number in range(1, 8):
        await books.person(str(number), T + number)

    seen, cursor = await books.page("candidates", page_size=3)
    await books.person("2", T + 100)
    await books.person("5", T + 101)
    await books.person("9", T + 102)
    await books.store.records.forget(books.c, [Ref("candidate", "3")])
    rest = await books.ids("candidates", page_size=2, cursor=cursor)

    assert [row["remote_id"] for row in seen] == ["1", "2", "3"]
    assert rest == ["4", "6", "7", "2", "5", "9"]


async def test_many_records_of_one_moment_are_paged_through_once_each(books: Books) -> None:
    for number in range(12):
        await books.person(str(100 + number), T)

    assert await books.ids("candidates", page_size=5) == [str(100 + n) for n in range(12)]


async def test_deleted_records_are_shown_only_when_asked_for(books: Books) -> None:
    await books.person("1", T)
    await books.person("2", T + 1, deleted=True)

    assert await books.ids("candidates") == ["1"]
    assert await books.ids("candidates", include_deleted="true") == ["1", "2"]
    assert await books.ids("candidates", include_deleted="true", updated_after=iso(T + 1)) == ["2"]


async def test_what_changed_at_the_very_moment_asked_for_is_shown(books: Books) -> None:
    await books.put("tag", "1", T)
    await books.put("tag", "2", T + 1)

    assert await books.ids("tags", updated_after=iso(T + 1)) == ["2"]
    assert await books.ids("tags", updated_after=iso(T)) == ["1", "2"]
    assert await books.ids("tags", updated_after=iso(T + 2)) == []


async def test_a_candidate_counts_as_changed_when_an_application_did(books: Books) -> None:
    await books.person("1", T)
    await books.person("2", T)
    await books.apply("11", "1", "60", T + 10)
    await books.apply("21", "2", "60", T)

    late = {"updated_after": iso(T + 5)}
    assert await books.ids("candidates", **late) == ["1"]
    assert await books.ids("candidates", ids=books.uid("candidate", "1"), **late) == ["1"]
    assert await books.ids("candidates", ids=books.uid("candidate", "2"), **late) == []
    (row,), _ = await books.page("candidates", **late)
    assert row["changed_at"] == iso(T)


async def test_an_application_counts_as_changed_with_its_candidate_and_its_interviews(
    books: Books,
) -> None:
    await books.person("1", T + 10)
    await books.person("2", T)
    for application, candidate, job in (("11", "1", "60"), ("12", "1", "61"), ("21", "2", "60")):
        await books.apply(application, candidate, job, T)
    await books.meet("7", "2", "60", T + 20)
    late = {"updated_after": iso(T + 5)}

    assert await books.ids("applications", **late) == ["11", "12", "21"]
    assert await books.ids("applications", page_size=1, **late) == ["11", "12", "21"]
    assert await books.ids("applications", updated_after=iso(T + 15)) == ["21"]


async def test_an_interview_counts_as_changed_with_its_application_alone(books: Books) -> None:
    await books.person("1", T + 30)
    await books.apply("11", "1", "60", T + 10)
    await books.apply("12", "1", "61", T)
    await books.meet("7", "1", "60", T)
    await books.meet("8", "1", "61", T)

    assert await books.ids("interviews", updated_after=iso(T + 5)) == ["7"]


async def test_a_job_counts_as_changed_with_its_questions_and_its_posting(books: Books) -> None:
    for job, question in (("60", "1"), ("61", "2"), ("62", "3")):
        asked = [{"question_id": books.uid("screening_question", question), "remote_id": question}]
        await books.put("job", job, T, screening_questions=asked)
        await books.put("screening_question", question, T, title="Why?")
    await books.touch("screening_question", "2", T + 10)
    await books.put("job_posting", "62", T + 10, title="A job")

    assert await books.ids("jobs", updated_after=iso(T + 5)) == ["61", "62"]
    assert await books.ids("jobs", updated_after=iso(T + 5), page_size=1) == ["61", "62"]


async def test_a_user_counts_as_changed_with_their_role(books: Books) -> None:
    await books.put("role", "5", T, remote_label="Admin")
    await books.put("user", "1", T, role_id=books.uid("role", "5"))
    await books.put("user", "2", T)
    await books.touch("role", "5", T + 10)

    assert await books.ids("users", updated_after=iso(T + 5)) == ["1"]


async def test_a_renamed_stage_or_job_changes_no_application(books: Books) -> None:
    await books.person("1", T)
    await books.apply("11", "1", "60", T, current_stage_id=books.uid("stage", "8"))
    await books.put("job", "60", T + 10, name="Renamed")
    await books.put("stage", "8", T + 10, name="Renamed")

    assert await books.ids("applications", updated_after=iso(T + 5)) == []
    (row,), _ = await books.page("applications")
    assert (row["job"]["name"], row["current_stage"]["name"]) == ("Renamed", "Renamed")


async def test_a_change_of_what_a_list_shows_is_seen_at_once(books: Books) -> None:
    await books.person("1", T, tags=["vip"])
    assert (await books.page("candidates"))[0][0]["tags"][0]["remote_id"] is None

    await books.put("tag", "5", T, name="vip")
    (row,), _ = await books.page("candidates")
    assert row["tags"] == [{"id": books.uid("tag", "5"), "name": "vip", "remote_id": "5"}]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("path", ["candidates", "applications", "interviews"])
async def test_whatever_changes_meanwhile_a_walk_misses_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch, path: str, seed: int
) -> None:
    """Read page by page while others write: what was there is seen once, what is written again."""
    monkeypatch.setattr(walk, "CHUNK", 4)
    random = Random(seed)
    for person in range(1, 6):
        await books.person(str(person), T + random.randrange(20))
        for job in range(random.randrange(4)):
            await books.apply(f"{person}{job}", str(person), str(job), T + random.randrange(20))
            if random.random() < 0.6:
                await books.meet(f"9{person}{job}", str(person), str(job), T + random.randrange(20))
    since = iso(T + random.randrange(15))
    expected = {row["remote_id"] for row in (await books.page(path, updated_after=since))[0]}
    model = {"candidates": "candidate", "applications": "application", "interviews": "interview"}
    every = await books.ids(path)

    seen: list[str] = []
    written: set[str] = set()
    cursor: str | None = None
    for step in range(100):
        more = {"cursor": cursor} if cursor else {}
        rows, cursor = await books.page(path, updated_after=since, page_size=2, **more)
        seen += [row["remote_id"] for row in rows]
        if cursor is None:
            break
        if step < 5 and every:
            touched = random.choice(every)
            written.add(touched)
            await books.touch(model[path], touched, T + 100 + step)

    assert cursor is None
    assert set(seen) >= expected | written
    unwritten = [each for each in seen if each not in written]
    assert len(unwritten) == len(set(unwritten))


async def test_filters_that_let_little_through_are_bounded_by_pages(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ops.paging.LOOKED_AT_MOST", 4)
    for number in range(1, 11):
        await books.person(str(number), T + number, last_name="Ada" if number == 9 else "Else")

    rows, cursor = await books.page("candidates", last_name="ada")
    assert rows == [] and cursor is not None
    assert await books.ids("candidates", last_name="ada") == ["9"]


async def test_made_since_a_day_goes_by_whole_days(books: Books) -> None:
    day = T - T % DAY
    await books.put("job", "1", T, remote_created_at=iso(day + 5))
    await books.put("job", "2", T, remote_created_at=iso(day - 5))

    assert await books.ids("jobs", remote_created_after=iso(day + DAY - 1)) == ["1"]
