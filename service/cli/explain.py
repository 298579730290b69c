"""`hirewire explain`: why a subscriber did or did not get an event."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http
from service.cli.deliveries import ATTEMPT_COLUMNS
from service.cli.output import print_json, say, show, show_page

FILTER_COLUMNS = ("name", "passed", "why")
WAIT_COLUMNS = ("what", "why", "until", "delivery_id")
SHOWN = ("id", "status", "reason", "attempt_count", "next_attempt_at", "created_at", "replay_id")


@over_http
def explain(
    client: Client,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's id.")],
    subscriber: Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")],
) -> None:
    """Say why a subscriber did or did not get an event: filters, attempts, what it waits for."""
    found = client.get("explain", event_id=event, subscriber_id=subscriber)
    if client.as_json:
        print_json(found)
        return
    say(f"{found.get('outcome')}: {found.get('why')}")
    facts = {name: found.get(name) for name in ("type", "connection_id", "event_kept")}
    show(facts | {"read": (found.get("position") or {}).get("reached")}, as_json=False)
    for title, name, columns in (
        ("filters", "filters", FILTER_COLUMNS),
        ("waits for", "waits_for", WAIT_COLUMNS),
    ):
        say(f"\n{title}")
        show_page({"items": found.get(name)}, columns, as_json=False)
    for delivery in found.get("deliveries") or []:
        say("\ndelivery")
        show({name: delivery.get(name) for name in SHOWN}, as_json=False)
        show_page({"items": delivery.get("attempts")}, ATTEMPT_COLUMNS, as_json=False)
