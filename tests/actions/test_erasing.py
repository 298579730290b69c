"""Whoever is erased leaves the journal too: what was asked for, what is open, that they were made here."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from service.core.store.packing import unpack
from service.core.unified.model import Ref
from tests.actions.conftest import ADMIN, Acting, Json
from tests.serving import eventually
from tests.store.test_keys import _problems as problems
from workers import erasing

ZULEIKA: Any = {"first_name": "Zuleika", "last_name": "Quixwhistle",
                "email_address": "zuleika@quixwhistle.example"}  # fmt: skip
TRACES = (b"quixwhistle", b"zuleika", b"marmosets")


async def _erased(acting: Acting, who: str) -> None:
    at, admin = f"{acting.url}/ops/v1/erasures", {"authorization": f"Bearer {ADMIN}"}
    body = {"connection_id": acting.connection.id, "candidate_id": who}
    asked = await acting.http.post(at, json=body, headers=admin)
    assert asked.status_code == 202, asked.text

    async def done() -> bool:
        one = (await acting.http.get(f"{at}/{asked.json()['id']}", headers=admin)).json()
        assert one["status"] != "failed", one
        return bool(one["status"] == "done")

    await eventually(done, 30)


async def _journal(acting: Acting) -> list[Json]:
    """Return every action as it is kept, opened."""
    found = await acting.store.pipe.call("KEYS", "act:*")
    rows = await acting.store.actions.load([key.decode().removeprefix("act:") for key in found])
    return [each.model_dump(mode="json") for each in rows if each is not None]


async def _in_redis(acting: Acting) -> list[tuple[str, bytes]]:
    """Return (key, trace) of everything that Redis holds; packed values are read as what they say."""
    found = []
    for key in await acting.store.pipe.call("KEYS", "*"):
        text = await _text(acting, key)
        found += [(key.decode(), trace) for trace in TRACES if trace in text.lower()]
    return found


READ: dict[str, tuple[str, ...]] = {
    "string": ("GET",), "hash": ("HGETALL",), "set": ("SMEMBERS",), "list": ("LRANGE", "0", "-1"),
    "zset": ("ZRANGE", "0", "-1"), "stream": ("XRANGE", "-", "+"),
}  # fmt: skip


async def _text(acting: Acting, key: bytes) -> bytes:
    kind = (await acting.store.pipe.call("TYPE", key)).decode()
    if kind == "none":
        return b""
    verb, *more = READ[kind]
    return b" ".join(_flat(await acting.store.pipe.call(verb, key, *more)))


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, bytes):
        yield value
        yield _plain(value)


def _plain(value: bytes) -> bytes:
    try:
        return orjson.dumps(unpack(value))
    except Exception:  # noqa: BLE001 - not every field of a record is packed
        return value


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to wait for: no delivery is in hand here whose body a worker may still know."""
    monkeypatch.setattr(erasing, "CACHED_MS", 0)


