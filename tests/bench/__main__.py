"""`python -m tests.bench`: measure, print the table, and the text that the README has."""

import argparse
import json
import os

import uvloop

from tests.bench import (
    backlog,
    bursts,
    deliveries,
    durability,
    end_to_end,
    idle,
    ingress,
    latency,
    machine,
    reading,
    records,
    takeover,
)
from tests.bench.bench import opened
from tests.bench.report import Group, as_json, prose, table

GROUPS = {
    "ingress": ingress.measure,
    "deliveries": deliveries.measure,
    "end-to-end": end_to_end.measure,
    "end-to-end-everysec": end_to_end.measure_everysec,
    "latency": latency.measure,
    "custody-durability": durability.measure,
    "custody-takeover": takeover.measure,
    "custody-backlog": backlog.measure,
    "custody-bursts": bursts.measure,
    "custody-idle": idle.measure,
    "records-cpu": records.cpu,
    "records-memory": records.memory,
    "records-read": reading.measure,
}
CUSTODY = "custody"  # all of those


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: under a minute")
    parser.add_argument("--json", action="store_true", help="print the run as JSON")
    parser.add_argument(
        "--only", action="append", choices=sorted((*GROUPS, CUSTODY)), help="one group"
    )
    parser.add_argument("--repeats", type=int, help="interleaved repeats (5; quick: 2)")
    return parser.parse_args()


def _wanted(name: str, only: list[str]) -> bool:
    return name in only or (name.startswith(CUSTODY) and CUSTODY in only)


async def run(arguments: argparse.Namespace) -> None:
    """Measure group after group."""
    groups: list[Group] = []
    async with opened(arguments.quick, arguments.repeats) as bench:
        for name, measure in GROUPS.items():
            if not arguments.only or _wanted(name, arguments.only):
                bench.say(f"measuring {name} ...")
                groups.append(await measure(bench))
        said = f"{machine.said(bench.server)}, load average {os.getloadavg()[0]:.1f}"
    if arguments.json:
        print(json.dumps(as_json(groups, said), indent=2))
    else:
        print(f"{said}\n\n{table(groups)}\n\nFor the README:\n\n{prose(groups, said)}")


if __name__ == "__main__":
    uvloop.run(run(_arguments()))
