"""Completeness: requests for each change by who finds it; what a reconcile and a quiet hour cost."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from service.core import times
from service.core.recruitee.intervals import AUDIT_S, EDITED, NOT_SERVED_S, sweeps
from service.core.store.connections import ACTIVE, Connection
from service.core.store.reconciliations import Reconciliation
from service.core.store.runs import Run
from service.core.store.store import Store
from service.core.unified.models.activity import NAME as ENTRY
from tests.bench import machine
from tests.bench.bench import Bench
from tests.bench.children import environment, running
from tests.bench.report import Figure, Group
from tests.serving import eventually
from workers.audit import audit
from workers.context import open_context

TOKEN, SECRET = "bench-token", "bench-secret"
PEOPLE = 2000
CHANGES = 100
FEED = "activity feed"
RATE = 4.0  # requests a second, as it is by default
SIZES, LARGE = (1000, 100_000), (1_000_000,)
WITHIN_S = 1800.0
AGAIN_S = 1.0
FRESH_S = 2.5  # what moved within two seconds of the latest is looked at again: not what we measure
DAY_MS = 86_400_000


@dataclass
class Company:
    """A company at a sandbox of its own, read by its lists, with nothing due at our worker."""

    bench: Bench
    far: httpx.AsyncClient
    recruitee: httpx.AsyncClient
    connection: Connection
    pid: int  # the worker's
    hook: str
    read_s: float = 0.0  # how long the first read took

    @property
    def c(self) -> str:
        """The connection's id."""
        return self.connection.id

    @property
    def store(self) -> Store:
        """Where it is kept."""
        return self.bench.store

    async def state(self) -> Mapping[str, Any]:
        """Return the sandbox' counters of requests."""
        found: Mapping[str, Any] = (await self.far.get("/sandbox/state")).json()["requests"]
        return found

    async def asked(self) -> int:
        """Return how many requests Recruitee got so far."""
        return int((await self.state())["total"])

    async def people(self, count: int) -> list[dict[str, Any]]:
        """Return some candidates that nobody has edited yet."""
        answer = await self.recruitee.get("/candidates", params={"limit": count})
        rows: list[dict[str, Any]] = answer.json()["candidates"]
        return rows

    async def edit(self, count: int, what: str) -> None:
        """Give so many candidates another title, of which nobody but search and lists tells."""
        for row in await self.people(count):
            given = {"candidate": {"title": what}}
            (await self.recruitee.patch(f"/candidates/{row['id']}", json=given)).raise_for_status()

    async def tag(self, count: int, what: str) -> None:
        """Put a tag on so many candidates, of which the feed tells."""
        for row in await self.people(count):
            path, given = f"/candidates/{row['id']}/tags", {"tags": [what]}
            (await self.recruitee.post(path, json=given)).raise_for_status()

    async def told(self) -> int:
        """Return how many changes the log has; the feed's own entries are none."""
        entries, count, after = None, 0, "0-0"
        while entries is None or entries:
            entries = await self.store.log.oldest(self.c, after, 1000)
            count += sum(not entry.type.startswith(f"{ENTRY}.") for entry in entries)
            after = entries[-1].position if entries else after
        return count

    async def put_off(self, *names: str) -> None:
        """Let looks by the clock not come before tomorrow."""
        late = times.now_ms() + DAY_MS
        await self.store.watching.note(self.c, **{f"due:{name}": late for name in names})

    async def look(self, name: str) -> None:
        """Let one look be due, and wait until it was made and all that it found was looked at."""
        before = times.now_ms()
        await self.store.watching.note(self.c, **{f"due:{name}": 0})
        await self._until(lambda: self._made(name, before))
        await self.put_off(name)
        await self.quiet()

    async def reconcile(self) -> Reconciliation:
        """Make one, and wait until what differed was looked at."""
        begun = await self.store.reconciliations.begin(self.c)
        assert begun is not None

        async def over() -> Reconciliation | None:
            one = await self.store.reconciliations.get(self.c, begun.id)
            return one if one and one.status != "running" else None

        one: Reconciliation = await self._until(over)
        assert one.status == "done", one.reason
        await self.quiet()
        return one

    async def quiet(self) -> None:
        """Wait until nothing waits in the inbox."""
        await eventually(self._empty, WITHIN_S)

    async def _until(self, fact: Callable[[], Awaitable[Any]]) -> Any:
        """Have the worker look up what is due until a fact holds: one that is at work hears it later."""
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            await self.store.connections.wake(self.c, ACTIVE, asked=times.now_ms())
            with contextlib.suppress(AssertionError):
                return await eventually(fact, AGAIN_S)
        raise TimeoutError("the worker does not do what is due")

    async def _made(self, name: str, before: int) -> bool:
        return int((await self.store.watching.get(self.c))[f"due:{name}"]) > before

    async def _empty(self) -> bool:
        return await self.store.inbox.depth(self.c) == (0, 0)


