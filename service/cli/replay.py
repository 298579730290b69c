"""`hirewire replay`: send old events again, by id, filter or time range, and watch it go."""

import time
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from service.cli.client import Client, given, over_http, part
from service.cli.output import console, say, show
from service.core.errors import HirewireError

POLL_S = 0.3
SETTLED = ("done", "canceled", "paused")

Many = list[str] | None


def _many(name: str, text: str) -> Any:
    return typer.Option(name, help=text + "; may be repeated.")


@over_http
def replay(
    client: Client,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Events (evt_), dead letters (dlt_)."),
    ] = None,
    types: Annotated[Many, _many("--type", "Event type, wildcards allowed")] = None,
    connections: Annotated[Many, _many("--connection", "Connection id")] = None,
    models: Annotated[Many, _many("--model", "Model")] = None,
    records: Annotated[Many, _many("--record", "Unified record id")] = None,
    http_status: Annotated[
        list[int] | None, typer.Option(help="Dead letters' last status; may be repeated.")
    ] = None,
    subscribers: Annotated[Many, _many("--subscriber", "Only to this subscriber")] = None,
    since: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339 instant.")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what a subscriber has not received.")
    ] = False,
    rate: Annotated[float | None, typer.Option(help="Deliveries per second at most.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
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
        _follow(client, client.get(f"replays/{part(show_id)}"), wait=not no_wait)
        return
    chosen = given(
        {
            **_sorted(ids or []),
            "filter": given(
                {
                    "types": types,
                    "connection_ids": connections,
                    "models": models,
                    "record_ids": records,
                    "http_status": http_status,
                }
            ),
            "since": since,
            "until": until,
            "missing": missing or None,
        }
    )
    if not chosen:
        raise HirewireError("what to replay? give ids, a filter, --since or --missing")
    body = {"subscriber_ids": subscribers, "rate": rate, "dry_run": dry_run or None, **chosen}
    answer = client.post("replays", body)
    if dry_run:
        show(answer, as_json=client.as_json)
    else:
        _follow(client, answer, wait=not no_wait)


def _sorted(ids: list[str]) -> dict[str, object]:
    events = [each for each in ids if each.startswith("evt_")]
    letters = [each for each in ids if each.startswith("dlt_")]
    wrong = set(ids) - set(events) - set(letters)
    if wrong:
        raise HirewireError(f"{min(wrong)} is neither an event (evt_) nor a dead letter (dlt_)")
    return {"event_ids": events, "dead_letter_ids": letters}


def _follow(client: Client, answer: dict[str, Any], *, wait: bool) -> None:
    replay_id = str(answer["id"])
    if wait and not client.as_json:
        try:
            answer = _watched(client, answer)
        except KeyboardInterrupt:
            say(f"still running; stop it with: hirewire replay --cancel {replay_id}")
            raise typer.Exit(130) from None
    while wait and answer.get("status") not in SETTLED:
        time.sleep(POLL_S)
        answer = client.get(f"replays/{part(replay_id)}")
    show(answer, as_json=client.as_json)
    if answer.get("failed"):
        raise typer.Exit(1)


def _watched(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(f"replay {answer['id']}", total=answer.get("total"))
        while answer.get("status") not in SETTLED:
            settled = int(answer.get("done") or 0) + int(answer.get("failed") or 0)
            progress.update(task, completed=settled, total=answer.get("total"))
            time.sleep(POLL_S)
            answer = client.get(f"replays/{part(str(answer['id']))}")
    return answer
