"""One company that all recipes run against, as their users would: from processes of their own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kombo.conftest import House
from tests.kombo.conftest import company as company
from tests.kombo.conftest import house as house

RECIPES = Path(__file__).parents[2] / "recipes"
WITHIN_S = 60
Json = dict[str, Any]
Recipe = Callable[..., Awaitable[str]]
Begun = Callable[..., Awaitable[asyncio.subprocess.Process]]


async def output(process: asyncio.subprocess.Process) -> str:
    """Return what a recipe said, once it is over; it has to end well."""
    out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.fixture
async def begin(house: House) -> AsyncIterator[Begun]:
    """What starts a recipe: `begin("sourcing", "--department", "Engineering", NAME="value")`."""
    key = await house.key("read", "act", "feed")
    under_way: list[asyncio.subprocess.Process] = []

    async def started(name: str, *args: str, **env: str) -> asyncio.subprocess.Process:
        reach = {"HIREWIRE_URL": house.url, "HIREWIRE_KEY": key,
                 "HIREWIRE_INTEGRATION": house.connection.integration_id}  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(RECIPES / f"{name}.py"), *args, env={**os.environ, **reach, **env},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        under_way.append(process)
        return process

    yield started
    for process in under_way:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
def recipe(begin: Begun) -> Recipe:
    """What runs a recipe to its end and returns what it said."""

    async def ran(name: str, *args: str, **env: str) -> str:
        return await output(await begin(name, *args, **env))

    return ran
