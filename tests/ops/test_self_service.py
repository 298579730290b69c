"""Self-service: a subscriber looks after its own under its token, and reaches nothing else."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from service import self_service
from service.core import ids
from service.core.settings import Settings
from service.core.store.dead_letters import DeadLetter
from service.core.store.deliveries import Attempt, Delivery
from service.core.store.store import Store
from service.ops.routes import _table
from tests.ops.conftest import History, Ops, asking

OWN, OTHER = "own", "other"
URL = "http://127.0.0.1:9/"


class Two:
    """Two subscribers, each with a delivery that failed and its dead letter; and the first one's token."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.subscriber: dict[str, str] = {}
        self.delivery: dict[str, str] = {}
        self.letter: dict[str, str] = {}
        self.event = ""
        self.access: dict[str, Any] = {}

    async def add(self, ops: Ops, which: str, c: str) -> None:
        """Make a subscriber with a past."""
        made = await ops.post("/subscribers", {"url": URL, "name": which, "format": "thin"})
        s = self.subscriber[which] = made["id"]
        d = self.delivery[which] = ids.delivery_id(self.event, s)
        attempt = Attempt(
            number=1, at=1, status_code=500, error=None, duration_ms=1, response_excerpt=which
        )
        delivery = Delivery(
            id=d, e=self.event, s=s, c=c, t="candidate.created", lane="l", f="thin", at=2, n=1,
            status="dead", reason="r", log=(attempt,),
        )  # fmt: skip
        await self.store.pipe.call("SET", f"dlv:{d}", delivery.dump())
        for listing in ("dlvs", f"dlvs:{s}"):
            await self.store.pipe.call("ZADD", listing, 2, d)
        await self.store.pipe.call("SADD", f"evd:{self.event}", d)
        dead = DeadLetter(
            id=ids.dead_letter_id(d), kind="delivery", reason="r", failed_at=2, connection_id=c,
            type="candidate.created", delivery_id=d, event_id=self.event, subscriber_id=s,
        )  # fmt: skip
        await self.store.dead_letters._keep(dead)
        self.letter[which] = dead.id


@pytest.fixture
async def two(ops: Ops, history: History) -> Two:
    made = Two(history.store)
    connection = await history.connection()
    made.event = await history.tell(connection.id, "candidate.created", title="Engineer")
    for which in (OWN, OTHER):
        await made.add(ops, which, connection.id)
    path = f"/subscribers/{made.subscriber[OWN]}/access"
    made.access = await ops.post(path, {"name": "Ada's team"})
    return made


@pytest.fixture
async def mine(settings: Settings, two: Two) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the first subscriber's token."""
    async with asking(settings, two.access["token"]) as client:
        yield client


async def test_it_sees_its_settings_deliveries_and_payloads(
    mine: httpx.AsyncClient, two: Two
) -> None:
    shown = (await mine.get("/self/v1/subscriber")).json()
    assert (shown["id"], shown["url"]) == (two.subscriber[OWN], URL)
    assert "secret" not in shown

    (delivery,) = (await mine.get("/self/v1/deliveries")).json()["items"]
    assert delivery["id"] == two.delivery[OWN]
    whole = (await mine.get(f"/self/v1/deliveries/{delivery['id']}")).json()
    assert whole["attempts"][0]["response_excerpt"] == OWN

    payload = await mine.get(f"/self/v1/deliveries/{delivery['id']}/payload")
    assert orjson.loads(payload.content)["data"]["changes"] == [{"path": "title"}]
    assert payload.headers["content-type"] == "application/json"

    (letter,) = (await mine.get("/self/v1/dead-letters")).json()["items"]
    assert letter["id"] == two.letter[OWN]


