"""Subscribers: what is taken, what is refused and why, and what becomes of a secret."""

from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from service.core.settings import Settings
from service.core.signing import new_secret
from tests.ops.conftest import History, Ops, asking, settled, token_of
from tests.serving import Receiver, until

URL = "http://127.0.0.1:9/hook"


async def test_a_subscriber_is_made_with_defaults_and_its_secret_is_shown_once(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    secret = made.pop("secret")

    assert secret.startswith("whsec_")
    assert made["status"] == "active" and made["reason"] is None
    assert made["event_types"] == ["*"]
    assert (made["format"], made["concurrency"], made["connection_ids"]) == ("hirewire", 4, None)
    assert (made["backlog"], made["failure_streak"], made["last_success_at"]) == (0, 0, None)
    assert await ops.get(f"/subscribers/{made['id']}") == made
    assert await ops.items("/subscribers") == [made]


async def test_what_is_asked_for_is_kept(ops: Ops, history: History) -> None:
    connection = await history.connection()
    body = {
        "url": URL,
        "name": "CRM",
        "event_types": ["candidate.*", "job.published", "connection.unauthorized"],
        "connection_ids": [connection.id],
        "format": "thin",
        "retry_schedule": [0, 1.5, 60],
        "concurrency": 8,
        "headers": {"Authorization": "Bearer x"},
    }

    made = await ops.post("/subscribers", body)

    assert {name: made[name] for name in body} == body


async def test_an_imported_secret_is_used(ops: Ops) -> None:
    secret = new_secret()

    assert (await ops.post("/subscribers", {"url": URL, "secret": secret}))["secret"] == secret


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://10.0.0.1/hook"),
        ("url", "ftp://example.com/"),
        ("url", 7),
        ("url", "https://user:pw@example.com/"),
        ("event_types", []),
        ("event_types", ["candidate.exploded"]),
        ("event_types", "candidate.created"),
        ("connection_ids", ["nobody"]),
        ("connection_ids", []),
        ("format", "soap"),
        ("retry_schedule", []),
        ("retry_schedule", [-1]),
        ("retry_schedule", [604_801]),
        ("retry_schedule", ["1"]),
        ("retry_schedule", [1] * 51),
        ("concurrency", 0),
        ("concurrency", 65),
        ("concurrency", True),
        ("headers", {"Host": "evil"}),
        ("headers", {"webhook-id": "x"}),
        ("headers", {"X-Good": "line\r\nbreak"}),
        ("headers", {"X Bad": "x"}),
        ("headers", {"X-A": "1", "x-a": "2"}),
        ("secret", "whsec_short"),
        ("secret", 1),
        ("rate", 0),
        ("redact", ["email"]),
        ("vendor_secret", ""),
        ("backfill", 5),
        ("wat", 1),
    ],
)
async def test_what_cannot_be_is_422_and_named(ops: Ops, field: str, value: Any) -> None:
    detail = await ops.refused("POST", "/subscribers", {"url": URL, field: value}, status=422)

    assert detail.startswith(field)
    assert await ops.items("/subscribers") == []


async def test_loopback_is_refused_unless_it_is_allowed(settings: Settings) -> None:
    strict = settings.model_copy(update={"allowed_networks": ()})
    async with asking(strict, token_of(strict)) as client:
        await Ops(client).refused("POST", "/subscribers", {"url": URL}, status=422)


async def test_a_change_is_partial_and_vetted_again(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL, "concurrency": 2, "name": "CRM"})
    path = f"/subscribers/{made['id']}"

    good = await ops.send("PATCH", path, {"event_types": ["job.*"], "concurrency": None})
    await ops.refused("PATCH", path, {"url": "https://192.168.1.1/"}, status=422)
    await ops.refused("PATCH", path, {"url": None}, status=422)
    await ops.refused("PATCH", path, {"rate": 0}, status=422)
    await ops.refused("PATCH", path, {"secret": new_secret()}, status=422)

    now = await ops.get(path)
    assert good.status_code == 200 and good.json() == now
    assert (now["event_types"], now["concurrency"], now["name"]) == (["job.*"], 4, "CRM")
    assert now["url"] == URL


async def test_pause_and_resume_say_what_it_is_now(ops: Ops) -> None:
    path = f"/subscribers/{(await ops.post('/subscribers', {'url': URL}))['id']}"

    paused = await ops.post(path + "/pause", status=200)
    resumed = await ops.post(path + "/resume", status=200)

    assert (paused["status"], paused["reason"]) == ("paused", "paused by hand")
    assert (resumed["status"], resumed["reason"]) == ("active", None)


@pytest.mark.usefixtures("working")
async def test_a_test_is_sent_by_a_worker_and_its_delivery_shows_the_answer(
    ops: Ops, receiver: Receiver
) -> None:
    made = await ops.post("/subscribers", {"url": receiver.url, "event_types": ["job.created"]})
    receiver.secret = made["secret"]

    asked = await ops.post(f"/subscribers/{made['id']}/test", status=202)

    path = f"/deliveries/{asked['delivery_id']}"
    done = await settled(ops, lambda d: d["status"] == "delivered", path)
    assert [a["status_code"] for a in done["attempts"]] == [200]
    assert receiver.types == ["subscriber.test"]
    assert receiver.got[0].headers["webhook-id"] == asked["event_id"]
    assert (await ops.get(f"/events/{asked['event_id']}")) == receiver.got[0].event
    assert await ops.items("/events") == []


async def test_a_paused_subscriber_is_not_tested(ops: Ops) -> None:
    path = f"/subscribers/{(await ops.post('/subscribers', {'url': URL}))['id']}"
    await ops.post(path + "/pause", status=200)

    assert "resume" in await ops.refused("POST", path + "/test", status=409)


@pytest.mark.usefixtures("working")
async def test_after_a_rotation_both_secrets_sign_and_without_overlap_only_the_new_one(
    ops: Ops, receiver: Receiver
) -> None:
    made = await ops.post("/subscribers", {"url": receiver.url})
    path = f"/subscribers/{made['id']}"
    second = (await ops.post(path + "/rotate-secret", status=200))["secret"]
    await ops.post(path + "/test", status=202)
    await until(lambda: len(receiver.got) == 1)
    both = receiver.got[0]
    third = (await ops.post(path + "/rotate-secret", {"overlap_s": 0}, status=200))["secret"]
    await ops.post(path + "/test", status=202)
    await until(lambda: len(receiver.got) == 2)

    for secret in (made["secret"], second):
        Webhook(secret).verify(both.body, both.headers)
    assert len(both.headers["webhook-signature"].split()) == 2
    Webhook(third).verify(receiver.got[1].body, receiver.got[1].headers)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize("overlap", [-1, 604_801, "1", True])
async def test_an_overlap_out_of_range_is_422(ops: Ops, overlap: Any) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    path = f"/subscribers/{made['id']}/rotate-secret"

    await ops.refused("POST", path, {"overlap_s": overlap}, status=422)


async def test_a_removed_subscriber_is_gone(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL})

    answer = await ops.send("DELETE", f"/subscribers/{made['id']}")

    assert answer.status_code == 204
    assert await ops.items("/subscribers") == []
    await ops.refused("POST", f"/subscribers/{made['id']}/resume", status=404)
