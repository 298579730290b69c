"""What a worker can reach, opened once per process and handed on."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

import aiohttp

from service.core.net.sessions import Sessions
from service.core.recruitee.client import RecruiteeClient, open_session
from service.core.settings import Settings
from service.core.store.memory import Ladder
from service.core.store.redis import Pipe
from service.core.store.store import Store
from service.core.unified.model import Cause
from workers.known import Known
from workers.slots import Slots

K = TypeVar("K")
V = TypeVar("V")
STAGES_LIVE_S = 60.0
BODIES = 2000
BODIES_LIVE_S = 5.0
EXPECTED_S = 60.0
COMMITS = 20_000
COMMITS_LIVE_S = 120.0  # longer than any fetch lasts


class Briefly(Generic[K, V]):
    """A small cache whose entries live for seconds: stale data must not outlive an erasure."""

    def __init__(self, size: int, live_s: float) -> None:
        self._size = size
        self._live_s = live_s
        self._rows: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what is kept, if it is still fresh."""
        row = self._rows.get(key)
        return row[1] if row and row[0] > monotonic() else None

    def drop(self, key: K) -> None:
        """Forget one."""
        self._rows.pop(key, None)

    def put(self, key: K, value: V) -> None:
        """Keep, and forget the oldest when full."""
        self._rows[key] = (monotonic() + self._live_s, value)
        self._rows.move_to_end(key)
        while len(self._rows) > self._size:
            self._rows.popitem(last=False)


class Lately:
    """Which records this process committed lately, and whether since a moment: moments are counted.

    All fetches of a connection that can still commit are one process's, the lease sees to that.
    """

    def __init__(self) -> None:
        self._moment = 0
        self._rows: Briefly[Hashable, tuple[int, object]] = Briefly(COMMITS, COMMITS_LIVE_S)

    def now(self) -> int:
        """Return this moment."""
        self._moment += 1
        return self._moment

    def note(self, records: Iterable[Hashable], by: object) -> None:
        """Remember that these are being committed now."""
        for record in records:
            self._rows.put(record, (self.now(), by))

    def since(self, moment: int, records: Iterable[Hashable], by: object) -> bool:
        """Say whether anybody but `by` has committed one of these since a moment."""
        rows = (self._rows.get(record) for record in records)
        return any(row is not None and row[0] > moment and row[1] is not by for row in rows)


@dataclass(slots=True)
class Looks:
    """When a write whose answer was lost is looked for: it may be under way when its line breaks."""

    after_s: tuple[float, ...] = (0.0, 1.0, 3.0, 8.0)


@dataclass(frozen=True, slots=True)
class Context:
    """One worker process."""

    settings: Settings
    store: Store
    recruitee: RecruiteeClient
    sessions: Sessions
    slots: Slots
    stopping: asyncio.Event
    ladder: Ladder
    on_events: Callable[[], None]
    """Called after a commit that announced something: this process looks at once."""
    stages: Briefly[tuple[str, str], str | None] = field(
        default_factory=lambda: Briefly(10_000, STAGES_LIVE_S)
    )
    missing_jobs: Briefly[tuple[str, str], bool] = field(
        default_factory=lambda: Briefly(10_000, 600.0)
    )
    lately: Lately = field(default_factory=Lately)
    chores: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Connection -> when something of it is due by the clock, and when that was looked up, in ms."""
    bodies: Briefly[tuple[str, str], bytes] = field(
        default_factory=lambda: Briefly(BODIES, BODIES_LIVE_S)
    )
    known: Known = field(default_factory=Known)
    looks: Looks = field(default_factory=Looks)
    expected: Briefly[tuple[str, str], Cause] = field(
        default_factory=lambda: Briefly(10_000, EXPECTED_S)
    )
    """(connection, root) -> the action of ours that changes it: whoever commits that says so."""

    @property
    def subscribers(self) -> aiohttp.ClientSession:
        """The session of subscribers that have neither certificate nor proxy of their own."""
        return self.sessions.default


@contextlib.asynccontextmanager
async def open_context(
    settings: Settings, on_events: Callable[[], None] = lambda: None, pipe: Pipe | None = None
) -> AsyncIterator[Context]:
    """Open Redis and the HTTP sessions; close them in the end."""
    store = Store.open(settings, pipe)
    recruitee = open_session()
    proxy = settings.egress_proxy
    sessions = Sessions(settings.networks, proxy.get_secret_value() if proxy else None)
    try:
        yield Context(
            settings=settings,
            store=store,
            recruitee=RecruiteeClient(recruitee, settings.recruitee_base),
            sessions=sessions,
            slots=Slots(),
            stopping=asyncio.Event(),
            ladder=Ladder(store.pipe),
            on_events=on_events,
        )
    finally:
        await recruitee.close()
        await sessions.close()
        await store.close()
