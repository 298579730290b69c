"""`python -m tests.faults --seed N --minutes M`: break everything, and see whether a promise breaks."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import uvloop

from tests.faults.run import Result, run

SHOWN = 40


async def _run(seed: int, length_s: float, folder: Path) -> Result:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await run(seed, length_s, folder)


def main() -> int:
    """Make the run; return 0 if every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hirewire-faults-"))
    try:
        result = uvloop.run(_run(asked.seed, asked.minutes * 60, folder))
    except asyncio.CancelledError:
        shutil.rmtree(folder, ignore_errors=True)
        print("interrupted; every process was ended")
        return 130
    except Exception:  # noqa: BLE001 (whatever it was, the seed has to be said)
        traceback.print_exc()
        return _broken(asked, folder)
    print(result.figures.report())
    if not result.broken:
        shutil.rmtree(folder, ignore_errors=True)
        print("every promise held")
        return 0
    for problem in result.broken[:SHOWN]:
        print(f"BROKEN {problem}")
    print(f"{len(result.broken)} promises broken")
    return _broken(asked, folder)


def _broken(asked: argparse.Namespace, folder: Path) -> int:
    print(f"logs in {folder}")
    print(f"to repeat: python -m tests.faults --seed {asked.seed} --minutes {asked.minutes:g}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
