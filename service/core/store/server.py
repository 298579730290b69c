"""What state the Redis server is in, each finding one sentence with its cure."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from service.core import times
from service.core.errors import StoreUnavailable
from service.core.settings import Settings
from service.core.store.memory import Rung, rung
from service.core.store.redis import Pipe

CLOCK_MS = 2000

Level = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """One thing that was looked at: a short name, how it is, and a sentence."""

    name: str
    level: Level
    text: str


def ok(name: str, text: str) -> Finding:
    """Return a good finding."""
    return Finding(name, "ok", text)


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


def version(facts: Mapping[str, str]) -> Finding:
    version = facts.get("valkey_version") or facts.get("redis_version", "0")
    if int(version.split(".")[0] or 0) >= 7:
        return ok("version", f"the server is version {version}")
    return Finding("version", "failed", f"Redis is version {version}; 7 or later is needed")


def role(facts: Mapping[str, str]) -> Finding:
    if facts.get("role") == "master":
        return ok("role", "Redis is a primary")
    return Finding("role", "failed", REPLICA)


def loading(facts: Mapping[str, str]) -> Finding:
    left = facts.get("loading_eta_seconds", "")
    return Finding("redis", "failed", LOADING + (f" (about {left} s are left)" if left else ""))


def persistence(facts: Mapping[str, str], fsync: str | None) -> Finding:
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


def disk(facts: Mapping[str, str]) -> Finding:
    if (
        facts.get("aof_last_write_status", "ok") == "ok"
        and facts.get("aof_last_bgrewrite_status", "ok") == "ok"
    ):
        return ok("disk", "the last writes to the append-only file worked")
    return Finding("disk", "failed", DISK)


async def eviction(pipe: Pipe, facts: Mapping[str, str]) -> Finding:
    policy = await config(pipe, "maxmemory-policy") or facts.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        return ok("eviction", "Redis evicts nothing")
    return Finding(
        "eviction", "failed",
        f"maxmemory-policy is {policy}, so Redis throws keys away when it is full; set it to noeviction",
    )  # fmt: skip


def memory(facts: Mapping[str, str]) -> Finding:
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


def replicas(facts: Mapping[str, str], settings: Settings) -> Finding:
    count = int(facts.get("connected_slaves", 0))
    if settings.durability == "local":
        return ok("replicas", f"{count} replicas; HIREWIRE_DURABILITY=local asks for none")
    if count >= 1:
        return ok("replicas", f"{count} replicas acknowledge before a webhook is answered 200")
    return Finding(
        "replicas", "failed",
        "HIREWIRE_DURABILITY=replica and no replica is connected: webhooks are answered 503; connect one",
    )  # fmt: skip


async def clock(pipe: Pipe) -> Finding:
    seconds, micros = await pipe.call("TIME")
    apart = times.now_ms() - (int(seconds) * 1000 + int(micros) // 1000)
    if abs(apart) <= CLOCK_MS:
        return ok("clock", f"this machine and Redis are {abs(apart)} ms apart")
    return Finding(
        "clock", "failed",
        f"this machine's clock is {apart / 1000:+.1f} s off Redis': signatures are mistimed; set up NTP",
    )  # fmt: skip


async def config(pipe: Pipe, name: str) -> str | None:
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
