"""Positions that we keep: a consumer reads on from where it said it was."""

from service.core.settings import Settings
from tests.feed.conftest import Feed, History, Ops, holding


async def ack(feed: Feed, consumer: str, cursor: str) -> None:
    answer = await feed.http.post("/v1/events/ack", json={"consumer": consumer, "cursor": cursor})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"consumer": consumer, "cursor": cursor}


async def test_a_consumer_gets_the_same_page_until_it_says_that_it_has_it(
    feed: Feed, history: History
) -> None:
    connection = await history.connection()
    told = [await history.tell(connection.id, "candidate.created", str(n)) for n in range(4)]

    page = await feed.page(consumer="crm", limit=2)
    assert await feed.ids(consumer="crm", limit=2) == told[:2]

    await ack(feed, "crm", page["next_cursor"])
    assert await feed.ids(consumer="crm") == told[2:]
    assert await feed.ids(consumer="other") == told


async def test_a_consumer_that_begins_now_misses_nothing_before_its_first_ack(
    feed: Feed, history: History
) -> None:
    connection = await history.connection()
    await history.tell(connection.id, "candidate.created", "1")

    assert await feed.ids(consumer="crm", after="now") == []
    told = await history.tell(connection.id, "candidate.created", "2")

    assert await feed.ids(consumer="crm", after="now") == [told]


async def test_a_kept_position_outlives_what_it_has_not_read(
    feed: Feed, history: History, settings: Settings
) -> None:
    page = await feed.page()
    await ack(feed, "crm", page["next_cursor"])

    (name,) = await history.store.pipe.call("KEYS", "consumer:*")
    assert await history.store.pipe.call("TTL", name) > settings.retention_s


async def test_a_bound_keys_consumers_are_its_own(
    feed: Feed, ops: Ops, history: History, settings: Settings
) -> None:
    connection = await history.connection()
    told = await history.tell(connection.id, "candidate.created")
    await ack(feed, "crm", (await feed.page())["next_cursor"])

    async with holding(settings, ops) as unbound:
        assert await unbound.ids(consumer="crm") == []
    async with holding(settings, ops, connection_ids=[connection.id]) as bound:
        assert await bound.ids(consumer="crm") == [told]


async def test_what_is_no_cursor_is_not_kept(feed: Feed) -> None:
    for body in ({"consumer": "x", "cursor": "now"}, {"consumer": "", "cursor": "x"}, {}):
        answer = await feed.http.post("/v1/events/ack", json=body)
        assert answer.status_code == 422