async def test_it_pauses_resumes_tests_rotates_and_replays(
    mine: httpx.AsyncClient, two: Two, ops: Ops
) -> None:
    paused = await mine.post("/self/v1/subscriber/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert (await mine.post("/self/v1/subscriber/resume")).json()["status"] == "active"
    rotated = (await mine.post("/self/v1/subscriber/rotate-secret", json={"overlap_s": 0})).json()
    assert rotated["secret"].startswith("whsec_")
    sent = await mine.post("/self/v1/subscriber/test")
    assert sent.status_code == 202
    again = await mine.post(f"/self/v1/dead-letters/{two.letter[OWN]}/replay")
    assert (again.status_code, again.json()["total"]) == (202, 1)

    written = await ops.items("/audit", actor="subscriber")
    assert len(written) == 5
    assert {entry["actor"]["id"] for entry in written} == {two.access["id"]}
    assert {entry["actor"]["name"] for entry in written} == {"Ada's team"}
    assert (await ops.get(f"/subscribers/{two.subscriber[OTHER]}"))["status"] == "active"


@pytest.mark.parametrize("foreign", [OTHER, "nobody"])
async def test_what_is_not_its_own_is_not_there_on_any_route(
    mine: httpx.AsyncClient, two: Two, foreign: str
) -> None:
    named = {"deliveries": two.delivery, "dead-letters": two.letter}
    for path, method in _every(self_service.routes()):
        if "{id}" in path:
            where = path.replace("{id}", named[path.split("/")[1]].get(foreign, foreign))
            answer = await mine.request(method, "/self/v1" + where, json={})
            assert answer.status_code == 404, (method, path)
            assert OTHER.encode() not in answer.content


@pytest.mark.parametrize(
    "query", ["subscriber_id={}", "event_id={event}", "subscriber_id={}&limit=9"]
)
async def test_a_list_is_its_own_whatever_it_is_asked_for(
    mine: httpx.AsyncClient, two: Two, query: str
) -> None:
    asked = query.format(two.subscriber[OTHER], event=two.event)
    found = (await mine.get(f"/self/v1/deliveries?{asked}")).json()["items"]

    assert [each["id"] for each in found] == [two.delivery[OWN]]


async def test_its_token_opens_no_other_part(mine: httpx.AsyncClient, two: Two) -> None:
    for path, method in _every(_table()):
        where = "/ops/v1" + _filled(path, two.subscriber[OWN])
        assert (await mine.request(method, where, json={})).status_code == 403, (method, path)
    for path in (
        "/v1/events",
        "/v1/events/stream",
        f"/v1/events?subscriber_id={two.subscriber[OWN]}",
    ):
        assert (await mine.get(path)).status_code == 403


async def test_no_other_credential_opens_self_service(
    ops: Ops, settings: Settings, two: Two
) -> None:
    scopes = ["read", "act", "passthrough", "feed", "ops"]
    key = (await ops.post("/api-keys", {"name": "all", "scopes": scopes}))["key"]
    for token, status in ((key, 403), ("test-admin-token", 403), ("wrong", 401), (None, 401)):
        async with asking(settings, token) as client:
            for path, method in _every(self_service.routes()):
                answer = await client.request(method, "/self/v1" + _filled(path, "x"), json={})
                assert answer.status_code == status, (method, path)


async def test_access_ends_when_it_is_revoked_or_its_subscriber_goes(
    ops: Ops, settings: Settings, mine: httpx.AsyncClient, two: Two
) -> None:
    s = two.subscriber[OWN]
    second = await ops.post(f"/subscribers/{s}/access", {"expires_in_s": 60})
    listed = await ops.items(f"/subscribers/{s}/access")
    assert [each["id"] for each in listed] == [two.access["id"], second["id"]]
    assert all("token" not in each for each in listed)
    assert await ops.items("/api-keys") == []

    foreign = f"/subscribers/{two.subscriber[OTHER]}/access/{two.access['id']}"
    assert (await ops.send("DELETE", foreign)).status_code == 404
    assert (await ops.send("DELETE", f"/api-keys/{two.access['id']}")).status_code == 404
    revoked = await ops.send("DELETE", f"/subscribers/{s}/access/{two.access['id']}")
    assert revoked.status_code == 204
    assert (await mine.get("/self/v1/subscriber")).status_code == 401

    async with asking(settings, second["token"]) as client:
        assert (await client.get("/self/v1/subscriber")).status_code == 200
        await ops.send("DELETE", f"/subscribers/{s}")
        assert (await client.get("/self/v1/subscriber")).status_code == 404


async def test_access_is_forgotten_when_it_expires(ops: Ops, two: Two) -> None:
    path = f"/subscribers/{two.subscriber[OTHER]}/access"
    made = await ops.post(path, {"expires_in_s": 60})
    for body in ({"expires_in_s": 59}, {"expires_in_s": 91 * 86_400}, {"scopes": ["ops"]}):
        await ops.refused("POST", path, body, status=422)

    for name in (f"key:{made['id']}", f"access:{two.subscriber[OTHER]}"):
        assert 0 < await two.store.pipe.call("PTTL", name) <= 60_000
    await two.store.pipe.call("DEL", f"key:{made['id']}")
    assert await ops.items(path) == []


def _filled(path: str, name: str) -> str:
    return re.sub(r"\{[^}]+\}", name, path)


def _every(routes: Any) -> list[tuple[str, str]]:
    """Return every path and method of routes, those behind a mount and a guard included."""
    found = []
    for route in routes:
        inner = getattr(getattr(route, "app", None), "app", None)
        if inner is not None:
            found += _every(inner.routes)
        else:
            found += [(route.path, m) for m in sorted(route.methods - {"HEAD"})]
    return found
