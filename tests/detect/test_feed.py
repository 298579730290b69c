"""The activity feed as it should be and as it should not: each change is told once, whatever it does."""

from collections import Counter

import pytest

from service.core.store.subscribers import Wanted
from tests.detect.acts import Acts
from tests.detect.watched import Json, Watched, linked, origins, types
from tests.serving import Receiver, eventually, receiving, until
from workers import poll

SWEPT = ("candidates", "active_candidates")


async def _acts(watched: Watched) -> Acts:
    """Return acts with two people who are known and of whom nothing is left to tell."""
    acts = Acts(watched)
    await acts.prepare()
    for key in ("ada", "bob"):
        await acts.person(key)
    await watched.poll()
    await watched.news()
    return acts


async def _tagged(acts: Acts, key: str, tag: str) -> None:
    await acts.do("POST", f"/candidates/{acts.id(key)}/tags", {"tags": [tag]})


async def _entries(watched: Watched) -> Counter[str]:
    """Return how often each entry of the feed was told, by its number."""
    told = [each for each in await watched.events() if each["type"] == "activity.created"]
    return Counter(each["data"]["remote_id"] for each in told)


async def _cursor(watched: Watched) -> int:
    return int((await watched.watch())["cursor"])


async def _gaps(watched: Watched) -> list[tuple[str, str]]:
    return [(gap["why"], gap["healed_by"]) for gap in (await watched.ledger())["gaps"]]


@pytest.mark.parametrize("lie", [{"feed_repeat": 1}, {"feed_reorder": True}])
async def test_entries_that_are_repeated_or_out_of_order_are_told_once_each(
    watched: Watched, lie: Json
) -> None:
    acts = await _acts(watched)
    await watched.knob(**lie)
    for tag in ("one", "two", "three"):
        await _tagged(acts, "ada", tag)
    await acts.note(f"/candidates/{acts.id('bob')}")
    await watched.poll()
    await watched.poll()

    news = await watched.news()
    assert Counter(types(news)) == {
        "candidate.tag_added": 3, "tag.created": 3, "note.created": 1
    }  # fmt: skip
    assert origins(news) == {"activity"} and await _gaps(watched) == []
    assert set((await _entries(watched)).values()) == {1}