async def announced(bench: Bench) -> Group:
    """Have each detector find changes, many at once and one by itself."""
    figures, people = [], bench.count(PEOPLE)
    async with _company(bench, people) as company:
        for name in ("webhook", FEED, "sweep", "reconcile"):
            for count in (CHANGES, 1):
                found = await _found(company, name, count)
                at_once = f"{count} at once" if count > 1 else "one by itself"
                what = f"{name}, {at_once}: requests for each change"
                figures.append(Figure(what, found.asked / found.told, "", None, found.said(people)))
    return Group("changes found", "requests to Recruitee", [], None, [], figures)


@dataclass(frozen=True, slots=True)
class Cost:
    """What finding some changes took."""

    told: int
    asked: int
    quiet: int = 0  # what the same look asks for when there is nothing to find
    after: int = 0  # what the look after it asked for more: the latest second is looked at again

    def said(self, people: int) -> str:
        """Return it in words."""
        text = f"{self.told} changes, {self.asked} requests, {self.quiet} when there is nothing"
        again = f", {self.after} more at the look after" if self.after else ""
        return f"{text}{again}; {people:,} candidates"


async def tiers(bench: Bench) -> Group:
    """Reconcile companies of some sizes."""
    return await _tiers(bench, [bench.count(size) for size in SIZES])


async def large_tiers(bench: Bench) -> Group:
    """The same with a million candidates: minutes, and gigabytes of Redis."""
    return await _tiers(bench, LARGE)


async def quiet(bench: Bench) -> Group:
    """Add up an hour in which nothing happens: one look of each kind, times how often it is made."""
    figures, lines = [], []
    async with _company(bench, bench.count(PEOPLE)) as company:
        for fed in (True, False):
            if not fed:
                knobs = {"forbidden": ["/tracking/activities"]}
                (await company.far.patch("/sandbox/knobs", json=knobs)).raise_for_status()
                await company.look("poll")
            hourly = await _hourly(company, fed=fed)
            what = "requests an hour" if fed else "requests an hour where no feed is served"
            share = 100 * sum(hourly.values()) / (RATE * 3600)
            figures.append(
                Figure(what, sum(hourly.values()), "", None, f"{share:.1f} % of the rate")
            )
            most = sorted(hourly.items(), key=lambda row: -row[1])[:6]
            lines.append(f"{what}: " + ", ".join(f"{name} {n:.1f}" for name, n in most))
    return Group(
        "quiet connection", f"{bench.count(PEOPLE):,} candidates", [], None, lines, figures
    )


