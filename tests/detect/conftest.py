"""The whole line over a sandbox whose webhooks are all lost: what is told, other detectors told."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import AnyHttpUrl

from service.app import create_app
from service.core.settings import Settings
from service.core.store.store import Store
from service.sandbox.app import SandboxConfig, create_sandbox
from tests.detect.watched import POLL_S, TOKEN, Watched, linked
from tests.serving import serving
from workers.app import running


@pytest.fixture
async def watched(unlinked: Watched) -> Watched:
    """A connection that was read in full, and nothing of which is due but the feed."""
    return await linked(unlinked)


@pytest.fixture
async def unlinked(settings: Settings, store: Store) -> AsyncIterator[Watched]:
    """A company and us; not linked yet."""
    sandbox = create_sandbox(SandboxConfig(token=TOKEN))
    async with serving(sandbox) as far:
        settings = settings.model_copy(
            update={"recruitee_url": AnyHttpUrl(far), "poll_interval": POLL_S}
        )
        auth = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serving(create_app(settings)) as url,
            httpx.AsyncClient(base_url=f"{far}/c/5600", headers=auth) as recruitee,
            httpx.AsyncClient(base_url=far) as knobs,
            running(settings) as (ctx, drains),
        ):
            yield Watched(settings, store, url, recruitee, knobs, ctx, drains)
