"""`python -m tests.crash --seed N --points M`: crash points by seed; a failure prints what repeats it."""

import argparse
import os
import sys
import time

from tests.crash.campaign import campaign
from tests.crash.plan import SCENARIOS
from tests.crash.safeguards import SAFEGUARDS


def main() -> int:
    """Run, print figures, and say by the status whether all was well."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), action="append")
    parser.add_argument("--without", choices=sorted(SAFEGUARDS), help="switch a safeguard off")
    asked = parser.parse_args()
    began = time.monotonic()
    tally = campaign(asked.seed, asked.points, asked.scenario or list(SCENARIOS), asked.without)
    took = time.monotonic() - began
    print(
        f"seed {asked.seed}: {tally.points} crash points in {took:.1f} s"
        f" ({1000 * took / max(1, tally.points):.1f} ms each), {tally.events} events,"
        f" survived {dict(tally.faults)}, {len(tally.wrong)} violations"
    )
    for words in tally.wrong[:20]:
        print(f"  {words}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # What is left of the dead must not be taken apart by the interpreter's end.
    os._exit(status)
