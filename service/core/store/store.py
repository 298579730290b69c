"""The whole store, opened once per process and handed on."""

from dataclasses import dataclass
from typing import Self

from service.core.crypto import Vault
from service.core.errors import ConfigError
from service.core.settings import Settings
from service.core.store.actions import Actions
from service.core.store.api_keys import ApiKeys
from service.core.store.audit import Audit
from service.core.store.connections import Connections
from service.core.store.dead_letters import DeadLetters
from service.core.store.deliveries import Deliveries
from service.core.store.drift import Drift
from service.core.store.erasures import Erasures
from service.core.store.feed import Feed
from service.core.store.inbox import Claims, Inbox
from service.core.store.lines import Lines
from service.core.store.links import Links
from service.core.store.log import Log
from service.core.store.made import Made
from service.core.store.mcp_tokens import McpTokens
from service.core.store.reconciliations import Reconciliations
from service.core.store.records import Records
from service.core.store.redis import Pipe, connect
from service.core.store.replays import Replays
from service.core.store.subscribers import Subscribers
from service.core.store.suppression import Suppression
from service.core.store.watching import Watching


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
    lines: Lines
    dead_letters: DeadLetters
    replays: Replays
    drift: Drift
    api_keys: ApiKeys
    audit: Audit
    links: Links
    feed: Feed
    watching: Watching
    reconciliations: Reconciliations
    suppression: Suppression
    erasures: Erasures
    actions: Actions
    made: Made
    mcp_tokens: McpTokens

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
        suppression = Suppression(pipe, vault)
        return cls(
            pipe=pipe,
            vault=vault,
            connections=Connections(pipe, vault),
            inbox=Inbox(pipe, suppression),
            claims=Claims(pipe),
            records=Records(pipe, kept, suppression),
            log=Log(pipe),
            subscribers=Subscribers(pipe, vault),
            deliveries=Deliveries(pipe, kept),
            lines=Lines(pipe, kept),
            dead_letters=DeadLetters(pipe, vault, kept),
            replays=Replays(pipe, kept),
            drift=Drift(pipe),
            api_keys=ApiKeys(pipe),
            audit=Audit(pipe),
            links=Links(pipe),
            feed=Feed(pipe, kept),
            watching=Watching(pipe),
            reconciliations=Reconciliations(pipe),
            suppression=suppression,
            erasures=Erasures(pipe, kept, suppression),
            actions=Actions(pipe, vault, suppression),
            made=Made(pipe),
            mcp_tokens=McpTokens(pipe),
        )

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self.pipe.close()
