"""Assessment results back: who comes into a stage is assessed, and their result goes onto them.

    python recipes/assessment_results.py --stage "Take-home task"

Reads the feed from where it stopped last time: each move into the stage gets a result link with its
score, and a tag. The event's id is the Idempotency-Key, so that a second run writes nothing twice.
"""

import argparse

from reaching import Hirewire, Row


def assess(record: Row) -> tuple[str, int]:
    """Stand in for your product: return where the result is to be seen, and the score."""
    score = sum(map(ord, record["id"])) % 101
    return f"https://assessments.example.com/results/{record['id']}", score


def main() -> None:
    """Handle every move that was not handled yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="Take-home task")
    wanted, hirewire = parser.parse_args().stage, Hirewire()
    stages = {r["id"] for r in hirewire.rows("application-stages") if r["name"] == wanted}
    for event in hirewire.events("assessments", "application.stage_changed"):
        record = event["data"]["record"]
        if record["current_stage_id"] not in stages:
            continue
        url, score = assess(record)
        details = {
            "custom_field_name_prefix": "Assessment:",
            "attributes": [{"key": "Score", "value": f"{score}%"}],
        }
        hirewire.ats.add_application_result_link(
            application_id=record["id"], label="Assessment", url=url, details=details,
            http_headers={"Idempotency-Key": f"{event['id']} result"},
        )  # fmt: skip
        hirewire.ats.add_candidate_tag(
            candidate_id=record["candidate_id"], tag={"name": "assessed"},
            http_headers={"Idempotency-Key": f"{event['id']} tag"},
        )  # fmt: skip
        print(record["remote_id"], f"{score}%")


if __name__ == "__main__":
    main()
