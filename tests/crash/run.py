"""One run: a company, its subscribers, many processes that crash, a last one that does not; a verdict."""

import asyncio
import dataclasses
import random
import time
from pathlib import Path
from types import MappingProxyType

import orjson
import structlog
from pydantic import AnyHttpUrl, SecretStr

from service.core import crypto, ids
from service.core.settings import LOOPBACK, Settings
from service.core.store import redis as store_redis
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.core.store.subscribers import Wanted
from service.core.unified.model import Collection
from service.core.unified.registry import COLLECTIONS, ROOTS
from tests.crash.acts import LOOKS_S
from tests.crash.far_ends import FarEnds, Subscriber
from tests.crash.findings import kept_wrong, looks_due, open_things, violations
from tests.crash.loop import CrashLoop, collect
from tests.crash.pipe import CrashPipe
from tests.crash.plan import Plan, Tally
from tests.crash.server import Server
from tests.crash.shown import Shown
from tests.crash.story import SECRET, Story
from tests.invariants.house import ONLY_BASELINE
from tests.model import edits
from tests.model.company import COMPANY_ID, STAGES, Company
from tests.model.list_edits import UNTOLD
from tests.model.lists import KINDS
from workers import collect as collecting
from workers import context, erasing, rewriting, sync
from workers.app import running

SETTLED_WITHIN_S = 40.0
PAGE = 3
LISTED = ("sync", "watch")
"""Scenarios in which edits are made that no webhook tells of; in the end the store is compared."""
BASELINE = ("job", "stage", "candidate", "application")


class Run:
    """A world of its own, by its seed."""

    def __init__(self, server: Server, seed: str, scenario: str, tally: Tally) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.scenario = scenario
        self.tally = tally
        self._server = server
        company = Company(self.rng, int(time.time()) + 86_400, explained=self.rng.random() < 0.7)
        rows = self.rng.choice((1, 4)) if scenario in LISTED else 0
        company.settle_in(14 if scenario == "baseline" else 5, 3, rows)
        never = 0.15 if scenario in ("replay", "mixed", "settle") else 0.0
        number = self.rng.getrandbits(30)
        subscribers = [Subscriber("all", number, 0.08), Subscriber("some", number + 1, 0.2, never)]
        self.ends = FarEnds(company, subscribers, number)
        if scenario == "watch":
            self.ends.shown = Shown(company)
        # In some runs the lists, too, are read for the first time while processes die.
        self._begun = scenario == "baseline" or (scenario == "sync" and self.rng.random() < 0.3)
        self._known = False
        self._c = ""
        self._told = 0

    def settings(self, url: str) -> Settings:
        """Return what every process of the run is started with."""
        return Settings(
            redis_url=SecretStr(self._server.url), data_dir=Path("/nonexistent"),
            master_key=SecretStr(crypto.new_master_key()), allowed_networks=LOOPBACK,
            retry_schedule=(0, 0.01, 0.01), delivery_timeout=2, recruitee_rate=100_000,
            recruitee_url=AnyHttpUrl(url), log_level="error",
        )  # fmt: skip

    def play(self, url: str, points: int) -> None:
        """Crash `points` times, recover, and judge."""
        self._server.empty()
        settings = self.settings(url)
        c, hook, names = self._made(settings, url)
        self._c = c
        story = Story(self.rng, self.ends, hook, list(names.values()))
        story.among = edits.USUAL if self._begun else edits.ALL
        if self.scenario == "sync":
            story.among, story.syncs = UNTOLD, 0.03
            story.emits = self.rng.choice((0.0, 0.5, 1.0))
        if self.scenario == "watch":
            story.among, story.looks = UNTOLD, 0.06
        story.replays = {"replay": 0.2, "mixed": 0.04}.get(self.scenario, 0.0)
        story.writes = 0.1 if self.scenario == "act" else 0.0
        story.erases = 0.03 if self.scenario == "erase" else 0.0
        story.sweeps = 0.3 if self.scenario == "sweep" else 0.05
        if not self._begun:
            self._clean(settings, story, c)
        if self.scenario == "sync":
            self.ends.liar.share = self.rng.choice((0.0, 0.0 if self._begun else 0.05))
        for _ in range(points):
            self._one_life(settings, story, c)
        self.ends.heal()
        self._clean(settings, story, c)
        self._judge(c, names, story)

    def _made(self, settings: Settings, url: str) -> tuple[str, str, dict[str, str]]:
        async def make() -> tuple[Connection, dict[str, str]]:
            store = Store.open(settings)
            connection = await store.connections.create(COMPANY_ID, "token", SECRET, "Example")
            if self.scenario not in ("baseline", *LISTED):
                await store.connections.note(connection.id, sync=ONLY_BASELINE)
            names = {}
            for name, patterns in (("all", ("*",)), ("some", ("application.*", "job.*"))):
                wanted = Wanted(url=f"{url}/{name}", event_types=patterns)
                made, self.ends.subscribers[name].secret = await store.subscribers.create(
                    wanted, None
                )
                names[name] = made.id
            await store.close()
            return connection, names

        connection, names = asyncio.run(make())
        return connection.id, connection.hook, names

    def _one_life(self, settings: Settings, story: Story, c: str) -> None:
        loop = CrashLoop()
        plan = Plan.draw(self.rng, loop, self.scenario, self.tally)
        pipe = CrashPipe(self._server.url, loop, plan.asked, self._server.leases_over)

        async def process() -> None:
            async with running(settings, pipe) as (ctx, drains):
                plan.arm()
                await story.live(ctx, drains)

        loop.live(process())
        self.tally.points += 1
        self._after(loop, story, c)

    def _after(self, loop: CrashLoop, story: Story, c: str) -> None:
        loop.bury()
        story.born_again()
        end = time.monotonic() + 2
        while self.ends.open and time.monotonic() < end:
            time.sleep(0.0002)
        self._server.wait_out()
        if self.tally.points % 50 == 0:
            collect()
        self._reads_may_be_over(story, c)

    def _reads_may_be_over(self, story: Story, c: str) -> None:
        done, sync = self._server.call("HMGET", f"conn:{c}", "baseline_done", "sync")
        history, run = self.ends.company.history, orjson.loads(sync or b"{}")
        if done and not any(p.seen_until is not None for p in history.pasts.values()):
            history.baseline_ended(BASELINE)
        if run.get("done"):
            story.reads.ended(run.get("began", 0))
            if not self._known:
                history.baseline_ended(KINDS)
                self._known = True

    def _clean(self, settings: Settings, story: Story, c: str) -> None:
        """One process that nothing happens to works until all is settled."""
        loop = CrashLoop()
        pipe = CrashPipe(self._server.url, loop, lambda _: None, lambda: None)

        async def process() -> None:
            async with running(settings, pipe) as (ctx, drains):
                end = loop.time() + SETTLED_WITHIN_S
                replayed = False
                while loop.time() < end:
                    await story.send_all(ctx)
                    await story.erase_all(ctx)
                    await story.acts.act_all(ctx)
                    await asyncio.sleep(0.004)
                    left = open_things(self._server)
                    left += looks_due(self._server) if story.looks else []
                    if not left and not self.ends.company.outbox:
                        if replayed or not self.ends.healed:
                            await story.acts.heard(ctx.store)
                            return
                        await story.replay_dead(ctx)
                        await story.acts.ask_again(ctx)
                        if story.syncs:
                            self._told = self._server.call("XLEN", f"log:{self._c}")
                            await story.sync(ctx, deep=True)
                        if story.looks:
                            await story.look(ctx, everywhere=True)
                        replayed = True
                    self._server.a_while()
                    for drain in drains.all():
                        drain.wake()
                self.tally.wrong += [f"it does not settle: {words}" for words in left]

        loop.live(process())
        self._after(loop, story, c)

    def _judge(self, c: str, names: dict[str, str], story: Story) -> None:
        uids = {str(stage): ids.record_id(c, "stage", str(stage)) for stage in STAGES}
        found = violations(
            self._server, c, self.ends, names, uids, strict=self.scenario != "steal",
            people=frozenset(story.erased),
        )  # fmt: skip
        if self.scenario in LISTED:
            found += kept_wrong(self._server, c, self.ends, uids)
            if not story.emits and self._told != self._server.call("XLEN", f"log:{c}"):
                found.append("a silent read with which all was quiet told something")
        found += story.acts.violations()
        self.tally.wrong += [*story.problems, *found]
        self.tally.events += int(self._server.call("XLEN", f"log:{c}"))


