"""`hirewire subscribers access` and `rotate-key`: what a subscriber looks after itself with, and its keys."""

import re
from typing import Annotated

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import done, say, show, show_page
from service.core.errors import HirewireError

COLUMNS = ("id", "name", "begins_with", "created_at", "expires_at", "last_used_at")
KEYS = ("id", "public_key", "expires_at")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
Id = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="The subscriber's id.")]


@over_http
def access(
    client: Client,
    subscriber: Id,
    name: Annotated[str | None, typer.Option(help="Whom it is for.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="When it ends: 90s, 30m, 12h or 7d (the default); 90d at most."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List those that there are.")] = False,
    revoke: Annotated[
        str | None, typer.Option(help="End this one at once.", metavar="ACCESS")
    ] = None,
    limit: int = 50,
    after: str | None = None,
) -> None:
    """Make a token under which a subscriber sees and mends its own deliveries, and nothing else."""
    if sum((listed, revoke is not None, bool(name or expires))) > 1:
        raise HirewireError("--list, --revoke and the options of a new one do not go together")
    path = f"subscribers/{part(subscriber)}/access"
    if listed:
        show_page(client.get(path, limit=limit, after=after), COLUMNS, as_json=client.as_json)
    elif revoke is not None:
        client.delete(f"{path}/{part(revoke)}")
        done(f"revoked {revoke}", as_json=client.as_json, id=revoke, revoked=True)
    else:
        _make(client, path, name, expires)


@over_http
def rotate_key(
    client: Client,
    subscriber: Id,
    overlap: Annotated[
        float | None, typer.Option(help="Seconds for which the old key signs as well.")
    ] = None,
) -> None:
    """Make a new Ed25519 key; during the overlap both sign and both are served."""
    answer = client.post(f"subscribers/{part(subscriber)}/rotate-key", {"overlap_s": overlap})
    if client.as_json:
        show(answer, as_json=True)
        return
    show_page({"items": answer.get("public_keys")}, KEYS, as_json=False)


def _make(client: Client, path: str, name: str | None, expires: str | None) -> None:
    body = {"name": name, "expires_in_s": _seconds(expires) if expires else None}
    made = client.post(path, body)
    show(made, as_json=client.as_json)
    if not client.as_json:
        say(
            "\nKeep the token: it is not shown again. It is used so:\n"
            f"  curl -H 'Authorization: Bearer <token>' {made.get('url')}"
        )


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip().lower())
    if found is None:
        raise HirewireError("--expires: must be as 90s, 30m, 12h or 7d")
    return int(found[1]) * SECONDS[found[2]]
