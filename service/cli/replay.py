"""`hirewire replay`: send old events again, by id, filter or time range, and watch it go."""

from typing import Annotated

import typer

from service.cli import chosen
from service.cli.client import Client, given, over_http, part
from service.cli.output import show
from service.cli.progress import follow
from service.core.errors import HirewireError


@over_http
def replay(
    client: Client,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Events (evt_), dead letters (dlt_)."),
    ] = None,
    types: chosen.Types = None,
    connections: chosen.Connections = None,
    models: chosen.Models = None,
    records: chosen.Records = None,
    subjects: chosen.Subjects = None,
    http_status: chosen.HttpStatus = None,
    kind: chosen.Kind = None,
    subscribers: chosen.Subscribers = None,
    since: chosen.Since = None,
    until: chosen.Until = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what a subscriber has not received.")
    ] = False,
    rate: Annotated[float | None, typer.Option(help="Deliveries per second at most.")] = None,
    dry_run: chosen.DryRun = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
    show_id: Annotated[str | None, typer.Option("--show", help="Follow a replay by id.")] = None,
    pause: Annotated[str | None, typer.Option(help="Pause a replay by id.")] = None,
    resume: Annotated[str | None, typer.Option(help="Resume a replay by id.")] = None,
    cancel: Annotated[str | None, typer.Option(help="Cancel a replay by id.")] = None,
) -> None:
    """Send old events again, under their old ids; Ctrl-C leaves it running."""
    for action, replay_id in (("pause", pause), ("resume", resume), ("cancel", cancel)):
        if replay_id:
            answer = client.post(f"replays/{part(replay_id)}/{action}")
            show(answer, as_json=client.as_json)
            return
    if show_id:
        follow(client, client.get(f"replays/{part(show_id)}"), wait=not no_wait)
        return
    which = chosen.by_filter(types, connections, models, records, subjects, http_status, kind)
    asked = given(
        {
            **chosen.by_id(ids or []),
            "filter": which,
            "since": since,
            "until": until,
            "missing": missing or None,
        }
    )
    if not asked:
        raise HirewireError("what to replay? give ids, a filter, --since or --missing")
    body = {"subscriber_ids": subscribers, "rate": rate, "dry_run": dry_run or None, **asked}
    answer = client.post("replays", body)
    if dry_run:
        show(answer, as_json=client.as_json)
    else:
        follow(client, answer, wait=not no_wait)
