"""The command: start everything in a folder of its own, play the story, stay up or leave."""

import asyncio
import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated

import httpx
import typer

from service.cli.demo.narrator import Narrator
from service.cli.demo.sample import Sample, listening
from service.cli.demo.story import Story, StoryFailed
from service.cli.output import complain
from service.cli.sandbox_link import COMPANY, Instance, SandboxLink
from service.cli.starting import settings_from
from service.cli.up import Plan, prepare, specs_of
from service.core import logs
from service.core.settings import Settings
from service.datadir import DataDirLock, make_private
from service.supervisor import Failure, stop_on_signals, supervise

# The story has a subscriber that fails for good: three attempts within a second, not three days.
RETRY_SCHEDULE = (0, 0.2, 0.4)
RATE = 50
OWN = ("HIREWIRE_REDIS_URL", "HIREWIRE_DATA_DIR", "HIREWIRE_PUBLIC_URL", "HIREWIRE_ALLOWED_NETWORKS",
       "HIREWIRE_RECRUITEE_URL", "HIREWIRE_ADMIN_TOKEN", "HIREWIRE_MASTER_KEY", "HIREWIRE_DURABILITY",
       "HIREWIRE_URL")  # fmt: skip


def demo(
    exit_: Annotated[
        bool,
        typer.Option("--exit", help="Stop after the story; status 0 only if every step was seen."),
    ] = False,
) -> None:
    """Play the main job through real HTTP between real processes; nothing to configure."""
    # A person's real instance has nothing to do with the demo: what names it is left out.
    env = {name: value for name, value in os.environ.items() if name not in OWN}
    with tempfile.TemporaryDirectory(prefix="hirewire-demo-") as folder:
        settings = settings_from(env, host="127.0.0.1", port=0).model_copy(
            update={"data_dir": Path(folder) / "data", "log_level": _level(env)}
        )
        logs.configure(settings.log_level, settings.log_format)
        status = _played(settings, env, leave=exit_)
    raise typer.Exit(status)


def _level(env: dict[str, str]) -> str:
    return env.get("HIREWIRE_LOG_LEVEL", "").lower() or "error"


def _played(settings: Settings, env: dict[str, str], *, leave: bool) -> int:
    lock = DataDirLock.take(make_private(settings.data_dir))
    try:
        ours = {
            "HIREWIRE_RETRY_SCHEDULE": ",".join(map(str, RETRY_SCHEDULE)),
            "HIREWIRE_RECRUITEE_RATE": str(RATE),
            "HIREWIRE_LOG_LEVEL": settings.log_level,
        }
        with closing(prepare(settings, env | ours, lock, sandbox=True)) as plan:
            return asyncio.run(_run(plan, leave=leave))
    finally:
        lock.release()


async def _run(plan: Plan, *, leave: bool) -> int:
    stop = asyncio.Event()
    stop_on_signals(stop)
    narrator = Narrator()
    narrator.opens(plan.url, plan.sandbox_url or "")
    house = asyncio.create_task(supervise(specs_of(plan, announce=False), stop=stop))
    telling = asyncio.create_task(_tell(plan, narrator, stop, leave=leave))
    await asyncio.wait({house, telling}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    failure = await house
    if not telling.done():
        telling.cancel()
    (told,) = await asyncio.gather(telling, return_exceptions=True)
    if isinstance(failure, Failure):
        complain(f"the {failure.name} process could not be started:\n{failure.last_words.strip()}")
        return 1
    if isinstance(told, asyncio.CancelledError):
        return 130
    if isinstance(told, BaseException):
        complain(
            f"the demo failed: {told}"
            if isinstance(told, StoryFailed | httpx.HTTPError)
            else repr(told)
        )
        return 1
    return 0


async def _tell(plan: Plan, narrator: Narrator, stop: asyncio.Event, *, leave: bool) -> None:
    token = plan.keys.admin_token
    link = SandboxLink(plan.settings.data_dir, plan.sandbox_url or "", Instance(plan.url, token))
    async with (
        listening() as sample,
        httpx.AsyncClient(
            base_url=f"{plan.url}/ops/v1",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=10,
        ) as ops,
        httpx.AsyncClient(
            base_url=f"{plan.sandbox_url}/c/{COMPANY}",
            headers={"authorization": f"Bearer {link.token}"},
            trust_env=False,
            timeout=10,
        ) as recruitee,
    ):
        await Story(ops, recruitee, sample, narrator).play()
        narrator.closes()
        if not leave:
            narrator.stays(plan.url, plan.sandbox_url or "", token, _urls(sample))
            await stop.wait()


def _urls(sample: Sample) -> list[str]:
    return [sample.url, sample.failing_url]
