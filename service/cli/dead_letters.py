"""`hirewire dead-letters`: what could not be delivered or processed, until somebody decides."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import done, show, show_page

app = typer.Typer(no_args_is_help=True, help="What ran out of attempts.")

COLUMNS = ("id", "kind", "type", "subscriber_id", "connection_id", "reason", "failed_at", "status")
Id = Annotated[str, typer.Argument(metavar="DEAD_LETTER", help="The dead letter's id.")]


@app.command("list")
@over_http
def list_(
    client: Client,
    kind: Annotated[str | None, typer.Option(help="delivery or inbound.")] = None,
    subscriber: Annotated[str | None, typer.Option(help="Subscriber id.")] = None,
    connection: Annotated[str | None, typer.Option(help="Connection id.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Event type.")] = None,
    since: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """List dead letters, newest first."""
    page = client.get(
        "dead-letters",
        kind=kind,
        subscriber_id=subscriber,
        connection_id=connection,
        type=type_,
        since=since,
        until=until,
        limit=limit,
        after=after,
    )
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, dead_letter: Id) -> None:
    """Show one dead letter."""
    show(client.get(f"dead-letters/{part(dead_letter)}"), as_json=client.as_json)


@app.command("replay")
@over_http
def replay(client: Client, dead_letter: Id) -> None:
    """Try it again; follow it with `hirewire replay --show`."""
    show(client.post(f"dead-letters/{part(dead_letter)}/replay"), as_json=client.as_json)


@app.command("discard")
@over_http
def discard(client: Client, dead_letter: Id) -> None:
    """Take it off the list for good."""
    client.delete(f"dead-letters/{part(dead_letter)}")
    done(f"discarded {dead_letter}", as_json=client.as_json, id=dead_letter, discarded=True)
