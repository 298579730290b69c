"""Changes made through the API fire signed webhooks at a receiver on a real socket."""

import hashlib
import hmac
from typing import Any

import pytest

from service.sandbox.state import Sandbox
from tests.sandbox import keys
from tests.sandbox.conftest import Api, Clock
from tests.sandbox.receiver import Receiver, until

pytestmark = pytest.mark.usefixtures("hook")


async def create(api: Api, jobs: int = 1) -> dict[str, Any]:
    offers = [one["id"] for one in (await api.read("/offers"))["offers"][:jobs]]
    body = {"candidate": {"name": "Lior Fresh"}, "offers": offers}
    made: dict[str, Any] = (await api.call("POST", "/candidates", body)).json()["candidate"]
    return made


async def settled(inside: Sandbox) -> None:
    """Wait until nothing is on its way any more."""
    await until(lambda: not inside.sender.waiting)


async def test_a_webhook_is_signed_over_its_raw_body_and_named_as_recruitees(
    api: Api, receiver: Receiver, hook: dict[str, Any], clock: Clock
) -> None:
    await create(api, jobs=0)
    event = (await receiver.events(1))[0]
    headers = receiver.headers[0]
    expected = hmac.new(hook["secret"].encode(), receiver.bodies[0], hashlib.sha256).hexdigest()

    assert headers["x-recruitee-signature"] == expected
    assert headers["user-agent"] == "Recruitee-Webhooks"
    assert headers["content-type"] == "application/json"
    assert event.keys() == keys.ENVELOPE
    assert event["attempt_count"] == 1 and event["level"] == "info"
    assert event["created_at"].startswith(f"{clock.at:%Y-%m-%dT%H:%M}")
    assert event["payload"]["company"] == {"id": 5600, "name": "Example Company"}


async def test_a_new_candidate_on_two_jobs_is_announced_and_assigned_twice(
    api: Api, receiver: Receiver
) -> None:
    made = await create(api, jobs=2)
    events = await receiver.events(3)

    assert [one["event_type"] for one in events] == ["new_candidate", *["candidate_assigned"] * 2]
    assert events[0]["event_subtype"] == "manual"
    assert len(events[0]["payload"]["offers"]) == 2
    assert [one["payload"]["offer"]["id"] for one in events[1:]] == [
        one["offer_id"] for one in made["placements"]
    ]
    assert [one["id"] for one in events] == [1001, 1002, 1003]


async def test_an_application_by_the_careers_site_says_so(api: Api, receiver: Receiver) -> None:
    slug = (await api.read("/offers", statuses="published"))["offers"][0]["slug"]
    form = {"candidate": {"name": "Ines Applies", "email": "ines@example.com"}}
    await api.client.post(f"/api/offers/{slug}/candidates", json=form)

    event = (await receiver.events(2))[0]
    assert (event["event_type"], event["event_subtype"]) == ("new_candidate", "career_site")
    assert event["payload"]["candidate"]["emails"] == ["ines@example.com"]


async def test_a_move_a_rejection_and_its_end_tell_stages_and_reason(
    api: Api, receiver: Receiver
) -> None:
    placement = (await create(api))["placements"][0]
    path = f"/placements/{placement['id']}"
    reason = (await api.read("/disqualify_reasons"))["disqualify_reasons"][1]
    target = await api.stage(placement["offer_id"], "phone_screen")
    await api.call("PATCH", f"{path}/change_stage", {"stage_id": target})
    await api.call("PATCH", f"{path}/change_stage", {"stage_id": target})
    await api.call("PATCH", f"{path}/disqualify", {"disqualify_reason_id": reason["id"]})
    await api.call("PATCH", f"{path}/requalify")
    await api.call("PATCH", f"{path}/requalify")

    moved, rejected, back = (await receiver.events(5))[2:]
    assert [one["event_subtype"] for one in (moved, rejected, back)] == [
        "stage_changed", "disqualified", "requalified",
    ]  # fmt: skip
    details = moved["payload"]["details"]
    assert details["from_stage"]["category"] == "apply"
    assert details["to_stage"] == {
        "id": target, "name": "Phone screen", "category": "phone_screen",
    }  # fmt: skip
    assert rejected["payload"]["details"] == {"disqualify_reason": reason["name"]}
    assert back["payload"]["details"] == {}
    assert {one["event_type"] for one in (moved, rejected, back)} == {"candidate_moved"}


async def test_a_pool_comes_under_its_own_key(api: Api, receiver: Receiver) -> None:
    made = await create(api, jobs=0)
    pool = (await api.read("/talent_pools"))["talent_pools"][0]["id"]
    await api.call("POST", "/placements", {"candidate_id": made["id"], "talent_pool_id": pool})

    event = (await receiver.events(2))[1]
    assert event["payload"]["talent_pool"]["id"] == pool
    assert "offer" not in event["payload"]


async def test_a_deletion_is_told_and_a_restoration_is_not(
    api: Api, receiver: Receiver, inside: Sandbox
) -> None:
    made = await create(api, jobs=0)
    await api.call("DELETE", f"/candidates/{made['id']}")
    await api.call("POST", f"/candidates/{made['id']}/retrieve")
    await api.call("PATCH", f"/candidates/{made['id']}", {"candidate": {"name": "Renamed"}})
    await api.call("POST", f"/candidates/{made['id']}/tags", {"tag": "quiet"})
    await settled(inside)

    types = [one["event_type"] for one in await receiver.events(2)]
    assert types == ["new_candidate", "candidate_deleted"]


