"""Recruiter assignment mirror: who is responsible for which job, kept in a file of your own.

    python recipes/recruiter_mirror.py team.json

Prints who was assigned and who was released since the file was written, and writes it anew.
"""

import argparse
import json
from pathlib import Path

from reaching import Hirewire

Team = dict[str, list[str]]


def assigned(hirewire: Hirewire) -> Team:
    """Return job -> `address role`, of recruiters and hiring managers."""
    return {
        f"{job['remote_id']} {job['name']}": sorted(
            f"{person['email']} {role}"
            for person in job["hiring_team"]
            for role in person["hiring_team_roles"]
        )
        for job in hirewire.rows("jobs")
    }


def main() -> None:
    """Compare with the file, and replace it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    before: Team = json.loads(file.read_text()) if file.exists() else {}
    now = assigned(Hirewire())
    for job in sorted({*before, *now}):
        old, new = set(before.get(job, ())), set(now.get(job, ()))
        for who in sorted(new - old):
            print(f"+ {job}: {who}")
        for who in sorted(old - new):
            print(f"- {job}: {who}")
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(now, indent=2))
    beside.replace(file)


if __name__ == "__main__":
    main()
