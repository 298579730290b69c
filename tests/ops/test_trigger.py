"""Samples: webhooks as Recruitee sends them, signed with the connection's secret, about real records."""

from itertools import count
from typing import Any

import orjson
import pytest

from service.core import ids, signing
from service.core.store.connections import Connection
from service.core.store.records import Write
from service.core.unified.model import Ref, Snapshot
from service.ops.trigger import SUBTYPES
from tests.ops.conftest import History, Ops

_tokens = count(5_000_000)


async def _known(history: History, c: str, ref: Ref, **fields: Any) -> None:
    known = {"id": ids.record_id(c, *ref), **fields}
    write = Write(ref, 0, Snapshot(1, 1, known), "")
    await history.store.records.commit(c, next(_tokens), [write], [])


@pytest.fixture
async def company(history: History) -> Connection:
    """A connection with a candidate, a job, and the one's application for the other."""
    connection = await history.connection()
    c = connection.id
    for model, remote in (("candidate", "31"), ("candidate", "32"), ("job", "41")):
        await _known(history, c, Ref(model, remote))
    await _known(
        history, c, Ref("application", "51"),
        candidate_id=ids.record_id(c, "candidate", "31"), job_id=ids.record_id(c, "job", "41"),
    )  # fmt: skip
    return connection


@pytest.mark.parametrize(
    "event",
    ["test", *SUBTYPES, *(f"{t}/{s}" for t, subtypes in SUBTYPES.items() for s in subtypes)],
)
async def test_every_sample_is_taken_by_our_own_ingress(
    ops: Ops, company: Connection, event: str
) -> None:
    sample = await ops.post(f"/connections/{company.id}/trigger", {"event": event}, status=200)

    assert sample["url"] == f"http://service.test/webhooks/recruitee/{company.hook}"
    signed = sample["headers"]["x-recruitee-signature"]
    assert signed == signing.recruitee_signature("a-secret", sample["body"].encode())
    taken = await ops.http.post(
        sample["url"], content=sample["body"].encode(), headers=sample["headers"]
    )
    assert taken.json() == {"status": "test" if event == "test" else "accepted"}


@pytest.mark.parametrize(
    ("asked", "candidate", "offer"),
    [
        ({"event": "candidate_moved"}, 31, 41),
        ({"event": "candidate_moved", "candidate_id": 32, "job_id": "77"}, 32, 77),
        ({"event": "candidate_deleted", "candidate_id": "32"}, 32, None),
        ({"event": "offer_updated/tags_changed"}, None, 41),
        ({"event": "offer_published", "job_id": 78}, None, 78),
    ],
)
async def test_it_is_about_the_latest_records_or_those_that_are_named(
    ops: Ops, company: Connection, asked: dict[str, Any], candidate: int | None, offer: int | None
) -> None:
    sample = await ops.post(f"/connections/{company.id}/trigger", asked, status=200)

    payload = orjson.loads(sample["body"])["payload"]
    assert (payload.get("candidate") or {}).get("id") == candidate
    assert (payload.get("offer") or {}).get("id") == offer


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "nothing"},
        {"event": "candidate_moved/nothing"},
        {"event": "candidate_deleted/manual"},
        {"event": "candidate_moved", "candidate_id": "0"},
        {"event": "test", "secret": "x"},
    ],
    ids=str,
)
async def test_what_no_webhook_tells_is_422(
    ops: Ops, company: Connection, body: dict[str, Any]
) -> None:
    await ops.refused("POST", f"/connections/{company.id}/trigger", body, status=422)


async def test_without_a_secret_or_a_record_it_says_what_is_missing(
    ops: Ops, history: History
) -> None:
    bare = await history.connection()
    path = f"/connections/{bare.id}/trigger"
    assert "candidate" in await ops.refused("POST", path, {"event": "new_candidate"}, status=409)

    await history.store.connections.update(bare.id, secrets=[])
    assert "secret" in await ops.refused("POST", path, {"event": "test"}, status=409)
