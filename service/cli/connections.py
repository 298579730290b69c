"""`hirewire connections`: link Recruitee companies, and look after the links."""

from typing import Annotated

import typer

from service.cli import linking
from service.cli.client import Client, over_http, part
from service.cli.output import done, say, show, show_page
from service.cli.secrets_in import secret_from

app = typer.Typer(no_args_is_help=True, help="Linked Recruitee companies.")

COLUMNS = ("id", "name", "company_id", "status", "created_at")
Id = Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection's id.")]
SecretFile = Annotated[
    str | None,
    typer.Option(help="File with the webhook secret that Recruitee shows (-: standard input)."),
]

Many = list[str] | None
Models = Annotated[
    Many, typer.Option(help="Models to keep, by commas or repeated; `all` for every one.")
]
Jobs = Annotated[
    Many,
    typer.Option(
        help="Jobs to keep, by Recruitee's ids, by commas or repeated; `all` for every one."
    ),
]
Departments = Annotated[
    Many,
    typer.Option(help="Departments to keep, by name or id; may be repeated; `all` for every one."),
]
Drop = Annotated[
    Many,
    typer.Option(
        help="Fields to keep out, as model.field, by commas or repeated; `none` for none."
    ),
]
PrivateNotes = Annotated[
    bool | None,
    typer.Option("--private-notes/--no-private-notes", help="Keep notes that are not public."),
]


@app.command("add")
@over_http
def add(
    client: Client,
    company: Annotated[
        str | None,
        typer.Option(
            "--company", "--company-id", help="Company id or subdomain; else it is asked for."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            "--api-token-file",
            help="File with Recruitee's API token (-: standard input); else it is asked for.",
        ),
    ] = None,
    webhook_secret_file: SecretFile = None,
    models: Models = None,
    jobs: Jobs = None,
    departments: Departments = None,
    drop: Drop = None,
    private_notes: PrivateNotes = None,
) -> None:
    """Link a company; prints the webhook URL to paste into Recruitee."""
    company = company or str(typer.prompt("Recruitee company id or subdomain", err=True))
    api_token = secret_from(token_file, "Recruitee API token")
    secret = secret_from(webhook_secret_file, "Webhook secret") if webhook_secret_file else None
    made = client.post(
        "connections",
        {
            "company_id": company,
            "name": name,
            "api_token": api_token,
            "webhook_secret": secret,
            "scope": _scope(models, jobs, departments, drop),
            "private_notes": private_notes,
        },
    )
    show(made, as_json=client.as_json)
    if not client.as_json and secret is None:
        say(
            "\nPaste the webhook_url into Recruitee (Settings, Apps and plugins, Webhooks), then "
            f"give us the secret that it shows:\n  hirewire connections rotate-secret {made['id']}\n"
            f"Step by step, each confirmed:\n  hirewire connections guide {made['id']}"
        )


@app.command("list")
@over_http
def list_(client: Client, limit: int = 50, after: str | None = None) -> None:
    """List connections, newest first."""
    page = client.get("connections", limit=limit, after=after)
    show_page(page, COLUMNS, as_json=client.as_json)


@app.command("show")
@over_http
def show_(client: Client, connection: Id) -> None:
    """Show one connection."""
    show(client.get(f"connections/{part(connection)}"), as_json=client.as_json)


@app.command("update")
@over_http
def update(
    client: Client,
    connection: Id,
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    ask_token: Annotated[
        bool, typer.Option("--api-token", help="Ask for a new API token.")
    ] = False,
    token_file: Annotated[
        str | None,
        typer.Option("--token-file", "--api-token-file", help="File with a new API token."),
    ] = None,
    ask_secret: Annotated[
        bool, typer.Option("--webhook-secret", help="Ask for the webhook secret.")
    ] = False,
    webhook_secret_file: SecretFile = None,
    models: Models = None,
    jobs: Jobs = None,
    departments: Departments = None,
    drop: Drop = None,
    private_notes: PrivateNotes = None,
) -> None:
    """Change a connection's name, API token, webhook secret, or what of the company is kept."""
    body: dict[str, object] = {"name": name, "private_notes": private_notes}
    body["scope"] = _scope(models, jobs, departments, drop)
    if ask_token or token_file:
        body["api_token"] = secret_from(token_file, "Recruitee API token")
    if ask_secret or webhook_secret_file:
        body["webhook_secret"] = secret_from(webhook_secret_file, "Webhook secret")
    show(client.patch(f"connections/{part(connection)}", body), as_json=client.as_json)


@app.command("rotate-secret")
@over_http
def rotate_secret(client: Client, connection: Id, webhook_secret_file: SecretFile = None) -> None:
    """Give us the webhook secret that Recruitee shows, the first or a new one."""
    secret = secret_from(webhook_secret_file, "Webhook secret")
    answer = client.patch(f"connections/{part(connection)}", {"webhook_secret": secret})
    show(answer, as_json=client.as_json)


for name, command in {
    "check": linking.check,
    "capture": linking.capture,
    "guide": linking.guide,
}.items():
    app.command(name)(command)


@app.command("remove")
@over_http
def remove(
    client: Client,
    connection: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Unlink a company and forget what is stored about it."""
    if not yes:
        typer.confirm(f"Remove connection {connection} and all that is stored for it?", abort=True)
    client.delete(f"connections/{part(connection)}")
    done(f"removed {connection}", as_json=client.as_json, id=connection, removed=True)


def _scope(models: Many, jobs: Many, departments: Many, drop: Many) -> dict[str, object]:
    """Return what of the scope was given; `all` stands for no choice, `none` for no field."""
    given = {"models": _apart(models), "jobs": _apart(jobs), "departments": departments}
    chosen: dict[str, object] = {k: None if v == ["all"] else v for k, v in given.items() if v}
    dropped = _apart(drop)
    return chosen | ({"drop": [] if dropped == ["none"] else dropped} if dropped else {})


def _apart(names: Many) -> list[str]:
    return [name.strip() for each in names or () for name in each.split(",") if name.strip()]
