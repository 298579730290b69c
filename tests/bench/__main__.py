"""`python -m tests.bench`: measure, print the table, and the text that the README has."""

import argparse
import json
import os

import uvloop

from tests.bench import (
    accepting,
    actions,
    backlog,
    bursts,
    deliveries,
    detect,
    durability,
    end_to_end,
    idle,
    ingress,
    isolation,
    kombo,
    latency,
    machine,
    mcp,
    parked,
    reading,
    records,
    recovery,
    takeover,
    truto,
)
from tests.bench.bench import opened
from tests.bench.report import Group, as_json, prose, table

GROUPS = {
    "ingress": ingress.measure,
    "delivery-rates": deliveries.measure,
    "delivery-isolation": isolation.measure,
    "delivery-latency": accepting.measure,
    "delivery-recovery": recovery.measure,
    "delivery-memory": parked.measure,
    "end-to-end": end_to_end.measure,
    "end-to-end-everysec": end_to_end.measure_everysec,
    "latency": latency.measure,
    "custody-durability": durability.measure,
    "custody-takeover": takeover.measure,
    "custody-backlog": backlog.measure,
    "custody-bursts": bursts.measure,
    "custody-idle": idle.measure,
    "completeness-announced": detect.announced,
    "completeness-quiet": detect.quiet,
    "completeness-tiers": detect.tiers,
    "completeness-tiers-large": detect.large_tiers,
    "records-cpu": records.cpu,
    "records-memory": records.memory,
    "records-read": reading.measure,
    "kombo": kombo.measure,
    "actions": actions.measure,
    "truto": truto.measure,
    "mcp": mcp.measure,
}
SEVERAL = ("delivery", "custody", "completeness")  # all whose names begin so
LARGE = "-large"  # only with `--large`


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: under a minute")
    parser.add_argument("--json", action="store_true", help="print the run as JSON")
    parser.add_argument(
        "--only",
        action="append",
        choices=sorted((*GROUPS, *SEVERAL)),
        help="one group",
    )
    parser.add_argument("--large", action="store_true", help="a million candidates, too")
    parser.add_argument("--repeats", type=int, help="interleaved repeats (5; quick: 2)")
    return parser.parse_args()


def _wanted(name: str, asked: argparse.Namespace) -> bool:
    only: list[str] = asked.only or []
    if name in only:
        return True
    if name.endswith(LARGE) and not asked.large:
        return False
    return not only or any(name.startswith(each) for each in only if each in SEVERAL)


async def run(arguments: argparse.Namespace) -> None:
    """Measure group after group."""
    groups: list[Group] = []
    async with opened(arguments.quick, arguments.repeats) as bench:
        for name, measure in GROUPS.items():
            if _wanted(name, arguments):
                bench.say(f"measuring {name} ...")
                groups.append(await measure(bench))
        said = f"{machine.said(bench.server)}, load average {os.getloadavg()[0]:.1f}"
    if arguments.json:
        print(json.dumps(as_json(groups, said), indent=2))
    else:
        print(f"{said}\n\n{table(groups)}\n\nFor the README:\n\n{prose(groups, said)}")


if __name__ == "__main__":
    uvloop.run(run(_arguments()))
