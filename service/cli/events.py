"""`hirewire events`: what was announced, and what can be."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http, part
from service.cli.following import filters_of, follow
from service.cli.listen import taken
from service.cli.output import print_json, say, show, show_changes, show_page
from service.core.events import TYPES

app = typer.Typer(no_args_is_help=True, help="Change events.")

COLUMNS = ("id", "timestamp", "type", "connection_id", "sequence", "origin")


@app.command("types")
def types(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List every event type."""
    if as_json:
        print_json(list(TYPES))
    else:
        say("\n".join(TYPES))


@app.command("list")
@over_http
def list_(
    client: Client,
    type_: Annotated[str | None, typer.Option("--type", help="Event type, or model.*.")] = None,
    connection: Annotated[str | None, typer.Option(help="Connection id.")] = None,
    model: Annotated[str | None, typer.Option(help="candidate, application, job, ...")] = None,
    record: Annotated[str | None, typer.Option(help="Unified record id.")] = None,
    remote: Annotated[str | None, typer.Option(help="Recruitee's own id.")] = None,
    since: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """List events, newest first."""
    page = client.get(
        "events",
        type=type_,
        connection_id=connection,
        model=model,
        record_id=record,
        remote_id=remote,
        since=since,
        until=until,
        limit=limit,
        after=after,
    )
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, event: Annotated[str, typer.Argument(metavar="EVENT")]) -> None:
    """Show one event with its changes."""
    found = client.get(f"events/{part(event)}")
    if client.as_json:
        print_json(found)
        return
    about = found.get("data") or {}
    show({name: value for name, value in found.items() if name != "data"}, as_json=False)
    show(
        {name: value for name, value in about.items() if name not in ("record", "changes")},
        as_json=False,
    )
    say("")
    show_changes(about.get("changes") or [])


@app.command("tail")
@over_http
def tail(
    client: Client,
    types_: Annotated[
        list[str] | None,
        typer.Option("--type", help="Event type, or model.*; may be repeated.", metavar="TYPE"),
    ] = None,
    connection: Annotated[str | None, typer.Option(help="Connection id.")] = None,
    subscriber: Annotated[
        str | None, typer.Option(help="Under this subscriber's filters and redaction.")
    ] = None,
    after: Annotated[
        str, typer.Option(help="A cursor to begin at, or `now`; `oldest` for all that is kept.")
    ] = "now",
    limit: Annotated[int | None, typer.Option(help="Stop after so many events.", min=1)] = None,
) -> None:
    """Print events as they are committed, until Ctrl-C."""
    begin = None if after == "oldest" else after
    events = follow(client, filters_of(types_, connection, subscriber), begin)
    for event in taken(events, limit):
        say(
            json.dumps(event.envelope, ensure_ascii=False)
            if client.as_json
            else _line(event.envelope)
        )


def _line(event: Mapping[str, Any]) -> str:
    about = event.get("data") or {}
    which = f"{about['model']} {about['remote_id']}" if "model" in about else ""
    paths = ", ".join(each["path"] for each in about.get("changes") or [])
    return f"{event['timestamp']}  {event['type']:<28} {which:<22} {event['id']}  {paths}".rstrip()