async def test_jobs_tell_publication_edits_status_and_tags(api: Api, receiver: Receiver) -> None:
    job = (await api.read("/offers", statuses="draft"))["offers"][0]["id"]
    for action in ("publish", "publish", "archive"):
        await api.call("PATCH", f"/offers/{job}/{action}")
    await api.call("PATCH", f"/offers/{job}", {"offer": {"title": "Other"}})
    await api.call("PATCH", f"/offers/{job}", {"offer": {"title": "Other"}})
    await api.call("POST", f"/offers/{job}/offer_tags", {"offer_tags": ["New"]})

    told = [(one["event_type"], one["event_subtype"]) for one in await receiver.events(6)]
    assert told == [
        ("offer_published", None),
        ("offer_updated", "status_changed"),
        ("offer_unpublished", None),
        ("offer_updated", "status_changed"),
        ("offer_updated", "offer_changed"),
        ("offer_updated", "tags_changed"),
    ]


@pytest.mark.parametrize("status", [201, 204, 302, 400, 500, 503])
async def test_only_200_counts_and_the_same_event_is_sent_again(
    api: Api, receiver: Receiver, inside: Sandbox, status: int
) -> None:
    await api.knobs(webhook_retry_base_s=0.01)
    receiver.answers.extend([status, status])
    await create(api, jobs=0)
    events = await receiver.events(3)
    await settled(inside)

    assert [one["attempt_count"] for one in events] == [1, 2, 3]
    assert len({(one["id"], one["created_at"]) for one in events}) == 1
    log = (await api.client.get("/sandbox/webhooks/log")).json()["deliveries"]
    assert [one["status"] for one in log[0]["attempts"]] == [status, status, 200]
    assert log[0]["state"] == "delivered"


async def test_after_nine_retries_it_is_given_up(
    api: Api, receiver: Receiver, inside: Sandbox
) -> None:
    await api.knobs(webhook_retry_base_s=0.0005)
    receiver.answers.extend([500] * 10)
    await create(api, jobs=0)
    await receiver.events(10)
    await settled(inside)

    assert len(receiver.bodies) == 10
    assert inside.sender.log(1)[0]["state"] == "failed"


async def test_a_receiver_that_is_away_does_not_slow_the_api_and_is_tried_again(
    api: Api, inside: Sandbox, hook: dict[str, Any]
) -> None:
    await api.client.delete(f"/sandbox/webhooks/{hook['id']}")
    await api.client.post("/sandbox/webhooks", json={"url": "http://127.0.0.1:9/nobody"})
    await create(api, jobs=0)

    await until(lambda: inside.sender.log(1)[0]["attempts"])
    attempt = inside.sender.log(1)[0]["attempts"][0]
    assert attempt["status"] is None and attempt["error"] == "ClientConnectorError"
    assert inside.sender.waiting == 1


async def test_events_can_be_lost_doubled_and_overtaken(
    api: Api, receiver: Receiver, inside: Sandbox
) -> None:
    await api.knobs(webhook_loss=1)
    await create(api, jobs=0)
    await api.knobs(webhook_loss=0, webhook_duplicate=1)
    await create(api, jobs=0)
    await api.knobs(webhook_duplicate=0, webhook_reorder=1, webhook_reorder_ms=100)
    await create(api, jobs=0)
    await api.knobs(webhook_reorder=0)
    await create(api, jobs=0)

    events = await receiver.events(4)
    await settled(inside)
    assert [one["id"] for one in events] == [1002, 1002, 1004, 1003]
    assert [one["attempt_count"] for one in events[:2]] == [1, 2]


async def test_each_webhook_gets_its_own_id_and_only_the_events_it_chose(
    api: Api, receiver: Receiver, inside: Sandbox
) -> None:
    wanted = {"url": receiver.url, "events": ["candidate_deleted"]}
    second = await api.client.post("/sandbox/webhooks", json=wanted)
    made = await create(api, jobs=0)
    await api.call("DELETE", f"/candidates/{made['id']}")
    await receiver.events(3)
    await settled(inside)

    deliveries = (await api.client.get("/sandbox/webhooks/log")).json()["deliveries"]
    assert len(second.json()["secret"]) == 64
    assert [(one["hook_id"], one["event_type"]) for one in deliveries[::-1]] == [
        (1, "new_candidate"), (1, "candidate_deleted"), (2, "candidate_deleted"),
    ]  # fmt: skip
    assert len({one["event_id"] for one in deliveries}) == 3


async def test_the_test_button_sends_an_unsigned_test_and_shows_the_answer(
    api: Api, receiver: Receiver, hook: dict[str, Any]
) -> None:
    good = await api.client.post(f"/sandbox/webhooks/{hook['id']}/test")
    receiver.answers.append(401)
    bad = await api.client.post(f"/sandbox/webhooks/{hook['id']}/test")
    unknown = await api.client.post("/sandbox/webhooks/99/test")

    assert (good.json()["status"], bad.json()["status"]) == (200, 401)
    assert receiver.bodies[0] == b'{"test":true}'
    assert "x-recruitee-signature" not in receiver.headers[0]
    assert unknown.status_code == 404


async def test_event_ids_go_on_after_a_reset(api: Api, receiver: Receiver) -> None:
    await create(api, jobs=0)
    first = await receiver.events(1)
    await api.client.post("/sandbox/reset")
    await create(api, jobs=0)

    assert (await receiver.events(2))[1]["id"] > first[0]["id"]
