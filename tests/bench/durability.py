"""What it costs to have a webhook on the disk before its 200: each `appendfsync` against the others."""

from dataclasses import dataclass, field
from statistics import median

from service.core.store.connections import Connection
from tests.bench import machine, world
from tests.bench.bench import Bench, settle
from tests.bench.children import Child, running
from tests.bench.ingress import PEERS
from tests.bench.load import drive
from tests.bench.report import Figure, Group, Row, about

POLICIES = ("always", "everysec", "no")  # `no`: written, and put on the disk when the system likes
ROUNDS = 12  # in each repeat: the disk is everybody's, so short turns side by side compare best
WARM, CROWD, ALONE = 100, 1000, 100  # requests of a turn: uncounted, from all clients, from one
SERVE = ("serve", "--host", "127.0.0.1", "--port", "{port}")


class _Stalled(Exception):
    """The disk stood still for so long that the receiver answered 503, as it is to."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one policy came to in one round."""

    rate: float
    cpu_us: float
    server_us: float  # of the server's processor, per request
    alone_ms: float  # until the 200, of one client


@dataclass(slots=True)
class _Turns:
    """What one policy came to, round by round."""

    row: Row
    server_us: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)

    def add(self, turn: _Turn) -> None:
        """Note a round's."""
        self.row.rates.append(turn.rate)
        self.row.cpu_us.append(turn.cpu_us)
        self.server_us.append(turn.server_us)
        self.alone_ms.append(turn.alone_ms)


async def measure(bench: Bench) -> Group:
    """Measure the receiver under each policy in turn, with one process and one Redis."""
    await bench.empty()
    connections = await world.connect(bench.store, 50)
    turns = {name: _Turns(Row(f"appendfsync {name}", [])) for name in POLICIES}
    redis = bench.store.pipe.redis
    await redis.config_set("auto-aof-rewrite-percentage", 0)  # a rewrite would fall on one of them
    with running("service.cli", *SERVE, env=bench.env, core=bench.core, listens=True) as web:
        await settle()
        try:
            stalled = await _rounds(bench, web, connections, turns)
        finally:
            await redis.config_set("appendfsync", "always")
            await redis.config_set("auto-aof-rewrite-percentage", 100)
    unit = f"requests/s, {PEERS} clients"
    lines = [f"left out: {stalled} rounds in which the disk stood still"] if stalled else []
    rows = [turn.row for turn in turns.values()]
    return Group("accepting on the disk", unit, rows, None, lines, _figures(turns))


async def _rounds(
    bench: Bench, web: Child, connections: list[Connection], turns: dict[str, _Turns]
) -> int:
    """Give every policy its turn, round by round; return how many rounds the disk spoilt."""
    stalled, rounds = 0, ROUNDS * bench.repeats
    server = int((await bench.store.pipe.redis.info("server"))["process_id"])
    for number in range(rounds):
        try:
            found = await _round(bench, web, server, connections, number)
        except _Stalled:
            stalled += 1
            await settle(2)
            continue
        for name, turn in found.items():
            turns[name].add(turn)
    if stalled > rounds // 4:
        raise RuntimeError(f"the disk stood still in {stalled} of {rounds} rounds")
    return stalled


async def _round(
    bench: Bench, web: Child, server: int, connections: list[Connection], number: int
) -> dict[str, _Turn]:
    size = WARM + CROWD + ALONE
    first = number % len(POLICIES)
    order = POLICIES[first:] + POLICIES[:first]  # nobody comes always after the same one
    found = {}
    for place, name in enumerate(order if number % 2 else reversed(order)):
        await bench.store.pipe.redis.config_set("appendfsync", name)
        at = (number * len(POLICIES) + place) * size
        found[name] = await _turn(web, server, world.requests(connections, size, 1, at))
    return found


async def _turn(web: Child, server: int, made: list[bytes]) -> _Turn:
    """Let the disk take what the turn before left, then measure with all clients, then with one."""
    await _answered(web, made[:WARM], PEERS)
    before, theirs = machine.cpu_s(web.pid), machine.cpu_s(server)
    rate, _ = await _answered(web, made[WARM:-ALONE], PEERS)
    cpu_us, server_us = (
        (machine.cpu_s(pid) - was) / CROWD * 1e6
        for pid, was in ((web.pid, before), (server, theirs))
    )
    return _Turn(rate, cpu_us, server_us, (await _answered(web, made[-ALONE:], 1))[1])


async def _answered(web: Child, requests: list[bytes], peers: int) -> tuple[float, float]:
    """Return the requests/s, and the median of the milliseconds until the 200."""
    load = await drive(web.port, requests, peers)
    if load.statuses[b"503"]:
        raise _Stalled
    if load.statuses[b"200"] != len(requests):
        raise RuntimeError(f"not every request was answered with 200: {dict(load.statuses)}")
    return load.rate, load.ms(0.5)


def _figures(turns: dict[str, _Turns]) -> list[Figure]:
    always, everysec, none = (turns[name] for name in POLICIES)
    return [
        _times("requests/s, always over everysec", always.row.rates, everysec.row.rates),
        _times("requests/s, everysec over no", everysec.row.rates, none.row.rates),
        _times("one client's time until the 200, always over everysec", always.alone_ms, everysec.alone_ms),
        _times("one client's time until the 200, everysec over no", everysec.alone_ms, none.alone_ms),
        _times("Redis' processor per request, always over everysec", always.server_us, everysec.server_us),
        *(_alone(name, found) for name, found in turns.items()),
    ]  # fmt: skip


def _times(what: str, ours: list[float], other: list[float]) -> Figure:
    """Return the median of the ratios round by round: what slowed a round slowed both."""
    ratios = [a / b for a, b in zip(ours, other, strict=True)]
    return Figure(what, median(ratios), note=about(ratios))


def _alone(name: str, turns: _Turns) -> Figure:
    return Figure(
        f"one client's time until the 200, {name}",
        median(turns.alone_ms), "ms", note=about(turns.alone_ms),
    )  # fmt: skip
