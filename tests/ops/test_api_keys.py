"""API keys: what each opens, what it does not, how it is kept, and what a guesser gets."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from service.core import times
from service.core.settings import Settings
from service.core.store.api_keys import well_formed
from service.core.store.dead_letters import DeadLetter
from service.core.store.store import Store
from service.ops.endpoint import NARROWED
from service.ops.routes import _table
from service.throttle import ADDRESSES, FAILURES, KNOWN, WINDOW_S, Throttle
from tests.ops.conftest import History, Ops, asking

LEAKED = re.compile(r"hws?_[1-9A-HJ-NP-Za-km-z]{50}")
SCOPES = ["read", "act", "passthrough", "feed", "ops"]


async def key(ops: Ops, *scopes: str, **more: Any) -> dict[str, Any]:
    """Make a key; return it."""
    body = {"name": "a key", "scopes": list(scopes), **more}
    made: dict[str, Any] = await ops.post("/api-keys", body)
    return made


@asynccontextmanager
async def holding(settings: Settings, made: dict[str, Any]) -> AsyncIterator[Ops]:
    """The ops API, asked with a key."""
    async with asking(settings, made["key"]) as client:
        yield Ops(client)


async def test_a_key_is_shown_once_and_stored_as_a_digest(ops: Ops, store: Store) -> None:
    made = await key(ops, "ops", "feed")

    assert LEAKED.fullmatch(made["key"]) and well_formed(made["key"])
    (listed,) = await ops.items("/api-keys")
    assert listed == {k: v for k, v in made.items() if k != "key"}
    assert listed["begins_with"] == made["key"][:8]
    for name in await store.pipe.call("KEYS", "*key*"):
        kind = await store.pipe.call("TYPE", name)
        held = await store.pipe.call("DUMP", name) if kind != b"zset" else b""
        assert made["key"].encode() not in held


async def test_a_text_that_a_scanner_finds_by_chance_is_told_from_a_key(ops: Ops) -> None:
    made = (await key(ops, "feed"))["key"]
    last = "2" if made[-1] == "1" else "1"

    assert not well_formed(made[:-1] + last)
    assert not well_formed("hw_" + "1" * 50)


async def test_an_ops_key_opens_the_ops_api_and_others_are_403(
    ops: Ops, settings: Settings
) -> None:
    async with holding(settings, await key(ops, "ops")) as mine:
        assert await mine.items("/connections") == []
    for scope in SCOPES[:-1]:
        async with holding(settings, await key(ops, scope)) as mine:
            detail = await mine.refused("GET", "/connections", status=403)
            assert "scope ops" in detail


async def test_a_feed_key_opens_the_feed_and_an_ops_key_does_not(
    ops: Ops, settings: Settings
) -> None:
    async with holding(settings, await key(ops, "feed")) as mine:
        assert (await mine.http.get("/v1/events")).status_code == 200
    async with holding(settings, await key(ops, "ops")) as mine:
        assert (await mine.http.get("/v1/events")).status_code == 403


async def test_a_removed_key_and_one_that_expired_are_401(
    ops: Ops, settings: Settings, store: Store
) -> None:
    removed = await key(ops, "ops")
    assert (await ops.send("DELETE", f"/api-keys/{removed['id']}")).status_code == 204
    async with holding(settings, removed) as mine:
        await mine.refused("GET", "/connections", status=401)

    soon = await key(ops, "ops", expires_at=times.iso(times.now_ms() + 3_600_000))
    async with holding(settings, soon) as mine:
        assert await mine.items("/connections") == []
        facts = await store.api_keys.get(soon["id"])
        assert facts is not None
        over = facts.model_copy(update={"expires": 1}).model_dump_json(exclude={"used"})
        await store.pipe.call("HSET", f"key:{soon['id']}", "facts", over)
        assert "expired" in await mine.refused("GET", "/connections", status=401)


async def test_when_a_key_was_used_last_is_known_to_the_minute(
    ops: Ops, settings: Settings
) -> None:
    made = await key(ops, "ops")
    assert made["last_used_at"] is None

    async with holding(settings, made) as mine:
        await mine.items("/connections")
        first = (await ops.items("/api-keys"))[0]["last_used_at"]
        await mine.items("/connections")

    assert first is not None
    assert (await ops.items("/api-keys"))[0]["last_used_at"] == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["self"]},
        {"scopes": ["everything"]},
        {"name": " "},
        {"connection_ids": []},
        {"connection_ids": ["nobody"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"rate_per_minute": 0},
        {"subscriber_id": "sub_x"},
        {"wat": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_key_that_makes_no_sense_is_422(ops: Ops, wrong: dict[str, Any]) -> None:
    await ops.refused("POST", "/api-keys", {"name": "x", "scopes": ["ops"], **wrong}, status=422)


async def test_a_key_cannot_give_what_it_does_not_have(ops: Ops, settings: Settings) -> None:
    async with holding(settings, await key(ops, "ops")) as mine:
        wanted = {"name": "more", "scopes": ["ops", "passthrough"]}
        assert "passthrough" in await mine.refused("POST", "/api-keys", wanted, status=403)
        await mine.post("/api-keys", {"name": "same", "scopes": ["ops"]})


async def test_every_answer_to_a_key_says_its_rate_and_one_too_many_is_429(
    ops: Ops, settings: Settings
) -> None:
    async with holding(settings, await key(ops, "ops", rate_per_minute=3)) as mine:
        answers = [
            await mine.http.get("/ops/v1" + path)
            for path in ("/connections", "/events/nobody", "/no-such-thing", "/connections")
        ]

    assert [a.status_code for a in answers] == [200, 404, 404, 429]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    assert {a.headers["ratelimit-limit"] for a in answers} == {"3"}
    assert all(1 <= int(a.headers["ratelimit-reset"]) <= 60 for a in answers)
    assert answers[3].headers["retry-after"] == answers[3].headers["ratelimit-reset"]


async def test_a_key_for_one_connection_sees_that_one_only(
    ops: Ops, history: History, settings: Settings
) -> None:
    mine, other = await history.connection(), await history.connection()
    events = {c.id: await history.tell(c.id, "candidate.created") for c in (mine, other)}
    letters = {c.id: await _bury(history.store, c.id, events[c.id]) for c in (mine, other)}
    for body in ({"connection_ids": [mine.id]}, {"connection_ids": [other.id]}, {}):
        await ops.post("/subscribers", {"url": "http://127.0.0.1:9/", **body})

    async with holding(settings, await key(ops, "ops", connection_ids=[mine.id])) as held:
        for path, seen in {
            "/connections": [mine.id],
            "/events": [events[mine.id]],
            "/dead-letters": [letters[mine.id]],
        }.items():
            assert [each["id"] for each in await held.all(path)] == seen
        assert [s["connection_ids"] for s in await held.items("/subscribers")] == [[mine.id]]
        for path in (
            f"/connections/{other.id}",
            f"/events/{events[other.id]}",
            f"/dead-letters/{letters[other.id]}",
            f"/events?connection_id={other.id}",
        ):
            await held.refused("GET", path, status=404)


async def _bury(store: Store, c: str, event_id: str) -> str:
    dead = DeadLetter(
        id=f"dlt_{c}", kind="delivery", reason="r", failed_at=1, connection_id=c, event_id=event_id
    )
    await store.dead_letters._keep(dead)
    return dead.id


async def test_a_key_for_one_connection_makes_no_subscriber_that_reads_more(
    ops: Ops, history: History, settings: Settings
) -> None:
    mine, other = await history.connection(), await history.connection()
    url = "http://127.0.0.1:9/"
    async with holding(settings, await key(ops, "ops", connection_ids=[mine.id])) as held:
        made = await held.post("/subscribers", {"url": url, "connection_ids": [mine.id]})
        path = f"/subscribers/{made['id']}"
        for body, status in (
            ({"url": url}, 403),
            ({"url": url, "connection_ids": [other.id]}, 422),
        ):
            await held.refused("POST", "/subscribers", body, status=status)
        await held.refused("PATCH", path, {"connection_ids": None}, status=403)
        assert (await held.get(path))["connection_ids"] == [mine.id]


async def test_a_key_for_one_connection_is_refused_whatever_is_not_narrowed(
    ops: Ops, history: History, settings: Settings
) -> None:
    mine = await history.connection()
    made = await key(ops, "ops", connection_ids=[mine.id], rate_per_minute=1000)
    closed = [
        (route.path, method)
        for route in _table()
        for method in sorted((route.methods or set()) - {"HEAD"})
        if f"{method} {route.path}" not in NARROWED
    ]
    assert ("/connections", "POST") in closed and ("/audit", "GET") in closed
    async with holding(settings, made) as held:
        for path, method in closed:
            answer = await held.send(method, re.sub(r"\{[^}]+\}", "x", path), {})
            assert answer.status_code == 403, (method, path)


async def test_the_feed_of_a_key_for_one_connection_is_that_ones(
    ops: Ops, history: History, settings: Settings
) -> None:
    mine, other = await history.connection(), await history.connection()
    told = await history.tell(mine.id, "candidate.created")
    await history.tell(other.id, "candidate.created")
    async with holding(settings, await key(ops, "feed", connection_ids=[mine.id])) as held:
        page = (await held.http.get("/v1/events")).json()
        foreign = await held.http.get("/v1/events", params={"connection_id": other.id})

    assert [event["id"] for event in page["events"]] == [told]
    assert foreign.status_code == 422


async def test_who_guesses_is_stopped_and_who_has_a_good_key_is_not(
    ops: Ops, settings: Settings
) -> None:
    good = await key(ops, "ops")
    async with asking(settings, None) as client:

        async def asked(token: str) -> httpx.Response:
            return await client.get(
                "/ops/v1/connections", headers={"authorization": f"Bearer {token}"}
            )

        assert (await asked(good["key"])).status_code == 200
        guesses = [(await asked(f"guess-{n}")).status_code for n in range(FAILURES + 1)]
        late = await asked("test-admin-token")
        again = await asked(good["key"])

    assert guesses == [401] * FAILURES + [429]
    # A token that this process has not seen good before is not looked at: it may be the next guess.
    assert (late.status_code, again.status_code) == (429, 200)
    assert 1 <= int(late.headers["retry-after"]) <= WINDOW_S


def test_failures_are_forgotten_after_a_minute_and_counted_in_bounded_memory() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    for _ in range(FAILURES):
        throttle.failed("2001:db8::1")
    assert throttle.closed_s("2001:db8::ffff", b"x") > 0  # one client has a whole /64
    assert throttle.closed_s("2001:db8:1::1", b"x") == 0
    now = WINDOW_S
    assert throttle.closed_s("2001:db8::1", b"x") == 0

    for n in range(ADDRESSES + KNOWN + 10):
        throttle.failed(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
        throttle.passed(str(n).encode())
    assert (len(throttle._failures), len(throttle._known)) == (ADDRESSES, KNOWN)
