"""`up --sandbox`: the sandbox company is one connection, linked once and wired at every start."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from service.cli.output import say
from service.core.logs import logger
from service.datadir import write_private

FILE = "sandbox.json"
COMPANY = "5600"
NAME = "Sandbox"
RETRY_S = 0.2
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Instance:
    """Where our own ops API is, and its token."""

    url: str
    admin_token: str


class SandboxLink:
    """Keeps the sandbox's token and the connection's id in the data dir, and wires the two up.

    The sandbox lives in memory and forgets its webhooks when it ends; the connection stays. So at
    each start the same webhook is registered again, under the same secret.
    """

    def __init__(self, data_dir: Path, sandbox_url: str, instance: Instance) -> None:
        self._path = data_dir / FILE
        self._sandbox_url = sandbox_url
        self._instance = instance
        self._kept: dict[str, str] = self._read()

    @property
    def token(self) -> str:
        """The API token that the sandbox accepts."""
        if "token" not in self._kept:
            self._keep(token=secrets.token_urlsafe(24))
        return self._kept["token"]

    async def wire(self) -> None:
        """Link the company if it is not, and register its webhook with the sandbox.

        Tries until both sides answer; what they refuse is logged and left.
        """
        headers = {"authorization": f"Bearer {self._instance.admin_token}"}
        async with (
            httpx.AsyncClient(
                base_url=self._instance.url + "/ops/v1",
                headers=headers,
                timeout=TIMEOUT_S,
                trust_env=False,
            ) as ops,
            httpx.AsyncClient(
                base_url=self._sandbox_url,
                headers={"authorization": f"Bearer {self.token}"},
                timeout=TIMEOUT_S,
                trust_env=False,
            ) as sandbox,
        ):
            while not await self._wired(ops, sandbox):  # noqa: ASYNC110 (other processes' state)
                await asyncio.sleep(RETRY_S)

    async def _wired(self, ops: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> bool:
        try:
            connection = await self._connection(ops)
            await self._register(ops, sandbox, connection)
        except httpx.HTTPStatusError as error:
            if error.response.status_code >= 500:
                return False
            log.error(
                "sandbox.refused",
                path=error.request.url.path,
                status=error.response.status_code,
                answer=error.response.text[:300],
            )
            return True
        except httpx.HTTPError:
            return False
        say(f"  linked    sandbox company {COMPANY} is connection {connection['id']}")
        return True

    async def _connection(self, ops: httpx.AsyncClient) -> dict[str, Any]:
        known = self._kept.get("connection_id")
        if known is not None:
            found = await ops.get(f"/connections/{known}")
            if found.status_code != httpx.codes.NOT_FOUND:
                return _answer(found)
        listed = _answer(await ops.get("/connections", params={"limit": 100}))
        # An `up` that was killed between linking and keeping the id has linked it all the same.
        for each in listed["items"]:
            if each["company_id"] == COMPANY and each.get("name") == NAME:
                return self._kept_as(each)
        body = {"company_id": COMPANY, "api_token": self.token, "name": NAME}
        return self._kept_as(_answer(await ops.post("/connections", json=body)))

    async def _register(
        self, ops: httpx.AsyncClient, sandbox: httpx.AsyncClient, connection: dict[str, Any]
    ) -> None:
        # The public address may lead elsewhere; the sandbox is on this machine, and so are we.
        url = self._instance.url + urlsplit(connection["webhook_url"]).path
        known = self._kept.get("webhook_secret")
        body = {"url": url, **({"secret": known} if known else {})}
        secret = _answer(await sandbox.post("/sandbox/webhooks", json=body))["secret"]
        if secret != known:
            path = f"/connections/{connection['id']}"
            _answer(await ops.patch(path, json={"webhook_secret": secret}))
            self._keep(webhook_secret=secret)

    def _kept_as(self, connection: dict[str, Any]) -> dict[str, Any]:
        self._kept.pop("webhook_secret", None)  # it was the secret of another connection
        self._keep(connection_id=connection["id"])
        return connection

    def _keep(self, **facts: str) -> None:
        self._kept = {**self._kept, **facts}
        write_private(self._path, json.dumps(self._kept, indent=2) + "\n")

    def _read(self) -> dict[str, str]:
        try:
            stored = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}


def _answer(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer


log = logger("sandbox")