def quicker() -> None:
    """Read the scripts once, wait for little, and list in small pages: many to die between."""
    vars(context)["BODIES_LIVE_S"], vars(erasing)["CACHED_MS"] = 0.02, 30
    context.Looks.__init__.__defaults__ = (LOOKS_S,)
    vars(erasing)["LOOK_AGAIN_MS"] = vars(rewriting)["LOOK_AGAIN_MS"] = 2
    scripts = store_redis.load_scripts()
    store_redis.load_scripts = lambda: dict(scripts)
    small = {
        name: dataclasses.replace(root, listing=dataclasses.replace(root.listing, limit=PAGE))
        for name, root in ROOTS.items()
    }
    vars(sync)["ROOTS"] = MappingProxyType(small)
    vars(sync)["DEEP_PAGE"] = PAGE
    few = {name: _in_small_pages(each) for name, each in COLLECTIONS.items()}
    vars(sync)["COLLECTIONS"] = vars(collecting)["COLLECTIONS"] = MappingProxyType(few)


def _in_small_pages(each: Collection) -> Collection:
    """Return a list whose pages are small where they tell of a total, or are all candidates' at once."""
    if each.bulk is not None:
        return dataclasses.replace(each, bulk=dataclasses.replace(each.bulk, limit=PAGE))
    if KINDS[each.member].pages if each.member in KINDS else False:
        return dataclasses.replace(each, listing=dataclasses.replace(each.listing, limit=PAGE))
    return each


def listen(tally: Tally) -> None:
    """Take every error that the program logs as a finding."""

    def heard(
        _: object, level: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        if level in ("error", "critical") and _somebody_lives():
            tally.wrong.append(f"it logged {event}")
        raise structlog.DropEvent

    structlog.configure(processors=[heard], cache_logger_on_first_use=False)


def _somebody_lives() -> bool:
    # What a dead process says while it is taken apart is said on no loop.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
