"""`hirewire fields`: the fields that a company made for itself, and what becomes of them."""

from typing import Annotated, Any

import typer

from service.cli.client import Client, over_http, part
from service.cli.output import done, print_json, say, show, show_page
from service.core.errors import HirewireError

app = typer.Typer(no_args_is_help=True, help="A company's own profile and job fields.")

COLUMNS = ("model", "key", "kind", "filled", "example", "custom_key", "pii")
UNMAPPED_COLUMNS = ("model", "field", "value", "count")
ConnectionId = Annotated[
    str | None,
    typer.Option("--connection", help="Connection id; not needed while there is only one."),
]


class NoConnection(HirewireError):
    """Which connection is meant cannot be told."""


@app.command("list")
@over_http
def list_(client: Client, connection: ConnectionId = None) -> None:
    """List every field found: what it is, how often it is filled, a masked example, its mapping."""
    answer = client.get(f"connections/{_id(client, connection)}/fields")
    if client.as_json:
        print_json(answer)
        return
    rows = [{**row, "filled": _filled(row)} for row in answer.get("items") or []]
    show_page({"items": rows}, COLUMNS, as_json=False)
    for one in answer.get("definitions") or []:
        if one.get("status") != "ok":
            say(f"not read: {one.get('path')} ({one.get('reason')})")
    if unmapped := answer.get("unmapped"):
        say("\nValues that no unified field has a word for:")
        show_page({"items": unmapped}, UNMAPPED_COLUMNS, as_json=False)


@app.command("map")
@over_http
def map_(
    client: Client,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The field's key, see `fields list`.")],
    custom_key: Annotated[
        str | None,
        typer.Argument(metavar="[CUSTOM_KEY]", help="Its key in a record's custom_fields."),
    ] = None,
    connection: ConnectionId = None,
    pii: Annotated[str | None, typer.Option(help="none, personal or sensitive.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take mapping and class back.")] = False,
) -> None:
    """Map a field to a key of `custom_fields`, or say what kind of personal data it is."""
    if clear == bool(custom_key or pii):
        raise HirewireError("give a CUSTOM_KEY, --pii, or --clear alone")
    path = f"connections/{_id(client, connection)}/fields/{part(key)}"
    if clear:
        client.delete(path)
        done(f"cleared {key}", as_json=client.as_json, key=key, cleared=True)
        return
    show(client.patch(path, {"custom_key": custom_key, "pii": pii}), as_json=client.as_json)


def _id(client: Client, given: str | None) -> str:
    """Return the connection that is meant: the given one, else the only one there is."""
    if given:
        return part(given)
    items = client.get("connections", limit=2).get("items") or []
    if len(items) != 1:
        raise NoConnection(
            "give --connection: there is not exactly one (`hirewire connections list`)"
        )
    return part(str(items[0]["id"]))


def _filled(row: dict[str, Any]) -> str:
    filled = row.get("filled") or {}
    return f"{filled.get('count', 0)} of {filled.get('of', 0)}"
