"""`hirewire dead-letters`: what could not be delivered or processed, until somebody decides."""

from typing import Annotated

import typer

from service.cli import chosen
from service.cli.client import Answer, Client, given, over_http, part
from service.cli.output import done, show, show_page
from service.core.errors import HirewireError

app = typer.Typer(no_args_is_help=True, help="What ran out of attempts.")

DISCARD = "dead-letters/discard"
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
def discard(
    client: Client,
    dead_letters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DEAD_LETTER]...", help="Ids; or choose by filter."),
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
    dry_run: chosen.DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take dead letters off the list for good; asks first, and says how many."""
    which = chosen.by_filter(types, connections, models, records, subjects, http_status, kind)
    many = given({"filter": which, "subscriber_ids": subscribers, "since": since, "until": until})
    if not many and len(dead_letters or []) == 1 and not dry_run:
        _discard_one(client, (dead_letters or [""])[0], yes=yes)
        return
    body = given({"dead_letter_ids": dead_letters, **many})
    if not body:
        raise HirewireError("what to discard? give ids or a filter")
    if dry_run or not yes:
        counted = client.post(DISCARD, {**body, "dry_run": True})
        if dry_run:
            show(counted, as_json=client.as_json)
            return
        typer.confirm(f"Discard {_count(counted)} dead letters for good?", abort=True)
    gone = _discard_all(client, body)
    done(f"discarded {gone}", as_json=client.as_json, discarded=gone)


def _discard_one(client: Client, dead_letter: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(f"Discard dead letter {dead_letter} for good?", abort=True)
    client.delete(f"dead-letters/{part(dead_letter)}")
    done(f"discarded {dead_letter}", as_json=client.as_json, id=dead_letter, discarded=True)


def _discard_all(client: Client, body: dict[str, object]) -> int:
    gone = 0
    while True:
        answer = client.post(DISCARD, body)
        gone += int(answer.get("discarded") or 0)
        if answer.get("complete", True) or not answer.get("discarded"):
            return gone


def _count(counted: Answer) -> str:
    least = "" if counted.get("complete", True) else "at least "
    return f"{least}{counted.get('total')}"
