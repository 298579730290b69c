"""`hirewire actions`: what was written to Recruitee through us."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import show, show_page

app = typer.Typer(no_args_is_help=True, help="What was written to Recruitee through us.")
COLUMNS = ("asked_at", "id", "kind", "status", "by", "why", "message")


@app.command("list")
@over_http
def list_(
    client: Client,
    connection: Annotated[str | None, typer.Option(help="Connection id.")] = None,
    kind: Annotated[str | None, typer.Option(help="As create_application or add_note.")] = None,
    status: Annotated[str | None, typer.Option(help="open, done or failed.")] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """List actions, newest first."""
    page = client.get(
        "actions", connection_id=connection, kind=kind, status=status, limit=limit, after=after
    )
    if not client.as_json:
        page = page | {"items": [row | {"by": row["by"]["name"]} for row in page["items"]]}
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, action: str) -> None:
    """Show one action with its steps."""
    show(client.get(f"actions/{part(action)}"), as_json=client.as_json)