@contextlib.asynccontextmanager
async def _company(bench: Bench, people: int, *, web: bool = True) -> AsyncIterator[Company]:
    await bench.empty()
    sandbox = ("service.sandbox", "--port", "{port}", "--size", str(people), "--token", TOKEN)
    with contextlib.ExitStack() as stack:
        far = stack.enter_context(running(*sandbox, env=bench.env, core=bench.core, listens=True))
        base = f"http://127.0.0.1:{far.port}"
        settings = bench.settings.model_copy(update={"recruitee_url": base})
        env = environment(settings) | {"HIREWIRE_RECRUITEE_URL": base}
        made = await bench.store.connections.create("5600", TOKEN, SECRET, "Example")
        await bench.store.connections.note(made.id, sync='{"deep": false}')
        hook = ""
        if web:
            serve = ("service.cli", "serve", "--port", "{port}")
            ours = stack.enter_context(running(*serve, env=env, core=bench.core, listens=True))
            hook = f"http://127.0.0.1:{ours.port}/webhooks/recruitee/{made.hook}"
        began = times.now_ms()
        child = stack.enter_context(running("workers", env=env, core=bench.core))
        auth, patient = {"authorization": f"Bearer {TOKEN}"}, httpx.Timeout(60)
        async with (
            httpx.AsyncClient(base_url=base, timeout=patient) as knobs,
            httpx.AsyncClient(
                base_url=f"{base}/c/5600", headers=auth, timeout=patient
            ) as recruitee,
        ):
            company = Company(bench, knobs, recruitee, made, child.pid, hook)
            await eventually(lambda: _read(company), WITHIN_S)
            company.read_s = (times.now_ms() - began) / 1000
            await company.put_off("poll", "audit", "reconcile", *sweeps(fed=True))
            # The first look of each begins where it stands; what it costs is no change's.
            for name in ("poll", EDITED):
                await company.look(name)
            yield company


async def _read(company: Company) -> bool:
    connection = await company.store.connections.get(company.c)
    over = connection is not None and bool(Run.of(connection).done)
    return over and connection is not None and connection.status == ACTIVE


async def _found(company: Company, name: str, count: int) -> Cost:
    """Make changes and let one detector find them."""
    if name == "webhook":
        return await _moved(company, count)
    quiet, told = await _settled(company, name), await company.told()
    await asyncio.sleep(FRESH_S)
    edit = company.tag if name == FEED else company.edit
    await edit(count, f"{name} {count} {told}")
    asked = await _look(company, name)
    found = await company.told() - told
    return Cost(found, asked, quiet, await _look(company, name) - quiet)


async def _look(company: Company, name: str) -> int:
    """Let a detector look; returns its requests."""
    asked = await company.asked()
    if name == "reconcile":
        await company.reconcile()
    else:
        await company.look({FEED: "poll", "sweep": EDITED}.get(name, name))
    return await company.asked() - asked


async def _settled(company: Company, name: str) -> int:
    """Look until nothing is new, nor within the latest second; returns what a quiet look asks for."""
    for _ in range(2):
        await _look(company, name)
    return await _look(company, name)


async def _moved(company: Company, count: int) -> Cost:
    """Move candidates, since of that a webhook tells; the moves are no requests of ours."""
    people = [row for row in await company.people(10 * count) if row["placements"]][:count]
    answer = await company.far.post(
        "/sandbox/webhooks", json={"url": company.hook, "secret": SECRET}
    )
    answer.raise_for_status()
    told, asked, moves = await company.told(), await company.asked(), 0
    for row in people:
        placement = row["placements"][0]
        offer = (await company.recruitee.get(f"/offers/{placement['offer_id']}")).json()["offer"]
        stages = [one["id"] for one in offer["pipeline_template"]["stages"]]
        after = next(one for one in stages if one != placement["stage_id"])
        path = f"/placements/{placement['id']}/change_stage"
        moved = await company.recruitee.patch(path, json={"stage_id": after})
        moved.raise_for_status()
        moves += 2
    enough = len(people)

    async def heard() -> bool:
        return await company.told() - told >= enough

    await eventually(heard, WITHIN_S)
    await company.quiet()
    spent = await company.asked() - asked - moves
    await company.far.delete(f"/sandbox/webhooks/{answer.json()['id']}")
    await company.look("poll")
    return Cost(enough, spent)


