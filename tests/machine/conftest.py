"""The store over an emptied server, and how long to try: `--hypothesis-profile=long` tries longer."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.machine.world import World

settings.register_profile("long")


@pytest.fixture
def world(redis_url: str) -> Iterator[World]:
    """The store, driven step by step."""
    opened = World(redis_url)
    yield opened
    opened.close()
