"""The store over an emptied server, and how long to try.

The suite tries the same runs every time. `pytest tests/machine --hypothesis-profile=long` tries new
and longer ones for some minutes; a failure prints the seed, `--hypothesis-seed=N` tries that again.
"""

import random
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.machine.walking import LONG, SEED, SHORT, Walk
from tests.machine.world import World

settings.register_profile("long")


@pytest.fixture
def world(redis_url: str) -> Iterator[World]:
    """The store, driven step by step."""
    opened = World(redis_url)
    yield opened
    opened.close()


@pytest.fixture
def walk(pytestconfig: pytest.Config) -> Walk:
    """A random walk as long as the profile says."""
    if settings.get_current_profile_name() != "long":
        return Walk(SHORT, SEED)
    given = pytestconfig.getoption("--hypothesis-seed")
    return Walk(LONG, given or str(random.randrange(2**32)))
