"""A fetch that another root's commit overtook does not have the last word on what both show."""

import asyncio

from service.core.settings import Settings
from service.core.unified.model import Ref
from tests.invariants.house import housing
from workers.asking import Done
from workers.context import open_context
from workers.refetch import refetch


async def test_a_fetch_during_which_a_record_was_committed_elsewhere_asks_again(
    settings: Settings,
) -> None:
    async with housing(settings) as house:
        house.recruitee.add(1)
        connection = await house.connect()
        house.recruitee.rename(1, "Ada Later")
        path, who = "/candidates/1", Ref("candidate", "1")
        gate = house.recruitee.gate(path)
        asked = house.recruitee.asked[path]
        async with open_context(house.settings) as ctx:
            fetching = asyncio.create_task(
                refetch(ctx, connection, who, [], None, [], "", patient=False)
            )
            await asyncio.wait_for(gate.arrived.wait(), 10)
            ctx.lately.note([(connection.id, who)], object())
            house.recruitee.lift(path)

            assert isinstance(await fetching, Done)
            assert house.recruitee.asked[path] == asked + 2