async def test_an_entry_that_comes_late_is_found_while_the_poll_still_reads_back(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    before = await _cursor(watched)
    await watched.knob(feed_lacks=["candidate_tags"])
    await _tagged(acts, "ada", "late")
    await acts.note(f"/candidates/{acts.id('bob')}")
    await watched.poll()
    first = await watched.news()
    # Its number is below that of the note, which was taken.
    await watched.knob(feed_lacks=[])
    await watched.poll()

    assert "note.created" in types(first) and "candidate.tag_added" not in types(first)
    assert types(await watched.news()) == ["candidate.tag_added"]
    assert await _cursor(watched) == before


async def test_after_two_minutes_the_cursor_moves_on_and_what_the_feed_skipped_is_swept(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    await watched.knob(feed_lacks=["candidate_tags"])
    await _tagged(acts, "ada", "skipped")
    await acts.note(f"/candidates/{acts.id('bob')}")
    await watched.poll()
    before = await _cursor(watched)
    for _ in range(2):  # once to what was marked before that, once to what is the newest now
        await watched.stop()
        await watched.pass_by(poll.OVERLAP_MS / 1000 + 1)
        await watched.start()
        await watched.poll()
    await watched.knob(feed_lacks=[])
    await watched.poll()

    assert await _cursor(watched) > before and (await watched.watch())["mark"] == ""
    assert "candidate.tag_added" not in types(await watched.news())
    await watched.sweep(*SWEPT)
    (told,) = [e for e in await watched.news() if e["type"] == "candidate.tag_added"]
    assert told["origin"] == "reconcile" and told["data"]["remote_id"] == str(acts.id("ada"))


@pytest.mark.parametrize(
    ("cursor", "why"),
    [
        ("refused", "the feed's cursor has vanished"),
        ("ignored", "the feed does not honour its cursor"),
    ],
)
async def test_a_cursor_that_does_not_hold_is_a_gap_that_is_said_once_and_healed_from_the_head(
    watched: Watched, cursor: str, why: str
) -> None:
    acts = await _acts(watched)
    await watched.stop()
    await _tagged(acts, "ada", "one")
    await watched.knob(feed_cursor=cursor)
    await watched.start()
    await watched.poll()
    await _tagged(acts, "ada", "two")
    await watched.poll()

    assert types(await watched.news()).count("candidate.tag_added") == 2
    assert await _gaps(watched) == [(why, "feed")]
    ledger = await watched.ledger()
    assert ledger["feed"]["backwards"] and ledger["gaps_healed"] == 1
    # Once an hour it is tried whether the cursor holds again.
    await watched.stop()
    await watched.knob(feed_cursor="kept")
    await watched.pass_by(poll.TRY_FORWARD_MS / 1000 + 1)
    await watched.store.watching.note(watched.c, polled_at=0)
    await watched.start()
    await watched.poll()
    await _tagged(acts, "ada", "three")
    await watched.poll()

    assert types(await watched.news()).count("candidate.tag_added") == 1
    assert not (await watched.ledger())["feed"]["backwards"]
    assert set((await _entries(watched)).values()) == {1}


async def test_a_feed_that_does_not_reach_back_is_healed_by_a_reconcile(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = await _acts(watched)
    await watched.stop()
    await watched.knob(feed_cursor="refused")
    for tag in ("one", "two", "three"):
        await _tagged(acts, "ada", tag)
    monkeypatch.setattr(poll, "BACK_PAGES", 1)
    monkeypatch.setattr(poll, "PAGE", 2)
    await watched.start()

    async def healed() -> bool:
        return bool((await watched.ledger())["gaps_healed"])

    await eventually(healed, 20)
    await watched.idle()
    ledger = await watched.ledger()
    (gap,) = ledger["gaps"]
    assert gap["why"] == "the feed does not reach back to where it was left"
    assert gap["healed_by"] == "reconcile" and gap["healed_at"] >= gap["at"]
    assert ledger["reconciliations"] == 1
    assert types(await watched.news()).count("candidate.tag_added") == 3


@pytest.mark.parametrize("first", ["webhook", "activity"])
async def test_the_same_change_by_webhook_and_feed_is_one_event(
    watched: Watched, first: str
) -> None:
    acts = await _acts(watched)
    connection = await watched.store.connections.get(watched.c)
    assert connection
    hook = {"url": f"{watched.url}/webhooks/recruitee/{connection.hook}", "secret": "hook-secret"}
    await watched.knobs.post("/sandbox/webhooks", json=hook)
    # The one that is to be late is so for longer than the other takes.
    late = {"webhook_reorder": 1, "webhook_reorder_ms": 400} if first == "activity" else {}
    await watched.knob(webhook_loss=0, **late)
    if first == "webhook":
        await watched.stop()
        await watched.put_off("poll")
        await watched.start()
    await acts.move("ada", "interview")
    moved = await eventually(lambda: _of(watched, "application.stage_changed"))
    await eventually(lambda: _delivered(watched))
    await watched.sweep("poll")
    await watched.poll()

    assert [event["origin"] for event in moved] == [first]
    assert await _of(watched, "application.stage_changed") == moved


async def _of(watched: Watched, kind: str) -> list[Json]:
    return [event for event in await watched.events() if event["type"] == kind]


async def _delivered(watched: Watched) -> bool:
    rows: list[Json] = (await watched.knobs.get("/sandbox/webhooks/log")).json()["deliveries"]
    return bool((await watched.ledger())["webhooks"] >= len(rows) > 0)


async def test_entries_are_told_to_those_who_name_them_and_to_nobody_else(
    watched: Watched,
) -> None:
    acts = await _acts(watched)
    async with receiving() as all_but, receiving() as curious:
        named: list[tuple[Receiver, tuple[str, ...]]] = [
            (all_but, ("*",)), (curious, ("activity.*", "note.*"))
        ]  # fmt: skip
        for receiver, kinds in named:
            wanted = Wanted(url=receiver.url, event_types=kinds)
            _, receiver.secret = await watched.store.subscribers.create(wanted, None)
        number = await acts.note(f"/candidates/{acts.id('ada')}")
        for receiver, _ in named:
            assert (await receiver.have("note.created"))["data"]["remote_id"] == str(number)
        told = await curious.have("activity.created")
        await until(lambda: len(curious.got) == 2)

    record = told["data"]["record"]
    assert record["event"] == "candidate_note_add" and told["origin"] == "activity"
    assert told["data"]["subject"]["remote_id"] == str(acts.id("ada"))
    assert all_but.types == ["note.created"]


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_clock_at_recruitee_that_is_off_hides_nothing(
    unlinked: Watched, hours: int
) -> None:
    await unlinked.knob(clock_skew_s=hours * 3600)
    watched = await linked(unlinked)
    acts = await _acts(watched)
    await _tagged(acts, "ada", "fed")
    await watched.poll()
    fed = await watched.news()
    await watched.knob(feed_lacks=["candidate_tags", "candidate_offer_assign"])
    await _tagged(acts, "bob", "swept")
    await acts.do("PATCH", f"/candidates/{acts.id('ada')}", {"candidate": {"phones": ["+31 20 1"]}})
    await watched.sweep(*SWEPT)
    swept = await watched.news()

    entries = await _entries(watched)
    assert len(entries) > 5 and set(entries.values()) == {1}
    assert "candidate.tag_added" in types(fed) and origins(fed) == {"activity"}
    assert sorted(types([e for e in swept if e["data"]["model"] == "candidate"])) == [
        "candidate.tag_added", "candidate.updated"
    ]  # fmt: skip
    assert await _gaps(watched) == []
    assert (await watched.ledger())["feed"]["clock_off_s"] == pytest.approx(hours * 3600, abs=60)
