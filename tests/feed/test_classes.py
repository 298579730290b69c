"""A class of fields that a subscriber is not to see is in no push, no replay and no page of the feed."""

import pytest

from tests.feed.conftest import Feed
from tests.ops.conftest import History, Ops
from tests.ops.conftest import receiver as receiver
from tests.ops.conftest import settings as settings
from tests.ops.conftest import working as working
from tests.serving import Receiver, until

HIDDEN = (b"zoe@", b"90000", b"shoe-43")
OWN = [
    {"key": "profile.Gehaltswunsch", "type": "CUSTOM", "value": "90000"},
    {"key": "profile.Shoe", "type": "CUSTOM", "value": "shoe-43"},
]
MAILS = [{"email_address": "zoe@mail.example", "type": None}]


@pytest.mark.usefixtures("working")
async def test_what_is_sensitive_is_in_no_push_no_replay_and_no_page(
    feed: Feed, ops: Ops, history: History, receiver: Receiver
) -> None:
    connection = await history.connection()
    options = connection.options.model_copy(update={"pii": {"profile.Shoe": "sensitive"}})
    await history.store.connections.update(connection.id, options=options)
    made = await ops.post("/subscribers", {"url": receiver.url, "redact": ["class:sensitive"]})
    receiver.secret = made["secret"]
    mixed = await history.tell(
        connection.id, "candidate.updated", name="Ada", email_addresses=MAILS,
        integration_fields=OWN,
    )  # fmt: skip
    only = await history.tell(connection.id, "candidate.updated", email_addresses=MAILS)
    await until(lambda: receiver.got)

    await ops.post("/replays", {"event_ids": [mixed], "subscriber_ids": [made["id"]]}, status=202)
    await until(lambda: len(receiver.got) == 2)
    page = await feed.http.get("/v1/events", params={"subscriber_id": made["id"]})

    pushed, replayed = receiver.got
    assert pushed.body == replayed.body and pushed.headers["webhook-id"] == mixed
    assert [event["id"] for event in page.json()["events"]] == [mixed]
    for seen in (pushed.body, page.content):
        assert b"Ada" in seen and not any(each in seen for each in HIDDEN)
    why = (await ops.get("/explain", event_id=only, subscriber_id=made["id"]))["why"]
    assert why.startswith("redact: email_addresses is dropped")


@pytest.mark.usefixtures("working")
async def test_a_field_that_is_marked_later_is_not_in_what_is_replayed_after_that(
    ops: Ops, history: History, receiver: Receiver
) -> None:
    connection = await history.connection()
    made = await ops.post("/subscribers", {"url": receiver.url, "redact": ["class:sensitive"]})
    receiver.secret = made["secret"]
    event_id = await history.tell(
        connection.id, "candidate.updated", name="Ada", integration_fields=OWN
    )
    await until(lambda: receiver.got)
    options = connection.options.model_copy(update={"pii": {"profile.Shoe": "sensitive"}})
    await history.store.connections.update(connection.id, options=options)

    again = {"event_ids": [event_id], "subscriber_ids": [made["id"]]}
    await ops.post("/replays", again, status=202)
    await until(lambda: len(receiver.got) == 2)

    assert b"shoe-43" in receiver.got[0].body and b"90000" not in receiver.got[0].body
    assert b"shoe-43" not in receiver.got[1].body and b"Ada" in receiver.got[1].body
