"""A sandbox of the default size, a client with its token, and a receiver on a real socket."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from service.sandbox.app import SandboxConfig, create_sandbox
from service.sandbox.state import Sandbox
from tests.sandbox.receiver import Receiver, receiving

TOKEN = "a-token-of-the-test"


@dataclass
class Clock:
    """A clock that stands until it is pushed on."""

    at: datetime = datetime(2026, 4, 21, 7, 40, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app(clock: Clock) -> AsyncIterator[Starlette]:
    app = create_sandbox(SandboxConfig(token=TOKEN, clock=clock))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def inside(app: Starlette) -> Sandbox:
    sandbox = app.state.sandbox
    assert isinstance(sandbox, Sandbox)
    return sandbox


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://sandbox.test",
        headers={"authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


class Api:
    """The vendor's API with the company filled in; `read` insists on 200."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def read(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(f"/c/5600{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.client.request(method, f"/c/5600{path}", json=body)

    async def knobs(self, **knobs: Any) -> None:
        answer = await self.client.patch("/sandbox/knobs", json=knobs)
        assert answer.status_code == 200, answer.text

    async def stage(self, offer_id: int, category: str) -> int:
        offer = (await self.read(f"/offers/{offer_id}"))["offer"]
        stages = offer["pipeline_template"]["stages"]
        return next(int(stage["id"]) for stage in stages if stage["category"] == category)


@pytest.fixture
def api(client: httpx.AsyncClient) -> Api:
    return Api(client)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def hook(client: httpx.AsyncClient, receiver: Receiver) -> dict[str, Any]:
    body = {"url": receiver.url, "secret": "the-hook's-secret"}
    answer = await client.post("/sandbox/webhooks", json=body)
    assert answer.status_code == 201
    registered: dict[str, Any] = answer.json()
    return registered
