"""What state Redis and our own work are in, each finding one sentence with its cure."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Literal, NamedTuple

from service.core import times
from service.core.errors import ConfigError, SecretUnreadable, StoreUnavailable
from service.core.logs import logger
from service.core.settings import Settings
from service.core.store import keys
from service.core.store.connections import UNAUTHORIZED
from service.core.store.memory import Rung, info, rung
from service.core.store.redis import Pipe, connect
from service.core.store.store import Store

WITHIN_S = 3.0
CLOCK_MS = 2000
LATE_MS = 60_000
BEAT_MS = 30_000
BEAT_LIVES_MS = 60_000
log = logger("store")

Level = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """One thing that was looked at: a short name, how it is, and a sentence."""

    name: str
    level: Level
    text: str


def ok(name: str, text: str) -> Finding:
    """Return a good finding."""
    return Finding(name, "ok", text)


async def examine(store: Store, settings: Settings) -> list[Finding]:
    """Look at everything; a Redis that does not answer is the only finding then."""
    try:
        async with asyncio.timeout(WITHIN_S):
            facts = await info(store.pipe, "everything")
            if facts.get("loading") == "1":
                return [_loading(facts)]
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
        kept = await _config(pipe, "appendonly") in (None, "yes")
        facts = {**facts, "aof_enabled": str(int(kept))}
    found = [await _eviction(pipe, facts), _persistence(facts, await _config(pipe, "appendfsync"))]
    return [f.text for f in found if f.level == "failed"]


async def _all(
    store: Store, settings: Settings, facts: Mapping[str, str]
) -> AsyncIterator[Finding]:
    pipe = store.pipe
    yield _version(facts)
    yield _role(facts)
    yield _persistence(facts, await _config(pipe, "appendfsync"))
    yield _disk(facts)
    yield await _eviction(pipe, facts)
    yield _memory(facts)
    yield _replicas(facts, settings)
    yield await _clock(pipe)
    yield await _keys(store)
    yield await _worker(pipe)
    for which, words in (("in", "webhooks"), ("out", "deliveries")):
        yield await _lag(pipe, which, words)
    yield await _dead(pipe)
    yield await _connections(store)


LOADING = "Redis is loading its data; it will answer when it has, usually within minutes"
REPLICA = "Redis is a read-only replica; point HIREWIRE_REDIS_URL at the primary"
DISK = "Redis cannot write its append-only file; free disk space, then it goes on by itself"


def silent(within_s: float) -> str:
    """Return what to do about a Redis that says nothing at all."""
    return f"Redis did not answer within {within_s:g} s; see that it runs and is not overloaded"


def cure_of(said: str) -> str:
    """Return what to do about a Redis that does not serve, from what StoreUnavailable says."""
    cures: Mapping[str, str] = {
        "BusyLoadingError": LOADING,
        "ReadOnlyError": REPLICA,
        "MasterDownError": REPLICA,
        "MISCONF": DISK,
        "Authentication": "Redis refuses the password; correct HIREWIRE_REDIS_URL",
        "NoPermissionError": "Redis refuses a command to this user; give it all rights (ACL SETUSER)",
        "OutOfMemoryError": "Redis is full; raise maxmemory, or let subscribers catch up",
    }
    for word, cure in cures.items():
        if word in said:
            return cure
    return (
        f"Redis cannot be reached ({said}); see that it runs and that HIREWIRE_REDIS_URL is right"
    )


def _version(facts: Mapping[str, str]) -> Finding:
    version = facts.get("valkey_version") or facts.get("redis_version", "0")
    if int(version.split(".")[0] or 0) >= 7:
        return ok("version", f"the server is version {version}")
    return Finding("version", "failed", f"Redis is version {version}; 7 or later is needed")


def _role(facts: Mapping[str, str]) -> Finding:
    if facts.get("role") == "master":
        return ok("role", "Redis is a primary")
    return Finding("role", "failed", REPLICA)


def _loading(facts: Mapping[str, str]) -> Finding:
    left = facts.get("loading_eta_seconds", "")
    return Finding("redis", "failed", LOADING + (f" (about {left} s are left)" if left else ""))


def _persistence(facts: Mapping[str, str], fsync: str | None) -> Finding:
    if facts.get("aof_enabled") != "1":
        return Finding(
            "persistence", "failed",
            "Redis keeps nothing on disk, so a restart loses webhooks that were answered 200; "
            "set `appendonly yes` and `appendfsync always`",
        )  # fmt: skip
    if fsync in (None, "always"):
        return ok("persistence", f"append-only file, appendfsync {fsync or 'unknown'}")
    return Finding(
        "persistence", "warning",
        f"appendfsync is {fsync}: a crash of the machine can lose the last second; set it to always",
    )  # fmt: skip


def _disk(facts: Mapping[str, str]) -> Finding:
    if (
        facts.get("aof_last_write_status", "ok") == "ok"
        and facts.get("aof_last_bgrewrite_status", "ok") == "ok"
    ):
        return ok("disk", "the last writes to the append-only file worked")
    return Finding("disk", "failed", DISK)


async def _eviction(pipe: Pipe, facts: Mapping[str, str]) -> Finding:
    policy = await _config(pipe, "maxmemory-policy") or facts.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        return ok("eviction", "Redis evicts nothing")
    return Finding(
        "eviction", "failed",
        f"maxmemory-policy is {policy}, so Redis throws keys away when it is full; set it to noeviction",
    )  # fmt: skip


def _memory(facts: Mapping[str, str]) -> Finding:
    used, most = int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0))
    if most == 0:
        return Finding(
            "memory",
            "warning",
            f"{used >> 20} MiB used and no maxmemory set: a full machine would kill Redis; set maxmemory",
        )
    share, step = 100 * used // most, rung(used, most)
    said = f"{share} % of maxmemory used ({used >> 20} of {most >> 20} MiB)"
    what: Mapping[Rung, str] = {
        Rung.READING_WAITS: "baselines, sync and replays wait",
        Rung.BODIES_GO_EARLY: "event bodies that all subscribers have are dropped early",
        Rung.INGRESS_REFUSES: "webhooks are answered 503 until there is room",
        Rung.ONLY_DELIVERY: "only deliveries go on",
    }
    if step is Rung.EASY:
        return ok("memory", said)
    level: Level = "failed" if step >= Rung.INGRESS_REFUSES else "warning"
    return Finding(
        "memory",
        level,
        f"{said}: {what[step]}; raise maxmemory or shorten HIREWIRE_EVENT_RETENTION_DAYS",
    )


def _replicas(facts: Mapping[str, str], settings: Settings) -> Finding:
    count = int(facts.get("connected_slaves", 0))
    if settings.durability == "local":
        return ok("replicas", f"{count} replicas; HIREWIRE_DURABILITY=local asks for none")
    if count >= 1:
        return ok("replicas", f"{count} replicas acknowledge before a webhook is answered 200")
    return Finding(
        "replicas", "failed",
        "HIREWIRE_DURABILITY=replica and no replica is connected: webhooks are answered 503; connect one",
    )  # fmt: skip


async def _clock(pipe: Pipe) -> Finding:
    seconds, micros = await pipe.call("TIME")
    apart = times.now_ms() - (int(seconds) * 1000 + int(micros) // 1000)
    if abs(apart) <= CLOCK_MS:
        return ok("clock", f"this machine and Redis are {abs(apart)} ms apart")
    return Finding(
        "clock", "failed",
        f"this machine's clock is {apart / 1000:+.1f} s off Redis': signatures are mistimed; set up NTP",
    )  # fmt: skip


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


async def _config(pipe: Pipe, name: str) -> str | None:
    # Managed servers may forbid CONFIG: what cannot be asked is unknown, not wrong.
    try:
        answer = await pipe.call("CONFIG", "GET", name)
    except StoreUnavailable:
        return None
    if isinstance(answer, dict):
        pairs = {_text(k): _text(v) for k, v in answer.items()}
    else:
        flat = [_text(part) for part in answer]
        pairs = dict(zip(flat[::2], flat[1::2], strict=False))
    return pairs.get(name)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
