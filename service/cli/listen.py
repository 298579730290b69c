"""`hirewire listen`: forward events to an address of your own, signed as a delivery is."""

import time
from collections.abc import Iterator
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

import httpx
import typer

from service import __version__
from service.cli.client import Client, over_http
from service.cli.following import Event, filters_of, follow
from service.cli.output import print_json, say
from service.cli.secrets_in import secret_from
from service.core import signing
from service.core.errors import HirewireError

TIMEOUT_S = 15.0
NOW = "now"


class Tried(NamedTuple):
    """How an event was taken; `status` None: nothing was answered, and `error` says why."""

    status: int | None
    error: str | None
    duration_ms: int


@over_http
def listen(
    client: Client,
    url: Annotated[str, typer.Argument(help="Where events are posted to.")],
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Event type, or model.*; may be repeated.", metavar="TYPE"),
    ] = None,
    connection: Annotated[str | None, typer.Option(help="Connection id.")] = None,
    subscriber: Annotated[
        str | None, typer.Option(help="Under this subscriber's filters and redaction.")
    ] = None,
    after: Annotated[
        str, typer.Option(help="A cursor to begin at, or `now`; `oldest` for all that is kept.")
    ] = NOW,
    secret_file: Annotated[
        str | None, typer.Option(help="File with a whsec_ secret to sign with; else one is made.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many events.", min=1)] = None,
) -> None:
    """Forward events to a local address; each is posted once, and how it was taken is printed."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise HirewireError("URL: must be an address as http://127.0.0.1:3000/webhooks")
    secret = _secret(secret_file)
    if client.as_json:
        print_json({"url": url, "secret": secret})
    else:
        say(f"Forwarding to {url}\nSigned with {secret}\n")
    begin = None if after == "oldest" else after
    events = follow(client, filters_of(types, connection, subscriber), begin)
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as http:
        for event in taken(events, limit):
            _say(event, _post(http, url, event, secret), as_json=client.as_json)


def taken(events: Iterator[Event], limit: int | None) -> Iterator[Event]:
    """Yield events up to a limit, and stop in peace when somebody presses Ctrl-C."""
    try:
        for count, event in enumerate(events, 1):
            yield event
            if count == limit:
                return
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _secret(file: str | None) -> str:
    if file is None:
        return signing.new_secret()
    secret = secret_from(file, "Signing secret")
    if problem := signing.secret_problem(secret):
        raise HirewireError(f"the signing secret {problem}")
    return secret


def _post(http: httpx.Client, url: str, event: Event, secret: str) -> Tried:
    headers = signing.delivery_headers(event.envelope["id"], int(time.time()), event.body, [secret])
    headers |= {"content-type": "application/json", "user-agent": f"Hirewire/{__version__}"}
    began = time.monotonic()
    try:
        status: int | None = http.post(url, content=event.body, headers=headers).status_code
        error = None
    except httpx.HTTPError as fault:
        status, error = None, type(fault).__name__
    return Tried(status, error, int((time.monotonic() - began) * 1000))


def _say(event: Event, tried: Tried, *, as_json: bool) -> None:
    about = event.envelope
    if as_json:
        print_json({"event_id": about["id"], "type": about["type"], **tried._asdict()})
    else:
        how = tried.error or str(tried.status)
        say(f"{how:<14} {tried.duration_ms:>5} ms  {about['type']:<28} {about['id']}")
