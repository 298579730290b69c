"""Service, worker and sandbox on sockets; links are followed as a browser without a script does."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
import pytest
from kombo import Kombo
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.serving import eventually, serving
from workers.app import running

TOKEN = "sandbox-token"
SECRET = "hook-secret-that-is-pasted"
ADMIN = "test-admin-token"
COMPANY = "5600"


class Reader:
    """One who opens a link and sends its forms; follows what it is sent to, and keeps every page."""

    def __init__(self, http: httpx.AsyncClient, link: str) -> None:
        self.http = http
        self.link = link
        self.pages: list[str] = []

    async def look(self, step: str = "") -> httpx.Response:
        """Open the link."""
        return await self._kept("GET", self.link + (f"?step={step}" if step else ""))

    async def send(self, action: str, headers: Any = None, **fields: str) -> httpx.Response:
        """Send a form, as a browser does from our page."""
        said = {"origin": "null", "sec-fetch-site": "same-origin"} if headers is None else headers
        return await self._kept("POST", f"{self.link}/{action}", data=fields, headers=said)

    async def give(self, token: str = TOKEN, company: str = COMPANY) -> httpx.Response:
        """Paste company and token."""
        return await self.send("credentials", company_id=company, api_token=token)

    async def _kept(self, method: str, url: str, **how: Any) -> httpx.Response:
        answer = await self.http.request(method, url, **how)
        self.pages += [each.text for each in (*answer.history, answer)]
        return answer


@dataclass
class House:
    """Everything that a test of the set-up may reach."""

    url: str
    settings: Settings
    store: Store
    http: httpx.AsyncClient
    far: httpx.AsyncClient  # the sandbox: its knobs, and the company behind `/c/5600`
    hooks: list[int] = field(default_factory=list)

    async def ops(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the ops API."""
        headers = {"authorization": f"Bearer {ADMIN}"}
        return await self.http.request(
            method, f"{self.url}/ops/v1{path}", json=body, headers=headers
        )

    async def reader(self, **asked: Any) -> Reader:
        """Make a link by the ops API."""
        answer = await self.ops("POST", "/links", asked)
        assert answer.status_code == 201, answer.text
        return Reader(self.http, answer.json()["url"])

    def sdk(self, key: str = ADMIN) -> Any:
        """Return Kombo's own client."""
        return Kombo(
            api_key=key, server_url=f"{self.url}/v1", async_client=self.http, timeout_ms=10_000
        )

    async def key(self, *scopes: str, **more: Any) -> str:
        """Make an API key; return its secret."""
        body = {"name": "a backend", "scopes": list(scopes), **more}
        return str((await self.ops("POST", "/api-keys", body)).json()["key"])

    async def knobs(self, **knobs: Any) -> None:
        """Turn the sandbox's knobs."""
        (await self.far.patch("/sandbox/knobs", json=knobs)).raise_for_status()

    async def register(self, hook_url: str) -> None:
        """Make a webhook in Recruitee and press Test."""
        body = {"url": hook_url, "secret": SECRET}
        made = (await self.far.post("/sandbox/webhooks", json=body)).json()
        self.hooks.append(made["id"])
        tested = await self.far.post(f"/sandbox/webhooks/{made['id']}/test")
        assert tested.json()["status"] == 200

    async def change(self) -> None:
        """Change something in Recruitee."""
        body = {"candidate": {"name": "Somebody New"}}
        (await self.far.post(f"/c/{COMPANY}/candidates", json=body)).raise_for_status()

    async def only(self) -> Connection:
        """Return the one connection that there is."""
        (connection,) = await self.store.connections.all()
        return connection

    async def told(self, c: str, event: str) -> None:
        """Wait until an event of a type is in a connection's log."""

        async def there() -> bool:
            found = await self.ops("GET", f"/events?connection_id={c}&type={event}")
            return bool(found.json()["items"])

        await eventually(there)

    async def ready(self, c: str) -> None:
        """Wait until the baseline is read, so that what comes next is told."""

        async def done() -> bool:
            found = await self.store.connections.get(c)
            return bool(found and found.baseline_done)

        await eventually(done)


@pytest.fixture
async def house(settings: Settings, store: Store) -> AsyncIterator[House]:
    app = create_sandbox(SandboxConfig(token=TOKEN, candidates=3))
    async with serving(app) as far_url:
        settings = settings.model_copy(update={"recruitee_url": AnyHttpUrl(far_url)})
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serving(create_app(settings)) as url,
            running(settings),
            httpx.AsyncClient(follow_redirects=True, timeout=20) as http,
            httpx.AsyncClient(base_url=far_url, headers=auth) as far,
        ):
            yield House(url, settings, store, http, far)


def text_of(answer: httpx.Response) -> str:
    """Return what a page says, without its style, script and tags."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", answer.text, flags=re.S)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def hook_of(answer: httpx.Response) -> str:
    """Return the webhook address that a page shows."""
    found = re.search(r'id="webhook_url"[^>]* value="([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found[1])
