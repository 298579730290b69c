"""Search and lists that lie: nothing is deleted or announced for it, and it is said what is in doubt."""

from collections.abc import Iterable
from typing import Any

from service.core.unified.model import Ref
from service.core.unified.registry import MODELS
from tests.detect.acts import Acts
from tests.detect.watched import Json, Watched, types
from tests.serving import eventually

SEARCH = "/search/new/candidates"
SWEPT = ("candidates", "active_candidates")
ENDED = (".deleted", ".canceled")
SHOWN = ("candidate", "application", "job", "interview", "evaluation")


async def _acts(watched: Watched) -> Acts:
    """Return acts with somebody who is known, and of whom nothing is left to tell."""
    acts = Acts(watched)
    await acts.prepare()
    await acts.person("ada")
    await watched.poll()
    await watched.put_off("poll")
    await watched.news()
    return acts


async def _living(watched: Watched, models: Iterable[str] = MODELS) -> set[Ref]:
    """Return every record that has not ended."""
    pages = (watched.store.records.pages(watched.c, model) for model in models)
    return {
        ref
        for one in pages
        async for known in one
        for ref, snapshot in known.items()
        if not snapshot.deleted
    }


async def _doubted(watched: Watched) -> dict[str, str]:
    """Return what the ledger says is in doubt."""
    return {doubt["list"]: doubt["why"] for doubt in (await watched.ledger())["doubts"]}


async def _lists_say(watched: Watched, path: str, body: Json) -> None:
    """Let a path answer with a body, whatever is asked of it."""
    await watched.knob(
        fail_next=[{"status": 200, "count": 10_000, "path_prefix": path, "body": body}]
    )


