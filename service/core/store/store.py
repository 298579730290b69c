"""The whole store, opened once per process and handed on."""

from dataclasses import dataclass
from typing import Self

from service.core.crypto import Vault
from service.core.errors import ConfigError
from service.core.settings import Settings
from service.core.store.connections import Connections
from service.core.store.dead_letters import DeadLetters
from service.core.store.deliveries import Deliveries
from service.core.store.drift import Drift
from service.core.store.inbox import Claims, Inbox
from service.core.store.log import Log
from service.core.store.records import Records
from service.core.store.redis import Pipe, connect
from service.core.store.replays import Replays
from service.core.store.subscribers import Subscribers


@dataclass(frozen=True, slots=True)
class Store:
    """Every noun that Redis holds, over one pipe."""

    pipe: Pipe
    vault: Vault
    connections: Connections
    inbox: Inbox
    claims: Claims
    records: Records
    log: Log
    subscribers: Subscribers
    deliveries: Deliveries
    dead_letters: DeadLetters
    replays: Replays
    drift: Drift

    @classmethod
    def open(cls, settings: Settings, pipe: Pipe | None = None) -> Self:
        """Build over `HIREWIRE_REDIS_URL` and `HIREWIRE_MASTER_KEY`; raises ConfigError without."""
        if settings.redis_url is None:
            raise ConfigError(
                "HIREWIRE_REDIS_URL is not set; `hirewire up` brings a Redis of its own"
            )
        if settings.master_key is None:
            raise ConfigError("HIREWIRE_MASTER_KEY is not set; `hirewire up` makes one")
        pipe = pipe or Pipe(connect(settings.redis_url.get_secret_value()))
        vault = Vault.of(settings.master_key.get_secret_value())
        kept = settings.retention_s
        return cls(
            pipe=pipe,
            vault=vault,
            connections=Connections(pipe, vault),
            inbox=Inbox(pipe),
            claims=Claims(pipe),
            records=Records(pipe, kept),
            log=Log(pipe),
            subscribers=Subscribers(pipe, vault),
            deliveries=Deliveries(pipe, kept),
            dead_letters=DeadLetters(pipe, vault, kept),
            replays=Replays(pipe, kept),
            drift=Drift(pipe),
        )

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self.pipe.close()
