"""Webhooks that stop coming, while others tell of what they tell: a gap of its own in the ledger."""

import pytest

from service.core.recruitee.edits import HEARD
from tests.detect.acts import Acts
from tests.detect.watched import Json, Watched, types
from tests.serving import eventually

WHY = "no webhook came, though changes were made that webhooks tell"


@pytest.fixture
async def acts(watched: Watched) -> Acts:
    """Somebody in a job, who is known to us; and a look at the webhooks when that was over."""
    acts = Acts(watched)
    await acts.prepare()
    await acts.person("ada")
    await watched.poll()
    unheard = (await watched.ledger())["unheard"]
    await watched.store.watching.note(watched.c, silence=f"0:{unheard}:0")
    return acts


async def _look(watched: Watched) -> list[Json]:
    """Let ten minutes have gone by since the webhooks were looked at; return the gaps after the next look."""
    await watched.store.watching.note(watched.c, silence_at=1)

    async def looked() -> bool:
        return int((await watched.watch())["silence_at"]) > 1

    await eventually(looked)
    gaps: list[Json] = (await watched.ledger())["gaps"]
    return gaps


async def _hooked(watched: Watched) -> None:
    """Let webhooks come."""
    connection = await watched.store.connections.get(watched.c)
    assert connection
    hook = {"url": f"{watched.url}/webhooks/recruitee/{connection.hook}", "secret": "hook-secret"}
    await watched.knobs.post("/sandbox/webhooks", json=hook)
    await watched.knob(webhook_loss=0)


async def test_webhooks_that_are_lost_are_a_gap_of_their_own_said_once(
    watched: Watched, acts: Acts
) -> None:
    assert await _look(watched) == []
    await acts.move("ada", "interview")
    await watched.poll()
    assert "application.stage_changed" in types(await watched.news())

    assert await _look(watched) == []  # one may be on its way
    (gap,) = await _look(watched)
    again = await _look(watched)

    assert (gap["why"], gap["healed_by"], gap["healed_at"]) == (WHY, "feed", gap["at"])
    assert gap["since"] and gap["since"] < gap["at"] and again == [gap]
    ledger = await watched.ledger()
    assert ledger["webhooks"] == 0 < ledger["unheard"] <= sum(ledger["told"].values())


async def test_what_no_webhook_tells_is_no_silence(watched: Watched, acts: Acts) -> None:
    unheard = (await watched.ledger())["unheard"]
    await acts.note(f"/candidates/{acts.id('ada')}")
    await watched.poll()
    assert "note.created" in types(await watched.news())

    assert [await _look(watched) for _ in range(3)] == [[], [], []]
    assert (await watched.ledger())["unheard"] == unheard


async def test_a_webhook_that_comes_ends_the_silence_before_it_is_said(
    watched: Watched, acts: Acts
) -> None:
    await acts.move("ada", "interview")
    await watched.poll()
    assert await _look(watched) == []
    await _hooked(watched)
    await acts.move("ada", "offer")

    async def heard() -> bool:
        return bool((await watched.ledger())["webhooks"])

    await eventually(heard)
    assert [await _look(watched) for _ in range(3)] == [[], [], []]


async def test_without_the_feed_what_reconciles_find_says_it_and_asks_for_another(
    watched: Watched, acts: Acts
) -> None:
    await watched.unfed()
    await watched.put_off("reconcile")
    await acts.move("ada", "interview")
    await watched.sweep("active_candidates", "poll")
    assert "application.stage_changed" in types(await watched.news())

    await watched.sweep("poll")
    await watched.store.watching.note(watched.c, silence_at=1)
    await watched.sweep("poll")
    await watched.store.watching.note(watched.c, silence_at=1)
    await watched.sweep("poll")

    gap = (await watched.ledger())["gaps"][0]
    assert (gap["why"], gap["healed_by"]) == (WHY, "reconcile")


async def test_where_webhooks_are_not_set_up_nothing_is_missed(
    watched: Watched, acts: Acts
) -> None:
    await watched.store.connections.update(watched.c, secrets=[])
    await acts.move("ada", "interview")
    await watched.poll()
    await watched.store.watching.note(watched.c, silence_at=1)
    for _ in range(3):
        await watched.poll()

    assert (await watched.watch())["silence_at"] == "1"
    assert (await watched.ledger())["gaps"] == []


def test_it_counts_what_a_webhook_tells_whatever_was_edited() -> None:
    assert {
        "candidate.created", "application.created", "application.stage_changed",
        "application.rejected", "application.requalified", "application.hired",
    } == HEARD  # fmt: skip
