"""Whose hook is whose, and the secrets that sign for it: looked up once, then kept for seconds."""

from collections import OrderedDict
from time import monotonic
from typing import NamedTuple

from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.memory import Ladder
from service.core.store.redis import Pipe
from service.core.store.store import Store

FRESH_S = 2.0
KEPT = 10_000


class Hook(NamedTuple):
    """One hook as the receiver needs it; no connection: nobody's."""

    connection_id: str | None
    secrets: tuple[str, ...]
    read_at: float


class Hooks:
    """The receiver's view of connections."""

    def __init__(self, settings: Settings, pipe: Pipe) -> None:
        self.store = Store.open(settings, pipe)
        self.ladder = Ladder(pipe)
        self._durability = settings.durability
        self._kept: OrderedDict[str, Hook] = OrderedDict()

    async def get(self, hook_id: str) -> Hook:
        """Return a hook, at most two seconds old; raises StoreUnavailable."""
        return await self._at_most(hook_id, FRESH_S)

    async def again(self, hook_id: str) -> Hook:
        """Return a hook as it is now, because what was kept did not fit."""
        return await self._at_most(hook_id, 0.0)

    async def safe(self) -> bool:
        """Say whether what was just written is as durable as `HIREWIRE_DURABILITY` asks."""
        return self._durability == "local" or await self.store.inbox.replicated()

    async def _at_most(self, hook_id: str, age_s: float) -> Hook:
        kept = self._kept.get(hook_id)
        if kept is not None and monotonic() - kept.read_at < age_s:
            return kept
        hook = _hook(await self.store.connections.by_hook(hook_id))
        self._kept[hook_id] = hook
        self._kept.move_to_end(hook_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return hook


def _hook(connection: Connection | None) -> Hook:
    if connection is None:
        return Hook(None, (), monotonic())
    secrets = tuple(secret.get_secret_value() for secret in connection.secrets)
    return Hook(connection.id, secrets, monotonic())
