"""What a request can reach: opened in the app's lifespan, once per process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import NotRequired, TypedDict

from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest

from service.callers import Caller
from service.core.net.sessions import Sessions
from service.core.recruitee.client import RecruiteeClient, open_session
from service.core.settings import Settings
from service.core.store.redis import Pipe, connect
from service.core.store.store import Store
from service.feed.streams import Streams
from service.feed.watch import Watch
from service.hooks import Hooks
from service.throttle import Throttle

# The receiver answers 503 rather than keep Recruitee waiting for a Redis that is away.
INGRESS_TIMEOUT_S = 2.0
OPS_TRIES, INGRESS_TRIES = 3, 1


class State(TypedDict):
    """The lifespan's state."""

    settings: Settings
    store: Store
    hooks: Hooks
    recruitee: RecruiteeClient
    sessions: Sessions
    throttle: Throttle
    watch: Watch
    streams: Streams
    caller: NotRequired[Caller]  # behind a guard only


Request = StarletteRequest[State]
Lifespan = Callable[[Starlette], "contextlib.AbstractAsyncContextManager[State]"]


def lifespan(settings: Settings, ending: asyncio.Event) -> Lifespan:
    """Return the lifespan that opens and closes what requests use; `ending` ends long answers."""

    @contextlib.asynccontextmanager
    async def opened(_: Starlette) -> AsyncIterator[State]:
        url = settings.redis_url.get_secret_value() if settings.redis_url else ""
        store = Store.open(settings, Pipe(connect(url, tries=OPS_TRIES, name="hirewire-web")))
        accepting = Pipe(
            connect(url, tries=INGRESS_TRIES, timeout_s=INGRESS_TIMEOUT_S), INGRESS_TIMEOUT_S
        )
        session = open_session(32)
        proxy = settings.egress_proxy
        sessions = Sessions(settings.networks, proxy.get_secret_value() if proxy else None)
        try:
            yield {
                "settings": settings,
                "store": store,
                "hooks": Hooks(settings, accepting),
                "recruitee": RecruiteeClient(session, settings.recruitee_base),
                "sessions": sessions,
                "throttle": Throttle(),
                "watch": Watch(store.feed),
                "streams": Streams(ending),
            }
        finally:
            await session.close()
            await sessions.close()
            await accepting.close()
            await store.close()

    return opened
