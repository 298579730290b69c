"""The ownership challenge, and what else of a subscriber the network sees: keys, certificate, proxy."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from service.core.net.exchange import Outcome
from service.core.settings import Settings
from service.core.signing import new_secret
from service.core.store.store import Store
from service.ops.challenge import answers
from tests.net.authority import Authority
from tests.net.forwarder import forwarding
from tests.ops.conftest import History, Ops, asking, settled, token_of
from tests.serving import Receiver

WAITS = "waiting for the URL to prove itself"
URL = "http://127.0.0.1:9/hook"
CERTIFICATE = Authority().issue("hirewire-client")


@dataclass
class Owner(Receiver):
    """A subscriber that answers challenges, once told to."""

    willing: bool = False

    async def handle(self, request: web.Request) -> web.Response:
        """Take a delivery, or answer a challenge."""
        taken = await super().handle(request)
        event = self.tried[-1].event
        if self.willing and event["type"] == "subscriber.challenge":
            return web.json_response({"challenge": event["data"]["challenge"]})
        return taken


@pytest.fixture
async def receiver() -> AsyncIterator[Owner]:
    owner, app = Owner(), web.Application()
    app.router.add_post("/", owner.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    owner.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield owner
    await runner.cleanup()


def outcome(excerpt: str, status: int | None = 200, error: str | None = None) -> Outcome:
    return Outcome(status, error, False, None, excerpt, 1)


@pytest.mark.parametrize(
    ("told", "good"),
    [
        (outcome("token-1"), True),
        (outcome(" token-1\n"), True),
        (outcome('{"challenge":"token-1"}'), True),
        (outcome('{"challenge":"token-1","more":1}', 201), True),
        (outcome('"token-1"'), True),
        (outcome(""), False),
        (outcome("ok"), False),
        (outcome("token-12"), False),
        (outcome("got token-1"), False),
        (outcome('{"data":{"challenge":"token-1"}}'), False),
        (outcome('{"challenge":["token-1"]}'), False),
        (outcome('[{"challenge":"token-1"}]'), False),
        (outcome("token-1", 404), False),
        (outcome("token-1", 302), False),
        (outcome("token-1", 200, "timeout"), False),
        (outcome("", None, "refused address"), False),
        (outcome("\ufffd\u00e9"), False),
        (outcome("[" * 4096), False),
    ],
)
def test_only_the_token_itself_in_a_2xx_proves_a_url(told: Outcome, good: bool) -> None:
    assert answers(told, "token-1") is good


async def test_a_url_that_answers_is_active_at_once(ops: Ops, receiver: Owner) -> None:
    receiver.willing, receiver.secret = True, new_secret()

    made = await ops.post(
        "/subscribers", {"url": receiver.url, "challenge": True, "secret": receiver.secret}
    )

    assert (made["status"], made["reason"], made["challenge"]) == ("active", None, True)
    told = made["challenged"]
    assert (told["answered"], told["status_code"], told["error"]) == (True, 200, None)
    asked = receiver.got[0]
    assert asked.event["data"]["subscriber_id"] == made["id"]
    assert asked.headers["webhook-id"] == asked.event["id"]
    await ops.refused("POST", f"/subscribers/{made['id']}/challenge", status=409)


@pytest.mark.usefixtures("working")
async def test_nothing_is_sent_before_the_url_proved_itself(
    ops: Ops, receiver: Owner, history: History
) -> None:
    connection = await history.connection()
    made = await ops.post("/subscribers", {"url": receiver.url, "challenge": True})
    path = f"/subscribers/{made['id']}"
    assert (made["status"], made["reason"]) == ("paused", WAITS)
    assert made["challenged"]["answered"] is False
    assert made["challenged"]["response_excerpt"] == "thanks"

    event = await history.tell(connection.id, "job.created")
    assert "prove" in await ops.refused("POST", path + "/resume", status=409)
    assert "prove" in await ops.refused("POST", path + "/test", status=409)
    again = await ops.post(path + "/challenge", status=200)
    assert (again["status"], again["challenged"]["answered"]) == ("paused", False)
    assert {got.event["type"] for got in receiver.tried} == {"subscriber.challenge"}

    receiver.willing = True
    proved = await ops.post(path + "/challenge", status=200)

    assert (proved["status"], proved["reason"]) == ("active", None)
    assert (await receiver.have("job.created"))["id"] == event


async def test_a_changed_url_has_to_prove_itself_too(ops: Ops, receiver: Owner) -> None:
    receiver.willing = True
    made = await ops.post("/subscribers", {"url": receiver.url, "challenge": True})
    path = f"/subscribers/{made['id']}"

    same = (await ops.send("PATCH", path, {"name": "CRM", "url": receiver.url})).json()
    elsewhere = (await ops.send("PATCH", path, {"url": URL})).json()
    back = (await ops.send("PATCH", path, {"url": receiver.url})).json()

    assert same["status"] == "active" and "challenged" not in same
    assert (elsewhere["status"], elsewhere["reason"]) == ("paused", WAITS)
    assert elsewhere["challenged"]["error"] == "connection refused"
    assert back["status"] == "active" and back["challenged"]["answered"]
    assert len(receiver.got) == 2


async def test_a_challenge_may_be_asked_for_later_and_waived_again(
    ops: Ops, receiver: Owner
) -> None:
    made = await ops.post("/subscribers", {"url": receiver.url})
    path = f"/subscribers/{made['id']}"
    assert "challenged" not in made and receiver.tried == []

    asked = (await ops.send("PATCH", path, {"challenge": True})).json()
    waived = (await ops.send("PATCH", path, {"challenge": False})).json()

    assert (asked["status"], asked["reason"]) == ("paused", WAITS)
    assert (waived["status"], waived["reason"]) == ("active", None)


async def test_who_paused_it_by_hand_resumes_it_by_hand(ops: Ops, receiver: Owner) -> None:
    made = await ops.post("/subscribers", {"url": receiver.url, "challenge": True})
    path = f"/subscribers/{made['id']}"
    await ops.post(path + "/pause", status=200)
    receiver.willing = True

    proved = await ops.post(path + "/challenge", status=200)
    resumed = await ops.post(path + "/resume", status=200)

    assert (proved["status"], proved["reason"]) == ("paused", "paused by hand")
    assert resumed["status"] == "active"


async def test_no_way_wakes_a_url_that_has_not_proved_itself(ops: Ops, store: Store) -> None:
    made = await ops.post("/subscribers", {"url": URL, "challenge": True})

    await store.subscribers.resume(made["id"])
    await store.subscribers.prove(made["id"], "http://127.0.0.1:9/another")

    assert (await ops.get(f"/subscribers/{made['id']}"))["status"] == "paused"
    assert await store.pipe.call("SISMEMBER", "subs:on", made["id"]) == 0


@pytest.mark.usefixtures("working")
async def test_a_delivery_signed_with_both_is_verified_by_the_key_that_is_served(
    ops: Ops, receiver: Owner
) -> None:
    receiver.willing = True
    body = {"url": receiver.url, "asymmetric": True, "challenge": True}
    made = await ops.post("/subscribers", body)
    path = f"/.well-known/hirewire/keys/{made['id']}"

    served = await ops.http.get(path, headers={"authorization": ""})

    assert served.status_code == 200 and "max-age" in served.headers["cache-control"]
    row = served.json()["keys"][0]
    assert (row["algorithm"], row["signature"], row["expires_at"]) == ("ed25519", "v1a", None)
    assert row["public_key"] == made["public_key"] and made["public_keys"] == [row]
    key = base64.b64decode(row["public_key"].removeprefix("whpk_"))
    taken = receiver.got[0]
    Webhook(made["secret"]).verify(taken.body, taken.headers)
    signature = taken.headers["webhook-signature"].split(" v1a,")[1]
    signed = f"{taken.headers['webhook-id']}.{taken.headers['webhook-timestamp']}.".encode()
    public = Ed25519PublicKey.from_public_bytes(key)
    public.verify(base64.b64decode(signature), signed + taken.body)


async def test_no_key_is_served_for_who_has_none(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    assert (made["asymmetric"], made["public_key"]) == (False, None)

    for s in (made["id"], "sub_nobody", "x" * 500, "%2e%2e"):
        answer = await ops.http.get(f"/.well-known/hirewire/keys/{s}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_certificate_and_a_proxy_are_kept_sealed_and_shown_by_what_is_no_secret(
    ops: Ops, store: Store
) -> None:
    body = {"url": URL, "client_certificate": CERTIFICATE, "proxy": "http://me:word@127.0.0.1:9"}

    made = await ops.post("/subscribers", body)

    assert made["proxy"] == "http://127.0.0.1:9"
    assert made["client_certificate"]["subject"] == "CN=hirewire-client"
    assert made["client_certificate"]["expires_at"].endswith("Z")
    kept = b"".join((await store.pipe.call("HGETALL", f"sub:{made['id']}")).values())
    assert b"PRIVATE KEY" not in kept and b"word" not in kept
    removed = await ops.send(
        "PATCH", f"/subscribers/{made['id']}", {"client_certificate": None, "proxy": None}
    )
    assert (removed.json()["proxy"], removed.json()["client_certificate"]) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_certificate", "nonsense"),
        ("client_certificate", CERTIFICATE[: CERTIFICATE.index("-----BEGIN PRIVATE")]),
        ("client_certificate", 7),
        ("client_certificate", "x" * 70_000),
        ("proxy", "socks5://127.0.0.1:9"),
        ("proxy", "http://10.0.0.1:3128"),
        ("proxy", "http://me:word@169.254.169.254"),
        ("proxy", {"url": "x"}),
        ("asymmetric", "yes"),
        ("challenge", 1),
    ],
)
async def test_a_transport_that_cannot_be_is_422_and_not_repeated(
    ops: Ops, field: str, value: Any
) -> None:
    answer = await ops.send("POST", "/subscribers", {"url": URL, field: value})

    assert answer.status_code == 422 and answer.json()["detail"].startswith(field)
    assert "nonsense" not in answer.text and "word" not in answer.text
    assert await ops.items("/subscribers") == []


async def test_challenges_go_through_the_proxy_that_is_set(
    settings: Settings, receiver: Owner
) -> None:
    receiver.willing = True
    async with forwarding() as ours, forwarding() as theirs:
        set_ = settings.model_copy(update={"egress_proxy": SecretStr(ours.url)})
        async with asking(set_, token_of(set_)) as client:
            body = {"url": receiver.url, "challenge": True}
            first = await Ops(client).post("/subscribers", body)
            second = await Ops(client).post("/subscribers", body | {"proxy": theirs.url})

    assert first["status"] == second["status"] == "active"
    assert (ours.connections, theirs.connections) == (1, 1)


@pytest.mark.usefixtures("working")
async def test_a_worker_sends_on_the_way_that_was_asked_for(ops: Ops, receiver: Owner) -> None:
    async with forwarding() as proxy:
        made = await ops.post(
            "/subscribers",
            {
                "url": receiver.url,
                "asymmetric": True,
                "proxy": proxy.url,
                "headers": {"x-team": "blue"},
            },
        )
        sent = await ops.post(f"/subscribers/{made['id']}/test", status=202)
        path = f"/deliveries/{sent['delivery_id']}"
        await settled(ops, lambda d: d["status"] == "delivered", path)

    taken = receiver.got[0]
    assert proxy.heads[0].startswith(f"POST {receiver.url} HTTP/1.1")
    assert taken.headers["x-team"] == "blue"
    symmetric, asymmetric = taken.headers["webhook-signature"].split(" ")
    assert symmetric.startswith("v1,") and asymmetric.startswith("v1a,")


@pytest.mark.usefixtures("working")
async def test_a_proxy_that_is_away_is_told_as_such_in_the_attempts(
    ops: Ops, receiver: Owner
) -> None:
    async with forwarding() as gone:
        proxy = gone.url
    made = await ops.post("/subscribers", {"url": receiver.url, "proxy": proxy})
    asked = await ops.post(f"/subscribers/{made['id']}/test", status=202)

    found = await settled(ops, lambda d: d["attempts"], f"/deliveries/{asked['delivery_id']}")

    assert found["attempts"][0]["error"] == "proxy"
    assert receiver.tried == []
