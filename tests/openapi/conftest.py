"""The real app on a socket, with a company, a subscriber and events in it to be asked about."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from service.app import create_app
from service.core.settings import Settings
from service.core.store.store import Store
from tests.ops.conftest import AWAY, History
from tests.serving import serving

ADMIN = "test-admin-token"


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance and what is in it, by the names of path parameters."""

    url: str
    connection: str
    subscriber: str
    event: str
    hook: str
    access: str  # an access token of the subscriber's


@pytest.fixture
async def instance(settings: Settings, store: Store) -> AsyncIterator[Instance]:
    """Serve an instance whose Recruitee is away."""
    settings = settings.model_copy(update={"recruitee_url": AWAY})
    history = History(store)
    made = await history.connection()
    await store.connections.note(made.id, baseline_done=1)
    event = await history.tell(made.id, "candidate.updated", first_name="Zora")
    async with serving(create_app(settings)) as url:
        headers = {"authorization": f"Bearer {ADMIN}"}
        async with httpx.AsyncClient(base_url=f"{url}/ops/v1", headers=headers) as ops:
            body = {"url": "http://127.0.0.1:9/", "name": "one"}
            subscriber = (await ops.post("/subscribers", json=body)).raise_for_status().json()
            path = f"/subscribers/{subscriber['id']}/access"
            access = (await ops.post(path, json={"name": "own"})).raise_for_status().json()
        yield Instance(url, made.id, subscriber["id"], event, made.hook, access["token"])
