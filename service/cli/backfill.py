"""`hirewire subscribers backfill`: send a receiver the present state of every record it wants."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import show
from service.cli.progress import follow


@over_http
def backfill(
    client: Client,
    subscriber: Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")],
    rate: Annotated[float | None, typer.Option(help="Deliveries per second at most.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
) -> None:
    """Send every record that its filters match, as it is now; steer it with `hirewire replay`."""
    body = {"rate": rate, "dry_run": dry_run or None}
    answer = client.post(f"subscribers/{part(subscriber)}/backfill", body)
    if dry_run:
        show(answer, as_json=client.as_json)
    else:
        follow(client, answer, wait=not no_wait)
