"""The feed over real Redis: events are committed as a worker commits them, and read over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.core.settings import Settings
from tests.ops.conftest import History, Ops, asking, token_of
from tests.ops.conftest import history as history
from tests.ops.conftest import ops as ops
from tests.serving import serving

Page = dict[str, Any]


class Feed:
    """The feed of an app."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def page(self, **params: Any) -> Page:
        """GET a page that must be there."""
        answer = await self.http.get("/v1/events", params=params)
        assert answer.status_code == 200, answer.text
        found: Page = answer.json()
        return found

    async def ids(self, **params: Any) -> list[str]:
        """Return the ids of a page."""
        return [event["id"] for event in (await self.page(**params))["events"]]

    async def all(self, **params: Any) -> list[Page]:
        """Read page by page until one is empty."""
        found: list[Page] = []
        while (page := await self.page(**params))["events"]:
            found += page["events"]
            params["after"] = page["next_cursor"]
        return found

    async def refused(self, status: int, **params: Any) -> str:
        """GET what must be refused; return why."""
        answer = await self.http.get("/v1/events", params=params)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        detail: str = answer.json()["detail"]
        return detail


@pytest.fixture
async def feed(settings: Settings) -> AsyncIterator[Feed]:
    """The feed, read with the admin token."""
    async with asking(settings, token_of(settings)) as client:
        yield Feed(client)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app on a socket of its own: streams need one."""
    headers = {"authorization": f"Bearer {token_of(settings)}"}
    async with (
        serving(create_app(settings)) as url,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client,
    ):
        yield client


@contextlib.asynccontextmanager
async def holding(settings: Settings, ops: Ops, **key: Any) -> AsyncIterator[Feed]:
    """The feed, read with a key of scope `feed`."""
    made = await ops.post("/api-keys", {"name": "a reader", "scopes": ["feed"], **key})
    async with asking(settings, made["key"]) as client:
        yield Feed(client)


__all__ = ["Feed", "History", "Ops", "holding"]
