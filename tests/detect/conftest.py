"""The whole line over a sandbox whose webhooks are all lost: what is told, other detectors told."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core.settings import Settings
from service.core.store.store import Store
from service.core.unified.registry import ROOTS
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.detect.watched import POLL_S, TOKEN, Watched, linked
from tests.serving import serving
from workers import reconcile

ADMIN = "test-admin-token"


@pytest.fixture
async def watched(settings: Settings, store: Store) -> AsyncIterator[Watched]:
    """A small company that was read in full, and nothing of which is due but the feed."""
    async with _company(settings, store, SandboxConfig(token=TOKEN, candidates=12)) as found:
        yield await linked(found)


@pytest.fixture
async def unlinked(settings: Settings, store: Store) -> AsyncIterator[Watched]:
    """A company and us; not linked yet."""
    async with _company(settings, store, SandboxConfig(token=TOKEN)) as found:
        yield found


@pytest.fixture
async def crowd(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Watched]:
    """A company whose candidates take three pages; their lists are read, nobody by itself."""
    candidate = ROOTS["candidate"]
    paged = replace(candidate, listing=replace(candidate.listing, limit=50))
    monkeypatch.setitem(vars(reconcile), "ROOTS", {**ROOTS, "candidate": paged})
    async with _company(settings, store, SandboxConfig(token=TOKEN, candidates=120)) as found:
        yield await linked(found, deep=False)


@contextlib.asynccontextmanager
async def _company(
    settings: Settings, store: Store, config: SandboxConfig
) -> AsyncIterator[Watched]:
    async with serving(create_sandbox(config)) as far:
        settings = settings.model_copy(
            update={"recruitee_url": AnyHttpUrl(far), "poll_interval": POLL_S}
        )
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {ADMIN}"}) as us,
            contextlib.AsyncExitStack() as at_work,
        ):
            found = Watched(settings, store, url, recruitee, knobs, us, at_work)
            await found.start()
            yield found
