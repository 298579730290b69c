"""Tags from workflows: what happens to an application puts a tag on its candidate, or takes it off.

    python recipes/workflow_tags.py

Each event is handled once: its place in the feed is kept after it, and its id is the Idempotency-Key.
"""

from reaching import Hirewire

RULES = {
    "application.rejected": ("rejected before", True),
    "application.requalified": ("rejected before", False),
    "application.hired": ("joined us", True),
}
"""Type of event -> tag, and whether it is put on."""


def main() -> None:
    """Handle every event that was not handled yet."""
    hirewire = Hirewire()
    for event in hirewire.events("workflow-tags", ",".join(RULES)):
        name, on = RULES[event["type"]]
        call = hirewire.ats.add_candidate_tag if on else hirewire.ats.remove_candidate_tag
        call(
            candidate_id=event["data"]["record"]["candidate_id"], tag={"name": name},
            http_headers={"Idempotency-Key": event["id"]},
        )  # fmt: skip
        print(event["data"]["subject"]["remote_id"], "+" if on else "-", name)


if __name__ == "__main__":
    main()