async def test_a_search_that_ignores_its_order_is_said_and_a_reconcile_stands_in_for_it(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    given = {"candidate": {"phones": ["+31 20 555 0199"]}}
    await acts.do("PATCH", f"/candidates/{acts.id('ada')}", given)
    await watched.knob(distort_prefix="/search", ignore_params=["sort_by"])
    await watched.sweep(*SWEPT)

    async def over() -> bool:
        return bool((await watched.ledger())["reconciliations"] == 1)

    await eventually(over, 20)
    await watched.idle()
    doubts = await _doubted(watched)
    news = await watched.news()
    assert [(e["type"], e["origin"]) for e in news] == [("candidate.updated", "reconcile")]
    why = "search is not in the order of "
    expected = {"candidates": "updated_at", "active_candidates": "last_activity_at"}
    assert {doubts[f"sweep:{name}"] for name in SWEPT} == {why + at for at in expected.values()}
    gaps = (await watched.ledger())["gaps"]
    assert {gap["why"] for gap in gaps} == {why + at for at in expected.values()}
    assert all(gap["healed_by"] == "reconcile" for gap in gaps)
    (ended,) = (await watched.ops("GET", "/reconciliations"))["items"]
    assert ended["status"] == "done" and len(ended["doubts"]) == 2
    # Once it is honest again nothing is in doubt any more, and nothing had been told for it.
    await watched.knob(ignore_params=[])
    await watched.sweep(*SWEPT)
    await watched.reconcile()
    assert await _doubted(watched) == {} and await watched.news() == []


async def test_a_search_that_returns_everything_whatever_is_asked_changes_nothing(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await acts.do("POST", f"/candidates/{acts.id('ada')}/tags", {"tags": ["seen"]})
    await watched.knob(search_ignores_filters=True)
    await watched.sweep(*SWEPT)
    ended = await watched.reconcile()

    assert types(await watched.news()) == ["candidate.tag_added", "tag.created"]
    assert ended["doubts"] == [] and await _doubted(watched) == {}


async def test_a_list_of_the_deleted_that_shows_everybody_is_no_witness(watched: Watched) -> None:
    acts = await _acts(watched)
    who = acts.id("ada")
    await acts.do("PATCH", f"/candidates/{who}", {"candidate": {"phones": ["+31 20 555 0199"]}})
    gone = {"status": 404, "count": 1000, "path_prefix": f"/candidates/{who}",
            "body": {"error": ["Page not found"]}}  # fmt: skip
    await watched.knob(fail_next=[gone], distort_prefix="/candidates", ignore_params=["deleted"])
    await watched.reconcile()
    await watched.reconcile()

    assert await watched.news() == []
    await watched.knob(fail_next=[], ignore_params=[])
    await watched.reconcile()
    assert types(await watched.news()) == ["candidate.updated"]


HOLES = "it does not show records that are there"
LIES: dict[str, tuple[Json, str]] = {
    "pages that overlap": ({"shrink_pages": -30}, "a page repeats rows of another"),
    "pages that repeat": ({"repeat_page": True, "distort_prefix": "/candidates"}, "a page repeats"),
    "pages with a hole": ({"shrink_pages": 30}, HOLES),
    "nothing at all": (
        {"fail_next": [{"status": 200, "path_prefix": "/candidates", "body": {"candidates": []}}]},
        HOLES,
    ),
}


async def test_pages_that_overlap_repeat_or_leave_out_end_nobody(crowd: Watched) -> None:
    before = await _living(crowd, SHOWN)
    honest = {"shrink_pages": 0, "repeat_page": False, "distort_prefix": "", "fail_next": []}
    for lie, (knobs, why) in LIES.items():
        await crowd.knob(**{**honest, **knobs})
        ended = await crowd.reconcile()

        assert ended["status"] == "done", lie
        assert [doubt for doubt in ended["doubts"] if why in doubt], (lie, ended["doubts"])
        assert "candidate:0" in await _doubted(crowd), lie
        assert await crowd.news() == [] and await _living(crowd, SHOWN) == before, lie
    await crowd.knob(**honest)
    assert (await crowd.reconcile())["doubts"] == [] and await _doubted(crowd) == {}


TOTALS = {"job": ("/offers", 7), "locations": ("/locations", -3), "tags": ("/tags", 5)}


async def test_a_total_that_lies_ends_nothing_that_the_list_leaves_out(watched: Watched) -> None:
    before = await _living(watched)
    for name, (path, off) in TOTALS.items():
        await watched.knob(distort_prefix=path, total_offset=off)
        ended = await watched.reconcile()

        assert ended["doubts"] == [f"{name}: its total is not what its pages hold"]
        assert f"{name}:0" in await _doubted(watched)
        assert await watched.news() == [] and await _living(watched) == before
    assert (await watched.ledger())["says"].startswith("No reconciliation has compared")

    await watched.knob(total_offset=0)
    assert (await watched.reconcile())["doubts"] == [] and await _doubted(watched) == {}
    assert (await watched.ledger())["says"].startswith("As of ")


async def test_a_small_company_whose_lists_show_half_loses_nobody(watched: Watched) -> None:
    before = await _living(watched)
    rows = await watched.rows("/candidates", "candidates")
    halves: list[Json] = []
    for key, path in (("candidates", "/candidates"), ("offers", "/offers")):
        shown = rows[::2] if key == "candidates" else (await watched.rows(path, key))[::2]
        # The first answer of the list alone: what is asked of single records is answered as ever.
        body = {key: shown, "references": []}
        halves.append({"status": 200, "count": 1, "path_prefix": path, "body": body})
    for _ in range(2):
        await watched.knob(fail_next=halves)
        ended = await watched.reconcile()
        assert ended["absent"]["candidate"] > len(rows) // 3

    assert await watched.news() == [] and await _living(watched) == before


async def _vanish(watched: Watched, count: int) -> list[str]:
    """Have so many candidates be deleted, of which neither webhook nor feed tells."""
    await watched.knob(feed_lacks=["candidate_remove"])
    rows = await watched.rows(f"/candidates?limit={count}", "candidates")
    for row in rows:
        await watched.do("DELETE", f"/candidates/{row['id']}")
    return [str(row["id"]) for row in rows]


async def test_when_too_much_vanishes_at_once_a_person_is_asked_and_may_confirm(
    crowd: Watched,
) -> None:
    gone = await _vanish(crowd, 30)
    held = await crowd.reconcile()
    ledger = await crowd.ledger()

    assert held["status"] == "held" and held["absent"]["candidate"] == 30
    assert held["reason"] == "too much vanished at once: candidate"
    assert held["doubts"] == ["candidate: 30 of 119 candidate records vanished at once"]
    assert ledger["held"] == held["id"] and "candidate:0" in await _doubted(crowd)
    assert await crowd.news() == []

    canceled = await crowd.ops("POST", f"/reconciliations/{held['id']}/cancel")
    assert canceled["status"] == "canceled" and (await crowd.ledger())["held"] is None
    assert await crowd.news() == []

    again = await crowd.reconcile()
    assert again["status"] == "held"
    await crowd.ops("POST", f"/reconciliations/{held['id']}/confirm", 409)
    confirmed = await crowd.ops("POST", f"/reconciliations/{again['id']}/confirm")
    assert (await crowd.ended(confirmed["id"]))["status"] == "done"
    told = [e for e in await crowd.news() if e["type"] == "candidate.deleted"]
    assert sorted(e["data"]["remote_id"] for e in told) == sorted(gone)
    assert {e["origin"] for e in told} == {"reconcile"}
    assert (await crowd.ledger())["held"] is None and await _doubted(crowd) == {}


async def test_a_company_list_of_which_too_much_vanished_is_held_and_may_be_confirmed(
    watched: Watched,
) -> None:
    names = [f"Department {n}" for n in range(30)]
    await watched.do("POST", "/departments", {"departments": names})
    await watched.sweep("departments")
    await watched.news()
    rows = await watched.rows("/departments", "departments")
    for row in rows:
        await watched.do("DELETE", f"/departments/{row['id']}")
    await watched.sweep("departments")
    held = await watched.reconcile()

    assert held["status"] == "held" and held["absent"]["departments"] == len(rows)
    assert "department.deleted" not in types(await watched.news())
    assert "departments:0" in await _doubted(watched)
    await watched.ops("POST", f"/reconciliations/{held['id']}/confirm")
    assert (await watched.ended(held["id"]))["status"] == "done"
    told = [e for e in await watched.news() if e["type"] == "department.deleted"]
    assert len(told) == len(rows) and await _doubted(watched) == {}


async def test_a_candidate_who_is_hidden_keeps_interviews_and_evaluations(watched: Watched) -> None:
    acts = await _acts(watched)
    await acts.interview("ada")
    await acts.evaluation("ada")
    await watched.sweep("poll")
    assert {"interview.scheduled", "evaluation.created"} <= set(types(await watched.news()))
    before = await _living(watched)
    await watched.knob(hidden_candidates=[acts.id("ada")])
    for _ in range(2):
        assert (await watched.reconcile())["status"] == "done"
    hidden = await watched.news()
    await watched.knob(hidden_candidates=[])
    await watched.reconcile()

    assert {e["type"] for e in hidden} <= {"connection.hidden_records"}
    assert await watched.news() == [] and await _living(watched) == before


async def test_a_list_of_one_owners_that_shows_others_instead_is_not_believed(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await acts.interview("ada")
    await watched.sweep("poll")
    await watched.news()
    rows = await watched.rows("/interview/events?scope=all&status=all", "interview_events")
    others = [row for row in rows if row["candidate_id"] != acts.id("ada")][:3]
    body: dict[str, Any] = {"interview_events": others, "references": [], "meta": {}}
    await _lists_say(watched, "/interview/events", body)
    await acts.interview("ada")
    await watched.sweep("poll")

    assert [kind for kind in types(await watched.news()) if kind.endswith(ENDED)] == []
    doubts = await _doubted(watched)
    name = f"candidate_interviews:{acts.id('ada')}"
    assert doubts[name] == "it shows others' records: its filter is ignored"


async def test_a_list_that_shows_only_interviews_to_come_cancels_none_of_those_that_are_over(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    over, kept, off = [await acts.interview("ada") for _ in range(3)]
    await watched.sweep("poll")
    await watched.news()
    gone_by = {"interview_event": {"starts_at": "2024-03-01T09:00:00Z"}}
    await acts.do("PATCH", f"/interview/events/{over}", gone_by)
    await watched.sweep("poll")
    assert types(await watched.news()) == ["interview.rescheduled"]
    await watched.knob(distort_prefix="/interview/events", ignore_params=["scope", "status"])
    await acts.do("DELETE", f"/interview/events/{off}")
    await watched.sweep("poll")
    for _ in range(2):
        assert (await watched.reconcile())["status"] == "done"

    ended = [(e["type"], e["data"]["remote_id"]) for e in await watched.news()]
    assert ended == [("interview.canceled", str(off))]
    assert {Ref("interview", str(each)) for each in (over, kept)} <= await _living(watched)
    name = f"candidate_interviews:{acts.id('ada')}"
    assert (await _doubted(watched))[name] == "it does not show records that are there"
