"""`hirewire api-keys`: who else may ask this instance, and for what."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import done, say, show, show_page

app = typer.Typer(no_args_is_help=True, help="Keys for programs that ask this instance.")

COLUMNS = ("id", "name", "begins_with", "scopes", "connection_ids", "expires_at", "last_used_at")


@app.command("add")
@over_http
def add(
    client: Client,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help="read, act, passthrough, feed or ops; may be repeated."),
    ],
    connections: Annotated[
        list[str] | None,
        typer.Option("--connection", help="Only this connection; may be repeated.", metavar="ID"),
    ] = None,
    subscriber: Annotated[
        str | None,
        typer.Option(help="Reads the feed under this subscriber's filters and redaction."),
    ] = None,
    expires: Annotated[str | None, typer.Option(help="RFC 3339 instant; else never.")] = None,
    rate: Annotated[int | None, typer.Option(help="Requests a minute at most.")] = None,
) -> None:
    """Make a key and print it; it is shown only here."""
    body = {
        "name": name,
        "scopes": scopes,
        "connection_ids": connections,
        "subscriber_id": subscriber,
        "expires_at": expires,
        "rate_per_minute": rate,
    }
    show(client.post("api-keys", body), as_json=client.as_json)
    if not client.as_json:
        say("\nKeep the key: it is not shown again.")


@app.command("list")
@over_http
def list_(client: Client, limit: int = 50, after: str | None = None) -> None:
    """List keys, newest first."""
    page = client.get("api-keys", limit=limit, after=after)
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("remove")
@over_http
def remove(
    client: Client,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take a key back: it opens nothing any more."""
    if not yes:
        typer.confirm(f"Remove key {key}? Whoever uses it is refused from now on.", abort=True)
    client.delete(f"api-keys/{part(key)}")
    done(f"removed {key}", as_json=client.as_json, id=key, removed=True)
