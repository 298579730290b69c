"""The worker process, put together in one place: drains, bells, the sweep, and how it ends."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import uvloop
from arq import cron
from arq.worker import func

from service.core import logs
from service.core.errors import ConfigError
from service.core.logs import logger, where
from service.core.settings import Settings
from service.core.store.condition import refuse_unsafe
from service.core.store.redis import Pipe
from workers.bell import BellWorker, open_arq, serializers
from workers.consents import consents
from workers.context import Context, open_context
from workers.drain import Drain
from workers.erasing import serve_erasure
from workers.inbound import serve_inbox
from workers.limits import limits
from workers.outbound import serve_subscriber
from workers.replay import serve_replay
from workers.retention import trim
from workers.sweep import tend

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

# With what comes after it this ends before a supervisor's patience does (25 s).
STOP_WITHIN_S = 18.0
BELLS_WITHIN_S, REDIS_WITHIN_S = 1.0, 3.0
TRIM_SECOND, CONSENTS_SECOND, LIMITS_MINUTE = 33, 11, 47
log = logger("worker")


@dataclass(frozen=True, slots=True)
class Drains:
    """The four lines of work, by the job name that wakes each."""

    refetch: Drain
    deliver: Drain
    replay: Drain
    erase: Drain

    def all(self) -> tuple[Drain, ...]:
        """Return them in the order in which work flows."""
        return (self.refetch, self.deliver, self.replay, self.erase)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, pipe: Pipe | None = None
) -> AsyncIterator[tuple[Context, Drains]]:
    """Be a worker: drains and bells; in the end let what is in flight finish, hand back the leases."""
    wake: list[Callable[[], None]] = []
    async with open_context(settings, lambda: wake[0](), pipe) as ctx:
        drains = _drains(ctx)
        wake.append(drains.deliver.wake)
        tasks = [asyncio.create_task(drain.run()) for drain in drains.all()]
        tending = asyncio.create_task(tend(ctx))
        try:
            async with _bells(settings, ctx, drains):
                yield ctx, drains
        finally:
            ctx.stopping.set()
            ctx.store.pipe.hurry(REDIS_WITHIN_S)
            await asyncio.gather(*(drain.stop(STOP_WITHIN_S) for drain in drains.all()))
            await asyncio.gather(*(_ended(task) for task in (*tasks, tending)))


@contextlib.asynccontextmanager
async def _bells(settings: Settings, ctx: Context, drains: Drains) -> AsyncIterator[None]:
    """Listen to the bells and run what is due by the clock."""
    if settings.redis_url is None:
        raise ConfigError("HIREWIRE_REDIS_URL is not set; `hirewire up` brings a Redis of its own")
    arq = open_arq(settings.redis_url.get_secret_value())
    bells = BellWorker(functions=_jobs(drains), cron_jobs=_crons(ctx), redis_pool=arq, **_options())
    ringing = asyncio.create_task(bells.async_run())
    try:
        yield
    finally:
        await _ended(ringing)
        # Cancelled by now; those that still write to a Redis that is away are not waited for.
        await asyncio.gather(*(_ended(job, BELLS_WITHIN_S) for job in bells.tasks.values()))
        await asyncio.gather(ringing, *bells.tasks.values(), return_exceptions=True)
        await arq.aclose(close_connection_pool=True)


async def _ended(task: "asyncio.Task[Any]", within_s: float = 0) -> None:
    """Cancel until it is so: before Python 3.12 `wait_for`, which redis-py writes with, may swallow one."""
    await asyncio.wait({task}, timeout=within_s)
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)


async def work(settings: Settings) -> None:
    """Be a worker until SIGTERM or SIGINT."""
    await refuse_unsafe(settings)
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with running(settings):
        log.info("worker.started")
        await stop.wait()
    log.info("worker.stopped")


def main(settings: Settings) -> None:
    """Run a worker process."""
    logs.configure(settings.log_level, settings.log_format)
    # Most objects of a start live for ever: freezing them took a third off the p99 in the bench.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvloop.run(work(settings))


def _drains(ctx: Context) -> Drains:
    def serving(
        serve: Callable[..., Awaitable[int | None]],
    ) -> Callable[..., Awaitable[int | None]]:
        return lambda lease, news: serve(ctx, lease, news)

    claims = ctx.store.claims
    return Drains(
        Drain("in", claims, serving(serve_inbox)),
        Drain("out", claims, serving(serve_subscriber), width=256),
        Drain("rpl", claims, serving(serve_replay), width=4),
        Drain("era", claims, serving(serve_erasure), width=2),
    )


def _jobs(drains: Drains) -> list[Any]:
    def job(name: str, drain: Drain) -> Any:
        async def woken(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
            drain.wake()

        # One try: a job is a bell, and the sweep rings again for whatever it was about.
        return func(cast("WorkerCoroutine", woken), name=name, max_tries=1, keep_result=0)

    return [
        job("refetch", drains.refetch),
        job("deliver", drains.deliver),
        job("replay", drains.replay),
        job("erase", drains.erase),
    ]


def _crons(ctx: Context) -> list[Any]:
    return [
        _regular("trim", lambda: trim(ctx), second=TRIM_SECOND),
        _regular("consents", lambda: consents(ctx), second=CONSENTS_SECOND),
        _regular("limits", lambda: limits(ctx), minute=LIMITS_MINUTE, second=0),
    ]


def _regular(name: str, work: Callable[[], Awaitable[None]], **when: Any) -> Any:
    async def done(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - what fails now comes again in seconds
            log.warning(f"{name}.failed", error=where(error))

    return cron(cast("WorkerCoroutine", done), name=name, keep_result=0, max_tries=1, **when)


def _options() -> dict[str, Any]:
    return {
        "handle_signals": False,
        "max_jobs": 10,
        "job_timeout": 20,
        "keep_result": 0,
        "poll_delay": 0.5,
        "health_check_interval": 10,
        "log_results": False,
        **serializers(),
    }
