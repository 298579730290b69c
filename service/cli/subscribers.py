"""`hirewire subscribers`: who gets change events."""

import time
from typing import Annotated

import typer

from service.cli.client import Answer, Client, over_http, part
from service.cli.deliveries import show_delivery
from service.cli.output import done, show, show_page
from service.cli.secrets_in import secret_from
from service.core.errors import HirewireError

app = typer.Typer(no_args_is_help=True, help="Receivers of change events.")

TEST_S = 20.0
POLL_S = 0.1
COLUMNS = ("id", "url", "event_types", "format", "status", "reason")
Id = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Event type, or model.*; may be repeated.", metavar="TYPE"),
]
Connections = Annotated[
    list[str] | None,
    typer.Option("--connection", help="Only this connection; may be repeated.", metavar="ID"),
]
Format = Annotated[
    str | None, typer.Option("--format", help="hirewire, thin, cloudevents, kombo or truto.")
]
Schedule = Annotated[
    str | None,
    typer.Option("--retry-schedule", help="Seconds before attempt 1, 2, ..., by commas."),
]
Rate = Annotated[float | None, typer.Option(help="Requests per second at most.")]
Concurrency = Annotated[int | None, typer.Option(help="Requests in flight at most.")]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", help="'Name: value' sent along; may be repeated."),
]


@app.command("add")
@over_http
def add(
    client: Client,
    url: Annotated[str, typer.Argument(help="Where events are posted to.")],
    types: Types = None,
    connections: Connections = None,
    format_: Format = None,
    retry_schedule: Schedule = None,
    rate: Rate = None,
    concurrency: Concurrency = None,
    headers: Headers = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            help="File with a whsec_ secret to use (-: standard input); else one is made."
        ),
    ] = None,
) -> None:
    """Add a receiver; prints its signing secret, which is shown only here and at rotation."""
    body = _body(url, types, connections, format_, retry_schedule, rate, concurrency, headers)
    if secret_file:
        body["secret"] = secret_from(secret_file, "Signing secret")
    show(client.post("subscribers", body), as_json=client.as_json)


@app.command("list")
@over_http
def list_(client: Client, limit: int = 50, after: str | None = None) -> None:
    """List subscribers, newest first."""
    page = client.get("subscribers", limit=limit, after=after)
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, subscriber: Id) -> None:
    """Show one subscriber."""
    show(client.get(f"subscribers/{part(subscriber)}"), as_json=client.as_json)


@app.command("update")
@over_http
def update(
    client: Client,
    subscriber: Id,
    url: Annotated[str | None, typer.Option("--to", help="A new address to post to.")] = None,
    types: Types = None,
    connections: Connections = None,
    format_: Format = None,
    retry_schedule: Schedule = None,
    rate: Rate = None,
    concurrency: Concurrency = None,
    headers: Headers = None,
) -> None:
    """Change what is named; the rest stays."""
    body = _body(url, types, connections, format_, retry_schedule, rate, concurrency, headers)
    show(client.patch(f"subscribers/{part(subscriber)}", body), as_json=client.as_json)


@app.command("pause")
@over_http
def pause(client: Client, subscriber: Id) -> None:
    """Hold its deliveries; nothing is lost within the retention."""
    show(client.post(f"subscribers/{part(subscriber)}/pause"), as_json=client.as_json)


@app.command("resume")
@over_http
def resume(client: Client, subscriber: Id) -> None:
    """Go on where it stopped."""
    show(client.post(f"subscribers/{part(subscriber)}/resume"), as_json=client.as_json)


@app.command("rotate-secret")
@over_http
def rotate_secret(
    client: Client,
    subscriber: Id,
    overlap: Annotated[
        float | None, typer.Option(help="Seconds for which the old secret signs as well.")
    ] = None,
) -> None:
    """Make a new signing secret and print it."""
    path = f"subscribers/{part(subscriber)}/rotate-secret"
    show(client.post(path, {"overlap_s": overlap}), as_json=client.as_json)


@app.command("test")
@over_http
def test(client: Client, subscriber: Id) -> None:
    """Send a signed test event and show how it was answered; status 1 when it was not taken."""
    sent = client.post(f"subscribers/{part(subscriber)}/test")
    found = _attempted(client, str(sent.get("delivery_id", "")))
    show_delivery(found, as_json=client.as_json)
    if not any(_taken(attempt) for attempt in found["attempts"]):
        raise typer.Exit(1)


@app.command("remove")
@over_http
def remove(
    client: Client,
    subscriber: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget a receiver and its open deliveries."""
    if not yes:
        typer.confirm(f"Remove subscriber {subscriber} and its open deliveries?", abort=True)
    client.delete(f"subscribers/{part(subscriber)}")
    done(f"removed {subscriber}", as_json=client.as_json, id=subscriber, removed=True)


def _body(
    url: str | None,
    types: list[str] | None,
    connections: list[str] | None,
    format_: str | None,
    retry_schedule: str | None,
    rate: float | None,
    concurrency: int | None,
    headers: list[str] | None,
) -> dict[str, object]:
    return {
        "url": url,
        "event_types": types,
        "connection_ids": connections,
        "format": format_,
        "retry_schedule": _seconds(retry_schedule),
        "rate": rate,
        "concurrency": concurrency,
        "headers": _headers(headers or []),
    }


def _seconds(text: str | None) -> list[float] | None:
    try:
        return [float(each) for each in text.split(",")] if text else None
    except ValueError:
        raise HirewireError("--retry-schedule: must be seconds by commas, as 0,5,60") from None


def _headers(lines: list[str]) -> dict[str, str]:
    pairs = [line.partition(":") for line in lines]
    if any(not separator for _, separator, _ in pairs):
        raise HirewireError("--header: must be as 'Name: value'")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _attempted(client: Client, delivery_id: str) -> Answer:
    deadline = time.monotonic() + TEST_S
    while True:
        found = client.get(f"deliveries/{part(delivery_id)}")
        if found.get("attempts"):
            return found
        if time.monotonic() > deadline:
            raise HirewireError(
                f"no attempt was made within {TEST_S:g} s; is a worker running, and is the "
                "subscriber active?"
            )
        time.sleep(POLL_S)


def _taken(attempt: Answer) -> bool:
    status = attempt.get("status_code")
    return isinstance(status, int) and 200 <= status < 300
