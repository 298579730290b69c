"""The real app over real Redis, asked as an operator asks; with a worker and a Recruitee on demand."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest
from pydantic import AnyHttpUrl
from starlette.types import Receive, Scope, Send

from service.app import create_app
from service.core import ids
from service.core.settings import Settings
from service.core.store.connections import ACTIVE, Connection
from service.core.store.records import Committed, Write
from service.core.store.store import Store
from service.core.unified.model import Change, Ref, Snapshot
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.serving import Receiver, eventually, receiving, serving
from workers.app import running

RECRUITEE_TOKEN = "sandbox-token"
# The port of `discard`: nobody listens there, so that Recruitee is away.
AWAY = AnyHttpUrl("http://127.0.0.1:9")


class Ops:
    """The ops API of an app."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **params: Any) -> Any:
        """GET what must be there."""
        answer = await self.http.get("/ops/v1" + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return a list's first page."""
        found: list[dict[str, Any]] = (await self.get(path, **params))["items"]
        return found

    async def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return a whole list, page by page."""
        found, after = [], None
        while True:
            page = await self.get(path, **params, **({"after": after} if after else {}))
            found += page["items"]
            after = page["next_cursor"]
            if after is None:
                return found

    async def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request and return whatever comes."""
        return await self.http.request(method, "/ops/v1" + path, json=body)

    async def post(self, path: str, body: Any = None, *, status: int = 201) -> Any:
        """POST; insists on the status."""
        answer = await self.send("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, body: Any = None, *, status: int) -> str:
        """Send what must be refused; return the problem's detail."""
        answer = await self.send(method, path, body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        detail: str = answer.json()["detail"]
        return detail


@contextlib.asynccontextmanager
async def asking(settings: Settings, token: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Open the app of these settings and a client of it."""
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:

        async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = dict(state or {})
            await app(scope, receive, send)

        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(asgi)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://service.test", headers=headers
        ) as client:
            yield client


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings whose Recruitee is away."""
    return settings.model_copy(update={"recruitee_url": AWAY})


def token_of(settings: Settings) -> str:
    return settings.admin_token.get_secret_value() if settings.admin_token else ""


@pytest.fixture
async def ops(settings: Settings) -> AsyncIterator[Ops]:
    """The ops API, with the admin token."""
    async with asking(settings, token_of(settings)) as client:
        yield Ops(client)


@dataclass
class Recruitee:
    """A sandbox, and the settings that lead to it."""

    settings: Settings
    far: httpx.AsyncClient

    async def knobs(self, **knobs: Any) -> None:
        """Turn the sandbox's knobs."""
        (await self.far.patch("/sandbox/knobs", json=knobs)).raise_for_status()


@pytest.fixture
async def recruitee(settings: Settings) -> AsyncIterator[Recruitee]:
    """A small sandbox Recruitee on a socket."""
    sandbox = create_sandbox(SandboxConfig(token=RECRUITEE_TOKEN, candidates=3))
    async with serving(sandbox) as url, httpx.AsyncClient(base_url=url) as far:
        yield Recruitee(settings.model_copy(update={"recruitee_url": AnyHttpUrl(url)}), far)


@pytest.fixture
async def linked(recruitee: Recruitee) -> AsyncIterator[Ops]:
    """The ops API of an app whose Recruitee answers."""
    async with asking(recruitee.settings, token_of(recruitee.settings)) as client:
        yield Ops(client)


@pytest.fixture
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker whose Recruitee is away."""
    async with running(settings):
        yield


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber on a socket of its own."""
    async with receiving() as started:
        yield started


class History:
    """Makes connections and commits events to their logs, as a worker would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._tokens = count(1_000_000)
        self._sequences: dict[tuple[str, Ref], int] = {}

    async def connection(self, name: str = "Example") -> Connection:
        """Make an active connection."""
        made = await self.store.connections.create("5600", "a-token", "a-secret", name)
        await self.store.connections.wake(made.id, ACTIVE)
        return made

    async def tell(
        self, c: str, event: str, remote_id: str = "1", *, at: str | None = None, **changed: Any
    ) -> str:
        """Commit one event of a record of its own subject; return the event's id."""
        ref = Ref(event.partition(".")[0], remote_id)
        last = self._sequences.get((c, ref), 0)
        self._sequences[c, ref] = last + 1
        fields = {"id": ids.record_id(c, *ref)}
        write = Write(ref, last, Snapshot(last + 1, last + 1, fields), "")
        changes = tuple({"path": k, "before": None, "after": v} for k, v in changed.items())
        change = Change(ref.model, remote_id, event, fields, changes, (), at, ref)
        done = await self.store.records.commit(c, next(self._tokens), [write], [(last + 1, change)])
        assert done is Committed.DONE
        return ids.event_id(c, *ref, last + 1)


@pytest.fixture
def history(store: Store) -> History:
    return History(store)


async def settled(ops: Ops, fact: Callable[[Any], bool], path: str, **params: Any) -> Any:
    """Ask until an answer fits, and return it."""

    async def fits() -> Any:
        answer = await ops.get(path, **params)
        return answer if fact(answer) else None

    return await eventually(fits)
