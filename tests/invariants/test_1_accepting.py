"""Invariant 1: 200 only after the seen-mark and the inbox entry were written in one step."""

import signal

from pydantic import SecretStr

from service.core.settings import Settings
from service.core.store import keys
from tests.invariants.house import House, housing
from tests.invariants.processes import RedisServer


async def _marks(house: House, c: str) -> int:
    return len(await house.store.pipe.call("KEYS", f"seen:{c}:*"))


async def _entries(house: House, c: str) -> int:
    return int(await house.store.pipe.call("XLEN", keys.inbox(c)))


def _over(server: RedisServer, settings: Settings) -> Settings:
    return settings.model_copy(update={"redis_url": SecretStr(server.url)})


async def test_when_200_is_sent_the_mark_and_the_entry_are_there(house: House) -> None:
    connection = await house.connect()
    body = house.webhook("candidate_moved", 3331, house.recruitee.now())

    for n in range(1, 6):
        answer = await house.post(connection, body | {"id": n})
        assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
        assert (await _marks(house, connection.id), await _entries(house, connection.id)) == (n, n)


async def test_the_same_webhook_again_is_a_duplicate_and_leaves_one_entry(house: House) -> None:
    connection = await house.connect()
    body = house.webhook("candidate_moved", 3331, house.recruitee.now())
    await house.told(connection, body)

    again = await house.post(connection, body | {"attempt_count": 2})

    assert again.json() == {"status": "duplicate"}
    assert await _entries(house, connection.id) == 1


async def test_a_killed_redis_means_503_and_after_its_restart_the_webhook_is_new(
    settings: Settings, private_redis: RedisServer
) -> None:
    async with housing(_over(private_redis, settings)) as house:
        connection = await house.connect()
        body = house.webhook("candidate_moved", 3331, house.recruitee.now())
        await house.told(connection, body)
        private_redis.kill()

        other = house.webhook("candidate_moved", 3332, house.recruitee.now())
        refused = await house.post(connection, other)
        private_redis.start()

        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert (await _marks(house, connection.id), await _entries(house, connection.id)) == (1, 1)
        await house.told_again(connection, other)
        assert (await house.post(connection, body)).json() == {"status": "duplicate"}


async def test_a_stopped_redis_means_503_and_never_a_mark_without_its_entry(
    settings: Settings, private_redis: RedisServer
) -> None:
    async with housing(_over(private_redis, settings)) as house:
        connection = await house.connect()
        body = house.webhook("candidate_moved", 3331, house.recruitee.now())
        private_redis.signal(signal.SIGSTOP)
        refused = await house.post(connection, body)
        private_redis.signal(signal.SIGCONT)

        again = await house.post(connection, body)

        # The write may still lie in the stopped server's socket: then it is carried out whole.
        assert refused.status_code == 503
        assert again.status_code == 200
        assert (await _marks(house, connection.id), await _entries(house, connection.id)) == (1, 1)


async def test_a_full_redis_means_503_and_nothing_is_marked(
    settings: Settings, private_redis: RedisServer
) -> None:
    async with housing(_over(private_redis, settings)) as house:
        connection = await house.connect()
        body = house.webhook("candidate_moved", 3331, house.recruitee.now())
        with private_redis.client() as client:
            client.config_set("maxmemory", 1)
            refused = await house.post(connection, body)
            client.config_set("maxmemory", 0)

        assert refused.status_code == 503
        assert (await _marks(house, connection.id), await _entries(house, connection.id)) == (0, 0)
        await house.told_again(connection, body)


async def test_a_redis_that_takes_no_writes_means_503_and_nothing_is_marked(
    settings: Settings, private_redis: RedisServer
) -> None:
    async with housing(_over(private_redis, settings)) as house:
        connection = await house.connect()
        body = house.webhook("candidate_moved", 3331, house.recruitee.now())
        with private_redis.client() as client:
            client.execute_command("REPLICAOF", "127.0.0.1", "1")
            refused = await house.post(connection, body)
            client.execute_command("REPLICAOF", "NO", "ONE")

        assert refused.status_code == 503
        assert (await _marks(house, connection.id), await _entries(house, connection.id)) == (0, 0)
        await house.told_again(connection, body)
