"""`hirewire deliveries`: one event for one subscriber, and its attempts."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import print_json, say, show, show_page

app = typer.Typer(no_args_is_help=True, help="Deliveries and their attempts.")

COLUMNS = ("id", "event_id", "subscriber_id", "type", "status", "attempt_count", "next_attempt_at")
ATTEMPT_COLUMNS = ("number", "at", "status_code", "error", "duration_ms")
Id = Annotated[str, typer.Argument(metavar="DELIVERY", help="The delivery's id.")]


@app.command("list")
@over_http
def list_(
    client: Client,
    event: Annotated[str | None, typer.Option(help="Event id.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="Subscriber id.")] = None,
    status: Annotated[str | None, typer.Option(help="open, delivered, dead or erased.")] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """List deliveries, newest first."""
    page = client.get(
        "deliveries",
        event_id=event,
        subscriber_id=subscriber,
        status=status,
        limit=limit,
        after=after,
    )
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, delivery: Id) -> None:
    """Show one delivery with its attempts."""
    show_delivery(client.get(f"deliveries/{part(delivery)}"), as_json=client.as_json)


@app.command("retry")
@over_http
def retry(client: Client, delivery: Id) -> None:
    """Make the next attempt now."""
    show(client.post(f"deliveries/{part(delivery)}/retry"), as_json=client.as_json)


@app.command("skip")
@over_http
def skip(client: Client, delivery: Id) -> None:
    """Give it up, so that what waits behind it is sent; it becomes a dead letter."""
    show(client.post(f"deliveries/{part(delivery)}/skip"), as_json=client.as_json)


def show_delivery(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one delivery and, below it, its attempts."""
    if as_json:
        print_json(found)
        return
    show({name: value for name, value in found.items() if name != "attempts"}, as_json=False)
    say("")
    show_page({"items": found.get("attempts")}, ATTEMPT_COLUMNS, as_json=False)
