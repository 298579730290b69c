"""The bell: what comes when a line has just gone quiet is served at once, not when somebody looks again."""

import asyncio
from time import monotonic

import orjson

from service.core.settings import Settings
from service.core.store.connections import ACTIVE
from service.core.store.store import Store
from tests.serving import eventually
from workers.app import running

AT_ONCE_S = 1.5  # the bell's own life is 2 s, the next look 5 s
ROUNDS = 8


async def test_what_comes_when_all_is_quiet_is_served_at_once(
    settings: Settings, store: Store
) -> None:
    connection = await store.connections.create("5600", "token", "secret", "Example")
    await store.connections.wake(connection.id, ACTIVE, baseline_done=1, sync='{"done": 1}')
    # A root that no model knows: it is acknowledged without asking anybody.
    entry = {"r": "application:1", "o": "webhook", "i": 1, "t": "x", "s": None, "at": None, "c": None,
             "j": [], "d": {}}  # fmt: skip

    async def empty() -> bool:
        return await store.inbox.depth(connection.id) == (0, 0)

    async def handed_back() -> bool:
        return not await store.pipe.call("HEXISTS", "lease:in", connection.id)

    waited = [0.0]
    async with running(settings):
        for number in range(ROUNDS):
            # The line is handed back, and what looks after it finds nothing: of that nothing can be seen.
            await eventually(handed_back)
            await asyncio.sleep(0.1 * (1 + number % 4))
            if max(waited) > AT_ONCE_S:
                break
            began = monotonic()
            await store.inbox.accept(
                connection.hook, connection.id, str(number), [orjson.dumps(entry)]
            )
            await eventually(empty)
            waited.append(monotonic() - began)

    assert max(waited) < AT_ONCE_S, waited
