"""`hirewire connections link`: an address at which a company's people link it themselves."""

from typing import Annotated

import typer

from service.cli.client import Client, over_http
from service.cli.output import say, show

UNITS = {"m": 60, "h": 3600, "d": 86_400}


@over_http
def link(
    client: Client,
    connection: Annotated[
        str | None,
        typer.Option(help="Give this connection a new token or webhook; else a new one is made."),
    ] = None,
    only_webhook: Annotated[
        bool, typer.Option("--only-webhook", help="With --connection: skip the token.")
    ] = False,
    name: Annotated[str, typer.Option(help="The company's name, shown on the page.")] = "",
    email: Annotated[str | None, typer.Option(help="Whom the link is for.")] = None,
    origin_id: Annotated[str | None, typer.Option(help="The company's id in your system.")] = None,
    redirect_uri: Annotated[
        str, typer.Option(help="Where to go when it is done, with the result in the query.")
    ] = "",
    language: Annotated[str, typer.Option(help="en, de, fr, it or es.")] = "en",
    expires_in: Annotated[str, typer.Option(help="As 30m, 12h or 7d; a year at most.")] = "7d",
) -> None:
    """Make a one-time link: whoever opens it pastes the API token and sets up the webhook."""
    made = client.post(
        "links",
        {
            "connection_id": connection,
            "only_webhook": only_webhook,
            "organization_name": name,
            "email": email,
            "origin_id": origin_id,
            "redirect_uri": redirect_uri,
            "language": language,
            "expires_in_s": _seconds(expires_in),
        },
    )
    show(made, as_json=client.as_json)
    if not client.as_json:
        say("\nSend the url to whoever may make API tokens in Recruitee; it is shown only now.")


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:].lower()
    if not number.isdecimal() or unit not in UNITS:
        raise typer.BadParameter("must be like 30m, 12h or 7d", param_hint="--expires-in")
    return int(number) * UNITS[unit]
