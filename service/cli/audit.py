"""`hirewire audit`: who changed what."""

from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http
from service.cli.output import show_page

app = typer.Typer(no_args_is_help=True, help="Who changed what, and when.")

COLUMNS = ("at", "who", "action", "targets", "outcome", "status")


@app.command("list")
@over_http
def list_(
    client: Client,
    actor: Annotated[
        str | None, typer.Option(help="admin, key or subscriber, or the id of one.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="Part of it, as DELETE or /replays.")] = None,
    target: Annotated[str | None, typer.Option(help="The id of what it was done to.")] = None,
    outcome: Annotated[str | None, typer.Option(help="done, refused or failed.")] = None,
    since: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """List what was done, newest first."""
    page = client.get(
        "audit",
        actor=actor,
        action=action,
        target=target,
        outcome=outcome,
        since=since,
        until=until,
        limit=limit,
        after=after,
    )
    if not client.as_json:
        page = page | {"items": [_told(each) for each in page.get("items") or []]}
    show_page(page, COLUMNS, as_json=client.as_json)


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    actor = entry.get("actor") or {}
    who = actor.get("name") or actor.get("id") or actor.get("kind")
    targets = entry.get("targets") or {}
    return entry | {"who": who, "targets": [f"{name}={value}" for name, value in targets.items()]}
