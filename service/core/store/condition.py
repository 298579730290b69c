"""What state Redis and our own work are in, each finding one sentence with its cure."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from service.core import times
from service.core.errors import ConfigError, SecretUnreadable, StoreUnavailable
from service.core.logs import logger
from service.core.settings import Settings
from service.core.store import keys, server
from service.core.store.connections import UNAUTHORIZED
from service.core.store.memory import info
from service.core.store.redis import Pipe, connect
from service.core.store.server import Finding, cure_of, ok, silent
from service.core.store.store import Store

WITHIN_S = 3.0
LATE_MS = 60_000
BEAT_MS = 30_000
BEAT_LIVES_MS = 60_000
log = logger("store")

__all__ = ["Finding", "cure_of", "examine", "ok", "refuse_unsafe", "silent", "unsafe"]


async def examine(store: Store, settings: Settings) -> list[Finding]:
    """Look at everything; a Redis that does not answer is the only finding then."""
    try:
        async with asyncio.timeout(WITHIN_S):
            facts = await info(store.pipe, "everything")
            if facts.get("loading") == "1":
                return [server.loading(facts)]
            return [finding async for finding in _all(store, settings, facts)]
    except TimeoutError:
        return [Finding("redis", "failed", silent(WITHIN_S))]
    except StoreUnavailable as error:
        return [Finding("redis", "failed", cure_of(str(error)))]


async def refuse_unsafe(settings: Settings) -> None:
    """Raise ConfigError if Redis may lose what was acknowledged and nobody said that this is fine.

    A Redis that does not answer yet is no reason not to start: it is waited for.
    """
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    pipe = Pipe(connect(url, tries=1, name="hirewire-start"))
    try:
        found = await unsafe(pipe)
    except StoreUnavailable:
        return
    finally:
        await pipe.close()
    if found and not settings.unsafe_redis:
        raise ConfigError(f"{'; '.join(found)} (or accept it with HIREWIRE_UNSAFE_REDIS=true)")
    for text in found:
        log.warning("store.unsafe", reason=text)


async def unsafe(pipe: Pipe) -> list[str]:
    """Say what of Redis' configuration can lose what was acknowledged; empty when it is safe."""
    facts = await info(pipe, "everything")
    if facts.get("loading") == "1":
        # Until it has read its append-only file it says that it has none; what it was told decides.
        kept = await server.config(pipe, "appendonly") in (None, "yes")
        facts = {**facts, "aof_enabled": str(int(kept))}
    found = [
        await server.eviction(pipe, facts),
        server.persistence(facts, await server.config(pipe, "appendfsync")),
    ]
    return [f.text for f in found if f.level == "failed"]


async def _all(
    store: Store, settings: Settings, facts: Mapping[str, str]
) -> AsyncIterator[Finding]:
    pipe = store.pipe
    yield server.version(facts)
    yield server.role(facts)
    yield server.persistence(facts, await server.config(pipe, "appendfsync"))
    yield server.disk(facts)
    yield await server.eviction(pipe, facts)
    yield server.memory(facts)
    yield server.replicas(facts, settings)
    yield await server.clock(pipe)
    yield await _keys(store)
    yield await _worker(pipe)
    for which, words in (("in", "webhooks"), ("out", "deliveries")):
        yield await _lag(pipe, which, words)
    yield await _dead(pipe)
    yield await _connections(store)
    yield await _drift(store)


async def _keys(store: Store) -> Finding:
    try:
        await store.connections.all()
        await store.subscribers.all()
    except SecretUnreadable as error:
        return Finding("keys", "failed", str(error))
    return ok("keys", "every stored secret opens under HIREWIRE_MASTER_KEY")


async def _worker(pipe: Pipe) -> Finding:
    # By what is left of its lifetime: this machine's clock may be off.
    left = int(await pipe.call("PTTL", "beat"))
    if left > BEAT_LIVES_MS - BEAT_MS:
        return ok("worker", f"a worker swept {(BEAT_LIVES_MS - left) // 1000} s ago")
    return Finding(
        "worker",
        "failed",
        "no worker beats: nothing is refetched or delivered; start `hirewire work`",
    )


async def _lag(pipe: Pipe, which: str, words: str) -> Finding:
    oldest = await pipe.call("ZRANGE", f"ready:{which}", 0, 0, "WITHSCORES")
    pairs = [part for row in oldest for part in (row if isinstance(row, list | tuple) else [row])]
    late = times.now_ms() - int(float(pairs[1])) if len(pairs) > 1 else 0
    if late < LATE_MS:
        return ok(f"lag.{which}", f"no {words} are late")
    return Finding(
        f"lag.{which}",
        "warning",
        f"{words} have waited for {late // 1000} s; start more `hirewire work`",
    )


async def _dead(pipe: Pipe) -> Finding:
    count = int(await pipe.call("ZCARD", "dead"))
    if count == 0:
        return ok("dead_letters", "no dead letters")
    return Finding(
        "dead_letters", "warning", f"{count} dead letters wait; see `hirewire dead-letters list`"
    )


async def _connections(store: Store) -> Finding:
    # The plain field, so that a secret that does not open hides nothing else.
    names = await store.connections.ids()
    asked = [store.pipe.call("HGET", keys.connection(c), "status") for c in names]
    found = zip(names, await asyncio.gather(*asked), strict=True)
    stopped = [c for c, status in found if status == UNAUTHORIZED.encode()]
    if not stopped:
        return ok("connections", "every connection's token was accepted when it was last used")
    return Finding(
        "connections", "failed",
        f"Recruitee refuses the token of {', '.join(stopped)}; set one by `hirewire connections update`",
    )  # fmt: skip


async def _drift(store: Store) -> Finding:
    names = await store.connections.ids()
    found = await asyncio.gather(*map(store.drift.report, names))
    reports = list(zip(names, found, strict=True))
    differing = [(c, report) for c, report in reports if report.differences]
    wrong = [(c, report.wrong()) for c, report in differing if report.wrong()]
    if doubted := [f"{d.root} of {c}: {d.why}" for c, r in reports for d in r.doubts]:
        return Finding(
            "drift", "warning",
            f"{len(doubted)} lists of Recruitee did not show all that we have, and nothing was removed for "
            f"it ({doubted[0]}); see `hirewire connections check`",
        )  # fmt: skip
    if not wrong:
        new = sum(len(report.differences) for _, report in differing)
        besides = f", but for {new} keys that are new to us" if new else ""
        return ok("drift", f"Recruitee answers as we expect{besides}")
    (c, first), count = wrong[0], sum(len(found) for _, found in wrong)
    return Finding(
        "drift", "warning",
        f"Recruitee's answers lack or retype {count} keys that we read, {first[0].path} of "
        f"{first[0].endpoint} for one; what we had is kept; see `hirewire connections check {c}`",
    )  # fmt: skip
