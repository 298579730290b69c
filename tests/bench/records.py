"""What a record costs: the processor to read and compare it, and the memory to keep it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from statistics import median
from typing import Any

import httpx
import orjson
from pydantic import BaseModel, create_model

from service.core import ids, times
from service.core.store.packing import pack
from service.core.store.records import Write
from service.core.unified.announce import announce
from service.core.unified.model import Context, Draft, Ref, Snapshot
from service.core.unified.registry import COLLECTIONS, MODELS, ROOTS
from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from tests.bench import world
from tests.bench.bench import Bench
from tests.bench.report import Figure, Group

MOST_CPU = 4.0  # times parsing and validating the same JSON
ROUNDS = 7
RECORDS = 5000
MILLION = 1_000_000
Row = Mapping[str, Any]


async def cpu(bench: Bench) -> Group:
    """Normalize and compare one answer of each kind, against orjson and pydantic on the same bytes."""
    figures = []
    async for name, row, drafts in _answers():
        raw = orjson.dumps(row)
        shape = _shape(row)
        known = {_ref(d): _stored(d) for d in drafts(row)}
        parsed = _best(partial(_parsed, raw, shape))
        ours = _best(partial(_read, drafts, row, known))
        note = f"{len(raw):,} bytes, {len(known)} records, {ours:.0f} us against {parsed:.0f} us"
        figures.append(Figure(name, ours / parsed, "times", MOST_CPU, note))
        await asyncio.sleep(0)
    return Group("normalize and compare", "CPU of one answer", [], None, [], figures)


async def memory(bench: Bench) -> Group:
    """Store a company's records as a full read does; bytes of Redis for each, indexes and all."""
    lines, figures, sizes = [], [], {}
    count = bench.count(RECORDS)
    async for name, row, drafts in _answers():
        for draft in drafts(row)[:2]:
            if draft.model in sizes or draft.model == "stage":
                continue
            used, packed = await _stored_bytes(bench, draft, count)
            allowed = 1.25 * packed + 150 + 130 * INDEXES
            sizes[draft.model] = used
            note = f"{packed:.0f} bytes packed, {name}"
            figures.append(Figure(f"{draft.model}: bytes kept", used, "", allowed, note))
    if {"candidate", "application"} <= sizes.keys():
        each = sizes["candidate"] + 1.3 * sizes["application"]
        lines.append(
            f"a million candidates with 1.3 applications each: {each * MILLION / 2**30:.1f} GiB"
        )
    return Group("memory of a record", "bytes in Redis", [], None, lines, figures)


INDEXES = 3  # by unified id, by change, and under its root


async def _stored_bytes(bench: Bench, draft: Draft, count: int) -> tuple[float, float]:
    await bench.empty()
    (connection,) = await world.connect(bench.store, 1)
    before = int((await bench.store.pipe.redis.info("memory"))["used_memory"])
    packed = 0
    for start in range(0, count, 100):
        writes = []
        for number in range(start, min(start + 100, count)):
            remote_id = str(10_000_000 + number)
            uid = ids.record_id(connection.id, draft.model, remote_id)
            fields = {**draft.fields, "id": uid, "remote_id": remote_id}
            packed += len(pack(fields))
            ref = Ref(draft.model, remote_id)
            writes.append(Write(ref, 0, Snapshot(1, 0, fields), f"candidate:{number // 2}"))
        await bench.store.records.commit(connection.id, 10**9, writes, [], ring=False)
    after = int((await bench.store.pipe.redis.info("memory"))["used_memory"])
    return (after - before) / count, packed / count


async def _answers() -> Any:
    """Yield (what, one object as Recruitee serves it, how it is read), from the sandbox's company."""
    sandbox = create_sandbox(SandboxConfig(token="bench"))
    transport = httpx.ASGITransport(sandbox)
    headers = {"authorization": "Bearer bench"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://sandbox/c/5600", headers=headers
    ) as client:
        people = (await client.get("/candidates?limit=30")).json()["candidates"]
        found = [(await client.get(f"/candidates/{one['id']}")).json() for one in people]
        rich = max(found, key=lambda one: len(orjson.dumps(one)))
        plain = min(found, key=lambda one: len(orjson.dumps(one)))
        yield "candidate, plain", plain["candidate"], _of_root("candidate", plain)
        yield "candidate, with everything", rich["candidate"], _of_root("candidate", rich)
        jobs = (await client.get("/offers?limit=5")).json()["offers"]
        job = (await client.get(f"/offers/{jobs[0]['id']}")).json()
        yield "job, with its pipeline", job["offer"], _of_root("job", job)
        for name in (
            "users",
            "departments",
            "tags",
            "candidate_interviews",
            "candidate_evaluations",
        ):
            listing = COLLECTIONS[name].bulk or COLLECTIONS[name].listing
            answer = (await client.get(listing.path, params=dict(_flat(listing.params)))).json()
            rows = answer.get(listing.key) or []
            if rows:
                yield name, rows[0], _of_list(name, answer)


def _flat(params: Mapping[str, str | tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        yield name, value if isinstance(value, str) else ",".join(value)


def _of_root(name: str, answer: Row) -> Callable[[Row], list[Draft]]:
    return lambda row: ROOTS[name].expand(row, answer.get("references") or [], _facts())


def _of_list(name: str, answer: Row) -> Callable[[Row], list[Draft]]:
    collection, references = COLLECTIONS[name], answer.get("references") or []
    owner = "0" if collection.owner is None else None
    return lambda row: collection.expand(
        row, references, _facts(), owner or collection.owner_of(row) or "1"
    )


def _facts() -> Context:
    return Context("connection", lambda model, i: ids.record_id("connection", model, i))


def _ref(draft: Draft) -> Ref:
    return Ref(draft.model, draft.remote_id)


def _stored(draft: Draft) -> Snapshot:
    verdict = announce(MODELS[draft.model], draft, None, (), _facts(), None, quiet=True)
    return verdict.snapshot or Snapshot(1, 0, draft.fields)


def _parsed(raw: bytes, shape: type[BaseModel]) -> None:
    shape.model_validate(orjson.loads(raw))


def _read(drafts: Callable[[Row], list[Draft]], row: Row, known: Mapping[Ref, Snapshot]) -> None:
    _compared(drafts(row), known)


def _compared(drafts: Sequence[Draft], known: Mapping[Ref, Snapshot]) -> None:
    for draft in drafts:
        announce(MODELS[draft.model], draft, known[_ref(draft)], (), _facts(), None)


def _best(work: Callable[[], object], runs: int = 200) -> float:
    """Return the microseconds of processor that one run takes: the median of the rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(runs):
            work()
        taken.append((time.process_time() - began) / runs * 1e6)
    return median(taken)


def _shape(value: Row, name: str = "Shape") -> type[BaseModel]:
    """Return a pydantic model of an object: what a client of the API would write by hand."""
    fields: dict[str, Any] = {
        key: (_typed(each, f"{name}_{key}") | None, None)
        for key, each in value.items()
        if key.isidentifier() and not key.startswith("_")
    }
    return create_model(name, **fields)


def _typed(value: object, name: str) -> Any:
    match value:
        case bool() | int() | float():
            return type(value)
        case str():
            return datetime if times.parse(value) is not None and "T" in value else str
        case dict():
            return _shape(value, name)
        case list() if value:
            kinds = {type(each) for each in value}
            inner = _typed(value[0], name) if len(kinds) == 1 and kinds != {list} else Any
            uniform = kinds != {dict} or len({frozenset(each) for each in value}) == 1
            return list[inner] if uniform else list[dict[str, Any]]  # type: ignore[valid-type]
    return Any
