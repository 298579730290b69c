"""Every row of the table of detectors, tried: who is to see an edit sees it, and so does a reconcile."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

import pytest

from service.core.events import OPERATIONAL, TYPES
from service.core.recruitee import detectors, feed, intervals
from service.core.recruitee.edits import EDITS, Edit
from service.core.recruitee.intervals import sweeps
from service.core.settings import Settings
from tests.detect import papers, people, work
from tests.detect.acts import ACTS, BEFORE, Acts, Told
from tests.detect.names import NAMES
from tests.detect.watched import Json, Watched, linked
from tests.serving import eventually

ENTERED = (people, papers, work)  # their acts are entered by importing them
ELSEWHERE = {
    "candidate deleted for good": "the sandbox keeps those that were deleted",
    "candidate restored": "has a test of its own",
}
IN_SILENCE = {edit.name for edit in EDITS if not edit.told}
SETTINGS = Settings()
UNFED = "the feed is not served to the token any more"


def test_the_page_is_not_stale() -> None:
    assert detectors.PAGE.read_text(encoding="utf-8") == detectors.page(), (
        "run: python -m service.core.recruitee.detectors"
    )


def test_every_edit_is_tried() -> None:
    tried = set(ACTS) | set(ELSEWHERE) | IN_SILENCE
    assert {edit.name for edit in EDITS} == tried
    assert [name for name, n in Counter(e.name for e in EDITS).items() if n > 1] == []


def test_every_type_of_event_is_what_some_edit_comes_to() -> None:
    told = {kind for edit in EDITS for kind in edit.told}
    ours = {"candidate.erased", "candidate.consent_expiring", "activity.created"}
    # Contract types that nothing of Recruitee's leads to: told of what is read again later.
    later = {"job.restored", "application.restored", "application.unhired", "user.deleted"}
    later |= {"attachment.updated"}
    assert set(TYPES) - set(OPERATIONAL) - told - ours == later


def test_every_entry_of_the_feed_is_about_something_or_said_to_be_about_nothing() -> None:
    looks = {name: feed.looks_of(name) for name in NAMES}

    assert [name for name, found in looks.items() if found is None] == []
    assert [n for edit in EDITS for n in edit.feed if not looks[n]] == []


def test_every_entry_that_an_edit_names_is_one_of_the_feeds() -> None:
    assert {name for edit in EDITS for name in edit.feed} <= set(NAMES)


def test_an_entry_that_nobody_has_heard_of_is_a_hint_at_whatever_it_names() -> None:
    assert feed.look("somebody_sneezed", "7", "8").roots == ("candidate:7", "job:8")
    assert feed.look("somebody_sneezed", None, None).roots == ()


async def prepared(watched: Watched) -> Acts:
    acts = Acts(watched)
    await acts.prepare()
    for there in BEFORE.values():
        await there(acts)
    await linked(watched)
    assert await watched.events() == []
    return acts


def _missed(wanted: Iterable[tuple[Edit, Told]], told: list[Json], origin: str) -> list[str]:
    """Return what was not announced, or not by whom it should."""
    seen = {(e["type"], e["data"]["remote_id"]): e["origin"] for e in told}
    found = []
    for edit, events in wanted:
        found += [f"{edit.name}: {kind} {i}" for kind, i in events if (kind, i) not in seen]
        told_by = {seen[event] for event in events if event in seen}
        # What is looked at for another reason may show more than that.
        found += [f"{edit.name}: by {told_by}"] if told_by - {origin, "activity"} else []
    return found


@pytest.mark.parametrize("fed", [True, False])
async def test_with_webhooks_lost_each_edit_is_told_by_the_detector_that_the_table_names(
    unlinked: Watched, *, fed: bool
) -> None:
    acts = await prepared(unlinked)
    await (unlinked.poll() if fed else unlinked.unfed())
    done: dict[str, list[tuple[Edit, Told]]] = {}
    # A job's end has a reconcile begin at once, which sees all that was done before.
    for edit in sorted(EDITS, key=lambda edit: edit.name.startswith("job deleted")):
        if edit.name in ACTS:
            first = detectors.fastest(edit, SETTINGS, webhooks=False, fed=fed)
            done.setdefault(_phase(first.by), []).append((edit, await ACTS[edit.name](acts)))

    for phase, look in _phases(unlinked, fed=fed).items():
        await look()
        origin = "activity" if phase == "feed" else "reconcile"
        assert _missed(done[phase], await unlinked.events(), origin) == [], phase
    ledger = await unlinked.ledger()
    assert (ledger["webhooks"], ledger["doubts"]) == (0, [])
    assert set(ledger["told"]) == ({"activity", "reconcile"} if fed else {"reconcile"})
    assert sum(ledger["told"].values()) == len(await unlinked.news())
    assert ledger["seen"].keys() >= {intervals.EDITED, intervals.ACTIVE}
    assert [gap["why"] for gap in ledger["gaps"]] == ([] if fed else [UNFED])


def _phases(watched: Watched, *, fed: bool) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return the looks in the order in which the table has them."""
    phases: dict[str, Callable[[], Awaitable[object]]] = {"feed": watched.poll} if fed else {}
    return {
        **phases,
        "sweep": lambda: watched.sweep(*sweeps(fed=fed)),
        "reconcile": watched.reconcile,
        "audit": lambda: _audited(watched),
    }


async def test_with_the_feed_off_too_the_next_reconcile_tells_what_lists_and_search_show(
    unlinked: Watched,
) -> None:
    acts = await prepared(unlinked)
    await unlinked.unfed()
    done = [
        (edit, await ACTS[edit.name](acts))
        for edit in EDITS
        if edit.name in ACTS and detectors.RECONCILE in _seen_by(edit)
    ]
    ended = await unlinked.reconcile()
    # Search tells whole seconds, and one that was under way saw what was there when it began: the next
    # one looks at the last second once more.
    for _ in range(2):
        if _missed(done, await unlinked.events(), "reconcile"):
            await unlinked.reconcile()

    assert _missed(done, await unlinked.events(), "reconcile") == []
    assert ended["status"] == "done" and ended["doubts"] == []
    ledger = await unlinked.ledger()
    (gap,) = ledger["gaps"]
    assert gap["why"] == UNFED and gap["healed_by"] == "reconcile"
    assert ledger["feed"]["served"] is False
    assert (ledger["webhooks"], ledger["doubts"]) == (0, [])
    assert set(ledger["told"]) == {"reconcile"}
    # What no webhook and no feed told is named, list by list.
    assert ledger["differing"].keys() >= ended["differing"].keys()
    assert {"candidate", "job", "candidate_interviews", "last_activity_at"} <= {*ended["differing"]}
    assert len(done) > 60
    # What moved within the very last second is looked at once more, and then no more.
    await unlinked.reconcile()
    assert (await unlinked.reconcile())["differing"] == {}
    told = (await unlinked.ledger())["told"]
    assert len(await unlinked.events()) == sum(told.values())


def _seen_by(edit: Edit) -> set[str]:
    return {seen.by for seen in detectors.detectors(edit, SETTINGS, fed=False)}


def _phase(by: str) -> str:
    names = {detectors.FEED: "feed", detectors.RECONCILE: "reconcile", detectors.AUDIT: "audit"}
    return names.get(by, "sweep")


async def _audited(watched: Watched) -> None:
    """Let a whole round of the audit go by."""

    async def round_is_over() -> bool:
        await watched.store.watching.note(watched.c, **{"due:audit": 0})
        await watched.look()
        return "audit:proved" in await watched.watch()

    await eventually(round_is_over, 20)
    await watched.idle()
