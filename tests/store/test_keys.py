"""The table of keys is whole: scripts, builders and what a run leaves in Redis all keep to it."""

import inspect
import re
from importlib import resources

import pytest

from service.core.store import keys
from service.core.store.replays import Item
from tests.invariants.conftest import house as house
from tests.invariants.house import House
from tests.serving import eventually, receiving

ROW = re.compile(r"^\| ([^|]+?) \| ([a-z ]*?) ?\| [^|]+ \| ([^|]+?) \|$", re.M)


def _table() -> dict[str, tuple[str, str]]:
    """Return key pattern -> (type, lifetime)."""
    rows = ROW.findall(keys.__doc__ or "")[1:]
    return {
        name: (kind.strip(), lifetime)
        for names, kind, lifetime in rows
        for name in names.split(", ")
    }


def _pattern(name: str) -> "re.Pattern[str]":
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^ ]+", re.escape(name)).replace(r"\*", ".*"))


PATTERNS = {_pattern(name): (name, *facts) for name, facts in _table().items()}


def _rows(key: str) -> list[tuple[str, str, str]]:
    return [facts for pattern, facts in PATTERNS.items() if pattern.fullmatch(key)]


def _scripts() -> dict[str, str]:
    folder = resources.files("service.core.store") / "lua"
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("script", sorted(_scripts()))
def test_every_key_that_a_script_builds_is_in_the_table(script: str) -> None:
    text = _scripts()[script]
    prefixes = re.findall(r"'([a-z]+(?::[a-z]+)*:)' \.\.", text)
    whole = re.findall(r"redis\.call\('\w+', '([a-z:]+)'[,)]", text)
    known = [p for p in prefixes if _rows(p + "x") or any(name.startswith(p) for name in _table())]

    assert known == prefixes
    assert [name for name in whole if not _rows(name)] == []


def test_every_key_that_python_builds_is_in_the_table() -> None:
    builders = [
        f for _, f in inspect.getmembers(keys, inspect.isfunction) if f is not keys.replay_line
    ]
    built = [f(*"xyz"[: len(inspect.signature(f).parameters)]) for f in builders]

    assert [key for key in built if not _rows(key)] == []


async def test_all_that_a_run_leaves_is_in_the_table_with_its_type_and_lifetime(
    house: House,
) -> None:
    house.recruitee.add(1, stage=101)
    async with receiving() as receiver:
        connection = await house.connect()
        subscriber, _ = await house.subscribe(receiver.url)
        thin, _ = await house.subscribe(receiver.url, format="thin")
        receiver.status = 500
        async with house.worker():
            await house.move(connection, 1, 101, 102)
            await eventually(lambda: _dead(house, 2))
            receiver.status = 200
            (event,) = await house.log(connection.id)
            await house.store.replays.create([Item(event["id"], thin.id)], 1)
            await receiver.have("application.stage_changed")
            await house.settled(thin.id)

    problems = []
    for key in await house.store.pipe.call("KEYS", "*"):
        problems += await _problems(house, key.decode())
    assert problems == []
    assert subscriber.id


async def _dead(house: House, count: int) -> bool:
    return bool(await house.store.pipe.call("ZCARD", "dead") == count)


async def _problems(house: House, key: str) -> list[str]:
    rows = _rows(key)
    kind = await house.store.pipe.call("TYPE", key)
    kind = kind.decode() if isinstance(kind, bytes) else kind
    life = int(await house.store.pipe.call("TTL", key))
    if not rows:
        return [f"{key} is not in the table"]
    types = {row[1] for row in rows}
    if kind != "none" and kind not in types and "" not in types:
        return [f"{key} is a {kind}"]
    lasting = any(row[2].startswith(("none:", "as ", "trimmed")) for row in rows)
    return [] if lasting or life != -1 else [f"{key} has no lifetime"]
