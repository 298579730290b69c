"""Signed but unusable: kept as an inbound dead letter whose body nobody can read in Redis."""

from typing import Any

import pytest
import structlog

from service.core.store.dead_letters import DeadLetter
from tests.ingress.bodies import CANDIDATE, EMAIL, NAME, envelope, raw
from tests.ingress.conftest import ADMIN_TOKEN, Ingress

BAD_IDS = [
    None, 0, -1, 1.0, 3331.5, True, False, "x", "", "-5", "3331 ", "1e3", "\u0663", "9" * 20,
    [3331], {"id": 3331}, 2**63, 2**64 - 1,
]  # fmt: skip
NO_JSON = {
    "nothing": b"",
    "text": b"hello " + NAME.encode(),
    "a form": f"name={NAME}".encode(),
    "half": raw(envelope())[:-1],
    "two": raw(envelope()) * 2,
    "not UTF-8": raw(envelope()).replace(b"info", b"\xff\xfe"),
    "a lone surrogate": raw(envelope()).replace(b'"info"', b'"\\ud800"'),
    "NaN": raw(envelope()).replace(b'"info"', b"NaN"),
    "Infinity": raw(envelope()).replace(b'"info"', b"-Infinity"),
    "an infinite number": raw(envelope()).replace(b'"info"', b"1" * 400),
    "an infinite exponent": raw(envelope()).replace(b'"info"', b"1e999"),
    "2000 lists deep": raw(envelope()).replace(b'"info"', b"[" * 2000 + b"]" * 2000),
    "2000 objects deep": raw(envelope()).replace(b'"info"', b'{"a":' * 2000 + b"1" + b"}" * 2000),
    "half a million brackets": b"[" * 500_000,
    "zeros": bytes(1000),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(20),
}
UNUSABLE: dict[str, Any] = {
    "a list": raw(envelope()).join([b"[", b"]"]),
    "a number": b"5",
    "null": b"null",
    "an empty object": b"{}",
    "no type": envelope(...),
    "an empty type": envelope(""),
    "a type that is no text": envelope(["candidate_moved"]),
    "an endless type": envelope("x" * 201),
    "no payload": envelope(payload=...),
    "a payload that is no object": envelope(payload=[CANDIDATE]),
    "a candidate that is no object": envelope(payload={"candidate": 3331}),
    "another's id": envelope(payload={"offer": {"id": 207}}),
    "an offer without an id": envelope("offer_updated", payload={"offer": {"title": "Founder"}}),
    "an id beyond all bounds": raw(envelope(payload={"candidate": {"id": 77}})).replace(
        b"77", b"%d" % 2**80
    ),
    "more records than any webhook has": envelope(
        payload={"candidates": [{"id": i} for i in range(1, 202)]}
    ),
}


async def listed(ingress: Ingress) -> list[str]:
    """Return the ids of the inbound dead letters that an operator sees."""
    answer = await ingress.client.get(
        "/ops/v1/dead-letters",
        params={"kind": "inbound", "limit": 100},
        headers={"authorization": f"Bearer {ADMIN_TOKEN}"},
    )
    items = answer.json()["items"]
    assert all(item["connection_id"] == ingress.connection.id for item in items)
    return [item["id"] for item in items]


async def the_one(ingress: Ingress) -> DeadLetter:
    """Return the only one, as it is kept."""
    (dead_id,) = await listed(ingress)
    dead = await ingress.store.dead_letters.get(dead_id)
    assert dead is not None
    return dead


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
async def test_what_is_signed_but_not_json_is_quarantined(ingress: Ingress, body: bytes) -> None:
    assert await ingress.said(body, signature=None) == "401"
    assert await listed(ingress) == []

    assert await ingress.said(body) == "quarantined"

    dead = await the_one(ingress)
    assert (dead.kind, dead.reason) == ("inbound", "not JSON")
    assert dead.connection_id == ingress.connection.id
    assert ingress.store.dead_letters.body(dead) == body.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("body", UNUSABLE.values(), ids=UNUSABLE.keys())
async def test_what_cannot_be_used_is_quarantined(
    ingress: Ingress, body: bytes | dict[str, Any]
) -> None:
    assert await ingress.said(body) == "quarantined"

    dead = await the_one(ingress)
    assert dead.kind == "inbound" and dead.reason
    assert ingress.store.dead_letters.body(dead) == raw(body).decode()
    assert (await ingress.roots(), await ingress.marks()) == ([], 0)


async def test_an_id_that_is_none_is_quarantined(ingress: Ingress) -> None:
    bodies = [envelope(payload={"candidate": {"id": value, "name": NAME}}) for value in BAD_IDS]

    said = [await ingress.said(body) for body in bodies]

    assert said == ["quarantined"] * len(BAD_IDS)
    assert len(await listed(ingress)) == len(BAD_IDS)
    assert await ingress.roots() == []


async def test_one_good_id_among_bad_ones_is_enough(ingress: Ingress) -> None:
    rows = [{"id": value} for value in BAD_IDS]
    body = envelope(payload={"candidates": [*rows, "text", None, {"id": "0042"}, *rows]})

    assert await ingress.said(body) == "accepted"
    assert await ingress.roots() == ["candidate:42"]


async def test_the_same_unusable_body_is_kept_once(ingress: Ingress) -> None:
    said = [await ingress.said(b"no JSON") for _ in range(3)]

    assert said == ["quarantined"] * 3
    assert len(await listed(ingress)) == 1


async def test_no_personal_data_can_be_read_in_redis_or_in_the_log(ingress: Ingress) -> None:
    with structlog.testing.capture_logs() as lines:
        await ingress.post(envelope(id=1))
        await ingress.post(envelope(id=1), signature="0" * 64)
        await ingress.post(envelope("requisition_approved", id=2))
        await ingress.post(envelope(test=True))
        await ingress.post(envelope(payload={"candidate": {**CANDIDATE, "id": None}}))
        await ingress.post(raw(envelope())[:-1])

    assert len(await listed(ingress)) == 2
    kept, logged = await _everything(ingress), repr(lines).encode()
    assert b"candidate:3331" in kept, "what was dumped is readable"
    assert b"webhook.quarantined" in logged and b"webhook.unsigned" in logged
    for personal in (NAME, EMAIL, "Unlikely"):
        assert personal.encode() not in kept + logged
        assert personal.encode().hex().encode() not in kept


async def _everything(ingress: Ingress) -> bytes:
    call = ingress.store.pipe.call
    await call("CONFIG", "SET", "rdbcompression", "no")
    names = await call("KEYS", "*")
    dumps = [await call("DUMP", name) for name in names]
    await call("CONFIG", "SET", "rdbcompression", "yes")
    return b"\n".join([*names, *dumps])
