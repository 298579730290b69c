"""The whole web app over a house's settings, asked as an operator asks."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from service.app import create_app
from service.core.settings import Settings
from tests.serving import serving


@dataclass
class Web:
    """A web app on a socket."""

    http: httpx.AsyncClient

    async def ops(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Ask the ops API; insists on the status."""
        answer = await self.http.request(method, f"/ops/v1/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def dead(self) -> list[dict[str, Any]]:
        """Return the dead letters."""
        found: list[dict[str, Any]] = (await self.ops("GET", "dead-letters"))["items"]
        return found

    async def findings(self) -> dict[str, tuple[str, str]]:
        """Return the doctor's findings that are not good: by name, level and sentence."""
        told = (await self.ops("GET", "doctor"))["findings"]
        return {f["name"]: (f["level"], f["text"]) for f in told if f["level"] != "ok"}

    async def unready(self) -> str:
        """Insist that webhooks cannot be taken; returns why."""
        answer = await self.http.get("/readyz")
        assert answer.status_code == 503, answer.text
        reason: str = answer.json()["redis"]["reason"]
        return reason

    async def ready(self) -> bool:
        """Say whether webhooks can be taken."""
        return (await self.http.get("/readyz")).status_code == 200


@contextlib.asynccontextmanager
async def web_of(settings: Settings) -> AsyncIterator[Web]:
    """Serve the app of these settings."""
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    async with (
        serving(create_app(settings)) as url,
        httpx.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=20
        ) as http,
    ):
        yield Web(http)
