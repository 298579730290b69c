"""`hirewire subscribers`: who gets change events."""

from typing import Annotated

import typer

from service.cli import subscriber_options as said
from service.cli.access import access, rotate_key
from service.cli.backfill import backfill
from service.cli.client import Client, over_http, part
from service.cli.output import done, show, show_page
from service.cli.proving import challenge, send_test
from service.cli.secrets_in import secret_from

app = typer.Typer(no_args_is_help=True, help="Receivers of change events.")

COLUMNS = ("id", "url", "event_types", "format", "status", "reason")
app.command("backfill")(backfill)
app.command("test")(send_test)
app.command("challenge")(challenge)
app.command("access")(access)
app.command("rotate-key")(rotate_key)
Id = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")]


@app.command("add")
@over_http
def add(
    client: Client,
    url: Annotated[str, typer.Argument(help="Where events are posted to.")],
    types: said.Types = None,
    connections: said.Connections = None,
    format_: said.Format = None,
    retry_schedule: said.Schedule = None,
    timeout: said.Timeout = None,
    rate: said.Rate = None,
    concurrency: said.Concurrency = None,
    headers: said.Headers = None,
    jobs: said.Jobs = None,
    stages: said.Stages = None,
    watch: said.Watch = None,
    ignore: said.Ignore = None,
    where: said.Where = None,
    redact: said.Redact = None,
    asymmetric: said.Asymmetric = None,
    challenge: said.Challenge = None,
    proxy_file: said.ProxyFile = None,
    client_certificate: said.Certificate = None,
    vendor_secret_file: said.VendorSecretFile = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            help="File with a whsec_ secret to use (-: standard input); else one is made."
        ),
    ] = None,
    fill: Annotated[
        bool,
        typer.Option("--backfill", help="Send every record it wants, as it is now, besides."),
    ] = False,
) -> None:
    """Add a receiver; prints its signing secret, which is shown only here and at rotation."""
    body = said.body(
        url=url, types=types, connections=connections, format_=format_,
        retry_schedule=retry_schedule, timeout=timeout, rate=rate, concurrency=concurrency, headers=headers,
        jobs=jobs, stages=stages, watch=watch, ignore=ignore, where=where, redact=redact,
        asymmetric=asymmetric, challenge=challenge, proxy_file=proxy_file,
        client_certificate=client_certificate, vendor_secret_file=vendor_secret_file,
    )  # fmt: skip
    if secret_file:
        body["secret"] = secret_from(secret_file, "Signing secret")
    if fill:
        body["backfill"] = True
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
    types: said.Types = None,
    connections: said.Connections = None,
    format_: said.Format = None,
    retry_schedule: said.Schedule = None,
    timeout: said.Timeout = None,
    rate: said.Rate = None,
    concurrency: said.Concurrency = None,
    headers: said.Headers = None,
    jobs: said.Jobs = None,
    stages: said.Stages = None,
    watch: said.Watch = None,
    ignore: said.Ignore = None,
    where: said.Where = None,
    redact: said.Redact = None,
    asymmetric: said.Asymmetric = None,
    challenge: said.Challenge = None,
    proxy_file: said.ProxyFile = None,
    client_certificate: said.Certificate = None,
    vendor_secret_file: said.VendorSecretFile = None,
) -> None:
    """Change what is named; the rest stays."""
    body = said.body(
        url=url, types=types, connections=connections, format_=format_,
        retry_schedule=retry_schedule, timeout=timeout, rate=rate, concurrency=concurrency, headers=headers,
        jobs=jobs, stages=stages, watch=watch, ignore=ignore, where=where, redact=redact,
        asymmetric=asymmetric, challenge=challenge, proxy_file=proxy_file,
        client_certificate=client_certificate, vendor_secret_file=vendor_secret_file,
    )  # fmt: skip
    show(client.patch(f"subscribers/{part(subscriber)}", body), as_json=client.as_json)


@app.command("pause")
@over_http
def pause(client: Client, subscriber: Id) -> None:
    """Hold its deliveries; nothing is lost within the retention."""
    show(client.post(f"subscribers/{part(subscriber)}/pause"), as_json=client.as_json)


@app.command("resume")
@over_http
def resume(
    client: Client,
    subscriber: Id,
    skip: Annotated[
        bool,
        typer.Option("--skip", help="Leave out all that it missed meanwhile, but for erasures."),
    ] = False,
) -> None:
    """Go on where it stopped: everything missed is sent in order, or left out."""
    body = {"skip": True} if skip else {}
    show(client.post(f"subscribers/{part(subscriber)}/resume", body), as_json=client.as_json)


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
