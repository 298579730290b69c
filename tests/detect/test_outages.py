"""Days without a look: the first one after them finds the gap, and the cheapest whole look heals it."""

from collections.abc import Sequence, Set

import pytest

from service.core import times
from service.core.store.connections import UNAUTHORIZED
from tests.detect.acts import Acts
from tests.detect.watched import FEED as ACTIVITIES
from tests.detect.watched import Json, Watched, linked, types
from tests.serving import eventually
from workers import poll

DAY_S, WEEK_S = 86_400.0, 7 * 86_400.0
LONG = "nothing was asked for so long"
UNFED = "the feed is not served to the token any more"
SILENT = "nothing was asked for so long, and no feed tells of it"
FEED, SWEPT = {"candidate.tag_added", "note.created"}, {"candidate.updated", "department.created"}


async def _acts(watched: Watched) -> Acts:
    acts = Acts(watched)
    await acts.prepare()
    await acts.person("ada")
    await watched.poll()
    await watched.news()
    return acts


async def _changes(acts: Acts) -> None:
    """Change what the feed tells of, what search shows, and what only a company's list does."""
    who = acts.id("ada")
    await acts.do("POST", f"/candidates/{who}/tags", {"tags": ["swift"]})
    await acts.note(f"/candidates/{who}")
    await acts.do("PATCH", f"/candidates/{who}", {"candidate": {"phones": ["+31 20 555 0101"]}})
    await acts.do("POST", "/departments", {"departments": ["Night watch"]})


async def _told(watched: Watched, wanted: set[str]) -> list[Json]:
    """Wait until each of some types was told, and return what was told, by the way once each."""
    found: list[Json] = []

    async def all_there() -> bool:
        found.extend(await watched.news())
        return wanted <= set(types(found))

    await eventually(all_there, 20)
    await watched.idle()
    found.extend(await watched.news())
    kinds = types(found)
    assert [kind for kind in wanted if kinds.count(kind) != 1] == []
    return found


def _origin(events: Sequence[Json], kind: str) -> str:
    (origin,) = {event["origin"] for event in events if event["type"] == kind}
    return str(origin)


async def _gap(watched: Watched) -> Json:
    """Return the only gap that was found."""
    (gap,) = (await watched.ledger())["gaps"]
    return dict(gap)


async def _absent(watched: Watched, seconds: float) -> None:
    """Let so much time go by while no worker works."""
    await watched.stop()
    await watched.pass_by(seconds)


async def _healed_by_the_feed(watched: Watched, days: float) -> None:
    """Check that feed and sweeps told everything, that nothing else was asked, and what is said of it."""
    told = await _told(watched, FEED | SWEPT)
    assert {_origin(told, kind) for kind in FEED} == {"activity"}
    gap, ledger = await _gap(watched), await watched.ledger()
    since, at = times.parse(gap["since"]), times.parse(gap["at"])
    assert since and at and at - since == pytest.approx(days * DAY_S * 1000, abs=60_000)
    assert (gap["why"], gap["healed_by"], gap["healed_at"]) == (LONG, "feed", gap["at"])
    # The feed reaches back and search goes down to its mark: no reconcile is needed for that.
    assert ledger["reconciliations"] == 0 and ledger["doubts"] == []
    assert ledger["gaps_healed"] == 1 and "gaps wait" not in ledger["says"]


async def _due_since(watched: Watched, seconds: float) -> None:
    """Let the sweeps be due since their turn within that time, as they would be."""
    late = times.now_ms() - int(seconds * 1000)
    names = ("candidates", "active_candidates", "departments")
    await watched.store.watching.note(watched.c, **{f"due:{name}": late for name in names})


