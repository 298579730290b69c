"""Interview feedback export: who was interviewed and rated how, and what was noted, as CSV.

    python recipes/interview_feedback.py > feedback.csv

Run again with `--since 2026-11-01` it prints only what is new since then.
"""

import argparse
import csv
import sys
from collections.abc import Iterator

from reaching import Hirewire, Row

COLUMNS = ("what", "candidate_id", "at", "by", "result", "text")


def by(person: Row | None) -> str:
    """Return somebody's address."""
    return (person or {}).get("email") or ""


def feedback(hirewire: Hirewire, since: dict[str, str]) -> Iterator[tuple[str | None, ...]]:
    """Yield a row per interview, rating and note."""
    for row in hirewire.rows("interviews", **since):
        who = ((row["application"] or {}).get("candidate") or {}).get("id")
        yield "interview", who, row["starting_at"], None, None, row["title"]
    for row in hirewire.rows("scorecards", **since):
        said = "; ".join(str(each.get("response_value") or "") for each in row["responses"])
        rating, note = row["overall_recommendation"], row["rating_note"]
        at = row["remote_created_at"]
        yield "scorecard", row["candidate_id"], at, by(row["author"]), rating, note or said
    for row in hirewire.rows("notes", **since):
        at, text = row["remote_created_at"], row["content_html"]
        yield "note", row["candidate_id"], at, by(row["author"]), None, text


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", help="ISO 8601")
    asked = parser.parse_args()
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    table.writerows(feedback(Hirewire(), {"updated_after": asked.since} if asked.since else {}))


if __name__ == "__main__":
    main()