async def test_an_erased_persons_actions_are_forgotten_open_ones_too_and_nobody_writes_to_them(
    acting: Acting,
) -> None:
    job = next(iter((await acting.ids("jobs", statuses="OPEN")).values()))
    made: Any = await acting.sdk.ats.create_application_async(job_id=job, candidate=ZULEIKA)
    who, c = made.data.candidate.remote_id, acting.connection.id
    note = {"content": "Keeps seventeen marmosets", "content_type": "PLAIN_TEXT"}
    said = await acting.send("POST", f"/ats/candidates/remote:{who}/notes", note)
    assert said.status_code == 200
    await acting.idle()
    await acting.knob(fail_next=[{"status": 503, "count": 1000, "path_prefix": f"/candidates/{who}",
                                  "method": "POST"}])  # fmt: skip
    going = await acting.send("POST", f"/ats/candidates/remote:{who}/tags",
                              {"tag": {"name": "Quixwhistle fan"}})  # fmt: skip
    assert going.status_code == 200 and "goes on" in going.text
    kinds = {row["kind"]: row for row in await _journal(acting)}
    assert kinds.keys() == {"create_application", "add_note", "add_tag"}
    assert kinds["add_tag"]["status"] == "open"
    before = {key.partition(":")[0] for key, _ in await _in_redis(acting)}
    assert {"rec", "ev"} <= before and not {"act", "actkey", "in", "audit"} & before

    await _erased(acting, who)

    assert await _journal(acting) == []
    assert not await acting.store.pipe.call("EXISTS", f"actopen:{c}")
    assert not await acting.store.pipe.call("ZCARD", f"acts:{c}")
    refs = [Ref("candidate", who), Ref("application", made.data.remote_id)]
    assert await acting.store.made.among(c, refs) == frozenset()
    assert await _in_redis(acting) == []
    await acting.knob(fail_next=[])
    await acting.idle()  # the entry of the open action leaves: nobody carries it out
    shown = (await acting.recruitee.get(f"/candidates/{who}")).json()["candidate"]
    assert "Quixwhistle fan" not in shown["tags"]

    placement = {"id_type": "placement_id", "placement_id": made.data.remote_id}
    for path, body in (
        (f"/ats/candidates/remote:{who}/tags", {"tag": {"name": "Again"}}),
        ("/ats/import-tracked-application", {"tracked_at": None, "recruitee": placement}),
        (f"/ats/jobs/{job}/applications", {"candidate": ZULEIKA}),
    ):
        answer = await acting.send("POST", path, body)
        assert answer.status_code == 404 and "erased here" in answer.text, answer.text
    assert who not in {row["subject"] for row in await _journal(acting)}
    assert await acting.store.made.among(c, refs) == frozenset()
    assert await _in_redis(acting) == []


async def test_one_that_goes_on_is_found_by_the_step_that_made_the_person(acting: Acting) -> None:
    c, step = acting.connection.id, {"asked": 1, "kept": {"id": "40"}}
    for action, made in (("one", step), ("other", {"asked": 1})):
        await acting.store.pipe.call(
            "HSET", f"act:{action}", "id", action, "s:candidate", orjson.dumps(made)
        )
        await acting.store.pipe.call("ZADD", f"acts:{c}", 1, action)

    assert await acting.store.actions.forget(c, "40") == 1
    assert await acting.store.pipe.call("ZRANGE", f"acts:{c}", 0, -1) == [b"other"]


async def test_an_action_is_kept_for_a_month_without_what_was_asked_for(acting: Acting) -> None:
    job = next(iter((await acting.ids("jobs", statuses="OPEN")).values()))
    await acting.sdk.ats.create_application_async(job_id=job, candidate=ZULEIKA)
    (one,) = await _journal(acting)
    key = f"act:{one['id']}"

    assert one["status"] == "ended" and one["input"] is None
    fields = await acting.store.pipe.call("HKEYS", key)
    assert b"input" not in fields
    raw = await _text(acting, key.encode())
    assert [trace for trace in TRACES if trace in raw.lower()] == []
    for each in (key, f"acts:{acting.connection.id}"):
        assert 29 * 86_400 < await acting.store.pipe.call("TTL", each) <= 30 * 86_400
    assert not await acting.store.pipe.call("EXISTS", f"actopen:{acting.connection.id}")


async def test_all_that_actions_leave_is_in_the_table_of_keys(acting: Acting) -> None:
    job = next(iter((await acting.ids("jobs", statuses="OPEN")).values()))
    made: Any = await acting.sdk.ats.create_application_async(job_id=job, candidate=ZULEIKA)
    tag = {"tag": {"name": "Keyed"}}
    path = f"/ats/candidates/{made.data.candidate.id}/tags"
    assert (await acting.send("POST", path, tag, idempotency_key="k1")).status_code == 200
    await acting.send("GET", f"/ats/candidates/{made.data.candidate.id}/attachments")
    await acting.idle()

    names = [key.decode() for key in await acting.store.pipe.call("KEYS", "*")]
    assert {"act", "acts", "actkey", "made"} <= {name.partition(":")[0] for name in names}
    house: Any = acting  # what the check asks of a house is its store
    assert [each for name in names for each in await problems(house, name)] == []
