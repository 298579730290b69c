"""Records read many at a time: all of them, with the times that are kept beside them, in any number."""

from service.core.store import keys, rows
from service.core.unified.model import Ref
from tests.kombo.books import Books

T = 1_770_000_000_000


async def test_as_many_as_are_asked_for_come_with_when_they_changed(books: Books) -> None:
    refs = [Ref("candidate", str(number)) for number in range(2 * rows.AT_ONCE + 3)]
    for number, ref in enumerate(refs):
        await books.put(*ref, T + number, first_name=f"N{number}", deleted=number == 7)
    found = await rows.load(books.store.pipe, books.c, [*refs, Ref("candidate", "x")])

    assert list(found) == refs
    assert [each.changed for each in found.values()] == [T + n for n in range(len(refs))]
    known = await books.store.records.load(books.c, refs)
    assert {ref: (each.fields, each.deleted) for ref, each in found.items()} == {
        ref: (each.fields, each.deleted) for ref, each in known.items()
    }


async def test_what_is_in_no_index_or_has_no_fields_is_not_there(books: Books) -> None:
    await books.person("1", T)
    await books.store.pipe.call("ZREM", keys.index(books.c, "candidate"), "1")
    await books.touch("candidate", "2", T)

    refs = [Ref("candidate", "1"), Ref("candidate", "2")]
    assert await rows.load(books.store.pipe, books.c, refs) == {}
    assert await rows.load(books.store.pipe, books.c, []) == {}


async def test_when_recruitee_was_last_asked_comes_with_a_record(books: Books) -> None:
    await books.person("1", T)
    ref, call = Ref("candidate", "1"), books.store.pipe.call
    for mark, asked in ((f"9:{T}", T), ("9", 0)):
        await call("HSET", keys.record(books.c, *ref), "t", mark)
        (found,) = (await rows.load(books.store.pipe, books.c, [ref])).values()
        assert found.asked == asked
        assert (await books.store.records.fetched(books.c, [ref])).get(ref, 0) == asked


async def test_a_family_is_of_the_models_and_roots_that_are_named(books: Books) -> None:
    for who in ("1", "2"):
        await books.person(who, T)
    await books.apply("11", "1", "7", T + 1)
    await books.apply("12", "1", "8", T + 2)
    await books.meet("21", "1", "7", T + 3)
    await books.put("note", "31", T, "candidate:1")

    async def family(*roots: str, models: tuple[str, ...]) -> dict[str, set[Ref]]:
        found = await rows.families(books.store.pipe, books.c, roots, ["1", "2"], models)
        return {who: {each.ref for each in inside} for who, inside in found.items()}

    applied = {Ref("application", "11"), Ref("application", "12")}
    assert await family("candidate", models=("application",)) == {"1": applied, "2": set()}
    both = await family("candidate", "candidate_interviews", models=("application", "interview"))
    assert both == {"1": applied | {Ref("interview", "21")}, "2": set()}
    # A model is not a part of another one's name.
    assert await family("candidate", models=("applications", "not")) == {"1": set(), "2": set()}