async def test_after_a_week_without_us_the_feed_is_read_on_from_the_cursor(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await watched.sweep("candidates", "active_candidates")
    await watched.stop()
    await _changes(acts)
    await _absent(watched, WEEK_S)
    await _due_since(watched, WEEK_S - 900)
    await watched.start()

    await _healed_by_the_feed(watched, 7)


async def test_a_token_that_was_revoked_for_days_and_is_renewed_leaves_no_gap(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await watched.sweep("candidates", "active_candidates")
    await watched.knob(revoked=True)

    async def refused() -> bool:
        connection = await watched.store.connections.get(watched.c)
        return connection is not None and connection.status == UNAUTHORIZED

    await eventually(refused)
    await watched.ops("POST", f"/connections/{watched.c}/reconcile", 409)
    await watched.stop()
    await watched.knob(revoked=False)
    await _changes(acts)
    await watched.knob(revoked=True)
    await _absent(watched, 3 * DAY_S)
    await _due_since(watched, 3 * DAY_S - 900)
    await watched.start()
    await watched.knob(revoked=False)
    await watched.ops("GET", f"/connections/{watched.c}/check")

    await _healed_by_the_feed(watched, 3)
    kinds = types(await watched.events())
    assert kinds.count("connection.unauthorized") == kinds.count("connection.restored") == 1


async def test_when_recruitee_is_down_for_days_it_is_asked_ever_more_rarely_and_then_caught_up(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await watched.sweep("candidates", "active_candidates")
    await watched.knob(fail_next=[{"status": 503, "count": 10_000, "method": "GET"}])

    async def rarely() -> bool:
        return int((await watched.watch()).get("fails:poll", 0)) >= 2

    await eventually(rarely)
    connection = await watched.store.connections.get(watched.c)
    assert connection and connection.status == "active"
    assert (await watched.ledger())["gaps"] == []
    asked = await watched.count("/c/5600/tracking")
    await _changes(acts)
    await _absent(watched, 2 * DAY_S)
    assert await watched.count("/c/5600/tracking") - asked <= 2
    await _due_since(watched, 2 * DAY_S - 900)
    await watched.knob(fail_next=[])
    await watched.start()

    await _healed_by_the_feed(watched, 2)


async def test_after_a_week_in_which_the_feed_forgot_where_we_stood_a_reconcile_heals(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = await _acts(watched)
    await watched.stop()
    await _changes(acts)
    await acts.do("POST", f"/candidates/{acts.id('ada')}/tags", {"tags": ["later"]})
    await _absent(watched, WEEK_S)
    await watched.knob(feed_cursor="refused")
    monkeypatch.setattr(poll, "PAGE", 1)
    monkeypatch.setattr(poll, "BACK_PAGES", 2)
    await watched.start()

    await _by_reconcile(watched, "the feed does not reach back to where it was left")
    assert types(await watched.events()).count("candidate.tag_added") == 2


async def test_after_a_week_without_a_feed_a_reconcile_heals(watched: Watched) -> None:
    acts = await _acts(watched)
    await watched.unfed()
    await watched.stop()
    await _changes(acts)
    await _absent(watched, WEEK_S)
    await watched.start()
    await watched.look()

    await _by_reconcile(watched, SILENT)
    assert {_origin(await watched.events(), kind) for kind in FEED | SWEPT} == {"reconcile"}


async def test_a_feed_that_comes_back_is_read_on_from_the_cursor(watched: Watched) -> None:
    acts = await _acts(watched)
    await watched.unfed()
    await _changes(acts)
    await watched.knob(forbidden=[])
    await watched.sweep("poll")

    told = await watched.news()
    assert {_origin(told, kind) for kind in FEED} == {"activity"}
    ledger = await watched.ledger()
    assert ledger["feed"]["served"] and ledger["reconciliations"] == 1
    assert [(gap["why"], gap["healed_by"]) for gap in ledger["gaps"]] == [(UNFED, "reconcile")]


async def test_a_feed_that_is_served_at_last_is_begun_and_what_came_before_is_reconciled(
    unlinked: Watched,
) -> None:
    await unlinked.knob(forbidden=[ACTIVITIES])
    watched = await linked(unlinked)
    acts = Acts(watched)
    await acts.prepare()
    await acts.person("ada")
    await _changes(acts)
    await watched.knob(forbidden=[])
    await watched.sweep("poll")

    why = "the feed was not served to the token until now"
    await _by_reconcile(watched, why, {"candidate.created", "note.created", "department.created"})


async def _by_reconcile(
    watched: Watched, why: str, wanted: Set[str] = frozenset(FEED | SWEPT)
) -> None:
    """Check that a reconcile began by itself because of a gap, and that it healed it."""

    async def healed() -> bool:
        gap = (await watched.ledger())["gaps"][:1]
        return bool(gap) and gap[0]["why"] == why and gap[0]["healed_at"] is not None

    await eventually(healed, 20)
    await watched.idle()
    gap = (await watched.ledger())["gaps"][0]
    assert gap["healed_by"] == "reconcile" and gap["healed_at"] >= gap["at"] >= gap["since"]
    assert wanted <= set(types(await watched.news()))
    ended = (await watched.ops("GET", f"/reconciliations?connection_id={watched.c}"))["items"][0]
    assert (ended["status"], ended["doubts"]) == ("done", [])
