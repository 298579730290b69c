"""`hirewire mcp-tokens`: addresses for agents that cannot send a header."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import done, say, show, show_page

app = typer.Typer(no_args_is_help=True, help="MCP addresses for agents that cannot send a header.")

COLUMNS = ("id", "name", "connection_id", "begins_with", "scopes", "expires_at")


@app.command("add")
@over_http
def add(
    client: Client,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    connection: Annotated[str, typer.Option(help="Which company.", metavar="ID")],
    methods: Annotated[
        list[str] | None,
        typer.Option("--method", help="read, write, or a tool's exact name; may be repeated."),
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", help="Only tools with any of these tags; may be repeated."),
    ] = None,
    expires: Annotated[str | None, typer.Option(help="RFC 3339 instant; else never.")] = None,
    require_token: Annotated[
        bool, typer.Option(help="The admin token or an API key must be sent as well.")
    ] = False,
) -> None:
    """Make an address and print it; it is shown only here."""
    body = {
        "name": name,
        "connection_id": connection,
        "config": {
            "methods": methods or [],
            "tags": tags or [],
            "require_api_token_auth": require_token,
        },
        "expires_at": expires,
    }
    show(client.post("mcp-tokens", body), as_json=client.as_json)
    if not client.as_json:
        say("\nKeep the address secret: whoever has it may use its tools. It is not shown again.")


@app.command("list")
@over_http
def list_(client: Client, limit: int = 50, after: str | None = None) -> None:
    """List addresses that have not expired, newest first."""
    page = client.get("mcp-tokens", limit=limit, after=after)
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("remove")
@over_http
def remove(
    client: Client,
    address: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take an address back: it opens nothing any more."""
    if not yes:
        typer.confirm(f"Remove {address}? Whoever uses it is refused from now on.", abort=True)
    client.delete(f"mcp-tokens/{part(address)}")
    done(f"removed {address}", as_json=client.as_json, id=address, removed=True)
