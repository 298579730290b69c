"""The supervisor: what dies comes back, what cannot start is said, and nothing outlives it."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.supervisor import Failure, Spec, supervise
from service.tether import Tether

DEADLINE_S = 10.0
WRITES_PID = """
    import os, pathlib, signal, sys, time
    path = pathlib.Path(sys.argv[1])
    def leave(*_):
        with open(path.parent / "ended", "a") as file:
            file.write(path.name + "\\n")
        sys.exit(0)
    signal.signal(signal.SIGTERM, leave)
    path.with_suffix(".part").write_text(str(os.getpid()))
    path.with_suffix(".part").rename(path)
    time.sleep(60)
"""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def spec(name: str, script: str, *args: object, **how: object) -> Spec:
    argv = [sys.executable, "-c", textwrap.dedent(script), *map(str, args)]
    return Spec(name=name, argv=argv, env=dict(os.environ), **how)  # type: ignore[arg-type]  # a test's shorthand


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.01)


async def test_a_killed_child_is_back_within_five_seconds_every_time(tmp_path: Path) -> None:
    stop, pid_file = asyncio.Event(), tmp_path / "pid"
    running = asyncio.create_task(supervise([spec("web", WRITES_PID, pid_file)], stop=stop))

    for _ in range(6):
        await until(pid_file.exists)
        pid = int(pid_file.read_text())
        pid_file.unlink()
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        await until(pid_file.exists)
        assert time.monotonic() - killed < 5

    stop.set()
    assert await running is None


async def test_children_end_before_the_redis_that_they_use(tmp_path: Path) -> None:
    stop = asyncio.Event()
    specs = [
        spec("redis", WRITES_PID, tmp_path / "redis", stage=0),
        spec("web", WRITES_PID, tmp_path / "web"),
        spec("worker", WRITES_PID, tmp_path / "worker"),
    ]
    running = asyncio.create_task(supervise(specs, stop=stop))
    await until(lambda: all((tmp_path / child.name).exists() for child in specs))

    stop.set()
    await running

    order = (tmp_path / "ended").read_text().split()
    assert sorted(order) == ["redis", "web", "worker"] and order[-1] == "redis"


async def test_a_child_is_started_only_when_the_stage_below_is_ready(tmp_path: Path) -> None:
    stop, gate = asyncio.Event(), tmp_path / "gate"
    specs = [
        spec("redis", WRITES_PID, tmp_path / "redis", stage=0, ready=gate.exists),
        spec("web", WRITES_PID, tmp_path / "web"),
    ]
    running = asyncio.create_task(supervise(specs, stop=stop))

    await until((tmp_path / "redis").exists)
    assert not (tmp_path / "web").exists()
    gate.touch()
    await until((tmp_path / "web").exists)

    stop.set()
    await running


async def test_a_child_that_cannot_start_ends_all_with_its_last_words(tmp_path: Path) -> None:
    errors = io.BytesIO()
    specs = [
        spec("web", WRITES_PID, tmp_path / "web"),
        spec("worker", "import sys; sys.exit('no such thing')"),
    ]

    failure = await supervise(specs, stop=asyncio.Event(), errors=errors)

    assert failure == Failure("worker", 1, "no such thing\n")
    assert errors.getvalue().count(b"no such thing") == 5
    assert (tmp_path / "ended").read_text() == "web\n"


async def test_a_child_that_refuses_its_settings_is_not_tried_again() -> None:
    errors = io.BytesIO()
    wrong = spec("web", "import sys; print('bad setting', file=sys.stderr); sys.exit(2)")

    failure = await supervise([wrong], stop=asyncio.Event(), errors=errors)

    assert failure == Failure("web", 2, "bad setting\n")
    assert errors.getvalue() == b"bad setting\n"


async def test_a_child_that_ignores_the_request_is_killed_after_its_grace(tmp_path: Path) -> None:
    stop, pid_file = asyncio.Event(), tmp_path / "pid"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    stubborn = textwrap.dedent(WRITES_PID).replace("signal.signal(signal.SIGTERM, leave)", deaf)
    running = asyncio.create_task(
        supervise([spec("web", stubborn, pid_file, grace_s=0.1)], stop=stop)
    )
    await until(pid_file.exists)

    stop.set()
    await running

    assert not runs(int(pid_file.read_text()))


async def test_what_follows_a_childs_start_follows_each_start(tmp_path: Path) -> None:
    stop, pid_file, begun = asyncio.Event(), tmp_path / "pid", []

    async def on_ready() -> None:
        begun.append(1)
        await asyncio.sleep(60)

    running = asyncio.create_task(
        supervise([spec("sandbox", WRITES_PID, pid_file, on_ready=on_ready)], stop=stop)
    )
    await until(pid_file.exists)
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    await until(lambda: len(begun) == 2)

    stop.set()
    await running


def test_children_of_a_killed_supervisor_are_gone(tmp_path: Path) -> None:
    script = f"""
        import asyncio, os, sys
        from service.supervisor import Spec, supervise
        text = {textwrap.dedent(WRITES_PID)!r}
        specs = [
            Spec(name, [sys.executable, "-c", text, f"{tmp_path}/{{name}}"], dict(os.environ))
            for name in ("redis", "web")
        ]
        async def main():
            await supervise(specs, stop=asyncio.Event())
        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)]) as supervisor:
        asyncio.run(until(lambda: (tmp_path / "redis").exists() and (tmp_path / "web").exists()))
        pids = [int((tmp_path / name).read_text()) for name in ("redis", "web")]
        supervisor.kill()

    asyncio.run(until(lambda: not any(runs(pid) for pid in pids)))


@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "watchdog"])
def test_a_tethered_child_ends_with_its_parent(tmp_path: Path, kernel: bool) -> None:
    if kernel and sys.platform != "linux":
        pytest.skip("only Linux has the kernel's tie")
    script = f"""
        import subprocess, sys, time
        from service.tether import Tether
        tether = Tether(kernel={kernel})
        child = subprocess.Popen(["sleep", "60"], preexec_fn=tether.preexec)
        tether.hold(child.pid)
        print(child.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.kill()

    asyncio.run(until(lambda: not runs(pid)))


def test_a_released_child_outlives_a_watchdog_that_was_closed() -> None:
    tether = Tether(kernel=False)
    with subprocess.Popen(["sleep", "60"]) as child:  # noqa: S607 (found on PATH)
        tether.hold(child.pid)
        tether.release(child.pid)

        tether.close()

        assert runs(child.pid)
        child.kill()