async def _tiers(bench: Bench, sizes: Any) -> Group:
    figures, lines = [], []
    for size in sizes:
        bench.say(f"reconciling {size:,} candidates ...")
        async with _company(bench, size, web=False) as company:
            for _ in range(2):  # the first has no mark to go down to yet
                await company.reconcile()
            figures += await _costs(company, size)
            used = int((await bench.store.pipe.redis.info("memory"))["used_memory"]) / 2**20
            lines.append(
                f"{size:,} candidates: first read by lists {company.read_s:.0f} s,"
                f" Redis holds {used:,.0f} MiB"
            )
    return Group("tiers of a reconcile", "nothing else to do", [], None, lines, figures)


async def _costs(company: Company, size: int) -> list[Figure]:
    """Reconcile with nothing to find, then with some that differ; then read some by themselves."""
    began, used = times.now_ms(), machine.cpu_s(company.pid)
    _forget_peak(company.pid)
    alone = await _look(company, "reconcile")
    took, used = (times.now_ms() - began) / 1000, machine.cpu_s(company.pid) - used
    peak, differ = _peak(company.pid), min(CHANGES, size // 100)
    await company.edit(differ, f"tier 2 of {size}")
    each = (await _look(company, "reconcile") - alone) / differ
    deep = await _audited(company)
    hourly = size / (AUDIT_S / 3600) * deep
    whole = f"{took:.1f} s without a rate, {used:.1f} s of processor, {alone / RATE:.0f} s at {RATE:g}/s"
    share = f"{100 * hourly / (RATE * 3600):.1f} % of the rate"
    return [
        Figure(f"{size:,}: tier 1, lists and search: requests", alone, "", None, whole),
        Figure(f"{size:,}: tier 1: peak of the worker", peak, "MiB"),
        Figure(f"{size:,}: tier 2, what differs by itself: requests for each", each, "", None,
               f"{differ} differ, {each / RATE:.2f} s each at {RATE:g}/s"),
        Figure(f"{size:,}: tier 3, each candidate by itself: requests for each", deep, "", None,
               f"{hourly:,.0f} an hour to go round in 30 days, {share}"),
    ]  # fmt: skip


async def _audited(company: Company) -> float:
    """Let the audit go on over some candidates; return the requests for each."""
    start: dict[str, str | int] = {
        "audit:model": "question_template",
        "audit:cursor": 0,
        "audit:left": "[]",
    }
    await company.store.watching.note(company.c, **start)
    asked, looks = await company.asked(), 0
    async with open_context(company.bench.settings) as ctx:
        while looks < CHANGES:
            watch = await company.store.watching.get(company.c)
            await audit(ctx, company.connection, watch)
            await company.quiet()
            looks = await company.asked() - asked
    return looks / await _looked_at(company, looks)


async def _looked_at(company: Company, requests: int) -> int:
    """Return how many of the last requests were for candidates by themselves."""
    params = {"limit": requests}
    rows = (await company.far.get("/sandbox/requests", params=params)).json()["requests"]
    return sum(row["path"].rpartition("/candidates/")[2].isdigit() for row in rows)


async def _hourly(company: Company, *, fed: bool) -> dict[str, float]:
    settings = company.bench.settings
    every = {"poll": settings.poll_interval if fed else NOT_SERVED_S, **sweeps(fed=fed)}
    every["reconcile"] = settings.reconcile_interval
    found = {name: await _settled(company, name) * 3600 / s for name, s in every.items()}
    counts = await company.store.records.counts(company.c, ["candidate", "job"])
    found["audit"] = sum(counts.values()) / (AUDIT_S / 3600) * await _audited(company)
    return found


def _forget_peak(pid: int) -> None:
    """Begin to watch a process' memory anew, where the system can do that."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def _peak(pid: int) -> float:
    """Return the most memory that a process had, in MiB; 0 where nobody tells."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0
