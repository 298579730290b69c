"""Limits to how long records are kept, by model; what still is at Recruitee has none."""

from service.core import times
from service.core.store import keys
from service.core.store.records import Write
from service.core.unified.model import Ref, Snapshot
from service.core.unified.options import Options
from tests.invariants.house import House
from workers.context import open_context
from workers.limits import limits

DAY_MS = 86_400_000


async def _keep(house: House, c: str, ref: Ref, days_ago: float, *, deleted: bool = False) -> None:
    """Store a record as it was so long ago."""
    at = times.now_ms() - int(days_ago * DAY_MS)
    fields = {
        "id": f"uid-{ref.remote_id}",
        "remote_id": ref.remote_id,
        "remote_created_at": times.iso(at),
    }
    fields |= {"remote_deleted_at": times.iso(at)} if deleted else {}
    write = Write(ref, 0, Snapshot(1, 3, fields, deleted=deleted), "")
    await house.store.records.commit(c, await house.store.records.token(), [write], [])
    await house.store.pipe.call("ZADD", keys.index(c, ref.model), at, ref.remote_id)


async def _kept(house: House, c: str, *models: str) -> set[str]:
    async with open_context(house.settings) as ctx:
        await limits(ctx)
    return {
        ref.remote_id
        for model in models
        async for known in house.store.records.pages(c, model)
        for ref in known
    }


async def test_only_what_ended_long_ago_is_forgotten(house: House) -> None:
    c = (await house.connect()).id
    await _keep(house, c, Ref("candidate", "1"), 400)
    await _keep(house, c, Ref("candidate", "2"), 400, deleted=True)
    await _keep(house, c, Ref("candidate", "3"), 10, deleted=True)
    await _keep(house, c, Ref("note", "4"), 400, deleted=True)
    assert await _kept(house, c, "candidate", "note") == {"1", "2", "3", "4"}

    await house.store.connections.update(c, options=Options(retention_days={"candidate": 90}))
    assert await _kept(house, c, "candidate", "note") == {"1", "3", "4"}
    again = await house.store.records.left_off(c, [Ref("candidate", "2")])
    assert again[Ref("candidate", "2")].sequence == 3


async def test_activities_are_kept_as_long_as_events_or_as_is_said(house: House) -> None:
    c = (await house.connect()).id
    for n, days in enumerate((1, 20, 40, 100)):
        await _keep(house, c, Ref("activity", str(n)), days)
    await house.store.connections.update(c, options=Options(retention_days={"activity": 90}))
    assert await _kept(house, c, "activity") == {"0", "1", "2"}

    await house.store.connections.update(c, options=Options())
    assert await _kept(house, c, "activity") == {"0", "1"}
    assert not await house.store.pipe.call("EXISTS", keys.left_off(c))
