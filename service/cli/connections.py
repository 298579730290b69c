"""`hirewire connections`: link Recruitee companies, and look after the links."""

from typing import Annotated

import typer

from service.cli import linking, setup_links
from service.cli.client import Client, over_http, part
from service.cli.output import done, say, show, show_page
from service.cli.secrets_in import secret_from
from service.core.errors import HirewireError

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
OnlyCreated = Annotated[
    bool | None,
    typer.Option(
        "--only-created/--all-candidates",
        help="Keep of candidates only those that were made through Hirewire or imported.",
    ),
]
PrivateNotes = Annotated[
    bool | None,
    typer.Option("--private-notes/--no-private-notes", help="Keep notes that are not public."),
]
RemoteData = Annotated[
    bool | None,
    typer.Option(
        "--remote-data/--no-remote-data", help="Show in reads what Recruitee serves, word for word."
    ),
]
Retention = Annotated[
    Many,
    typer.Option(
        "--retention-days",
        metavar="MODEL=DAYS",
        help="Forget what ended so long ago (activities: came), by commas or repeated; `none` for none.",
    ),
]
Consent = Annotated[
    Many,
    typer.Option(
        "--consent-days",
        metavar="DAYS",
        help="Tell so many days before a consent ends, by commas or repeated; `none` for never.",
    ),
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
    id_: Annotated[
        str | None,
        typer.Option("--id", help="An integration id of Kombo's (24 characters) to keep."),
    ] = None,
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
    only_created: OnlyCreated = None,
    private_notes: PrivateNotes = None,
    remote_data: RemoteData = None,
    retention_days: Retention = None,
    consent_days: Consent = None,
) -> None:
    """Link a company; prints the webhook URL to paste into Recruitee."""
    company = company or str(typer.prompt("Recruitee company id or subdomain", err=True))
    api_token = secret_from(token_file, "Recruitee API token")
    secret = secret_from(webhook_secret_file, "Webhook secret") if webhook_secret_file else None
    made = client.post(
        "connections",
        {
            "company_id": company,
            "id": id_,
            "name": name,
            "api_token": api_token,
            "webhook_secret": secret,
            "scope": _scope(models, jobs, departments, drop, only_created),
            "private_notes": private_notes,
            "remote_data": remote_data,
            **_limits(retention_days, consent_days),
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
    only_created: OnlyCreated = None,
    private_notes: PrivateNotes = None,
    remote_data: RemoteData = None,
    retention_days: Retention = None,
    consent_days: Consent = None,
) -> None:
    """Change a connection's name, API token, webhook secret, or what of the company is kept how long."""
    body: dict[str, object] = {"name": name, "private_notes": private_notes}
    body["remote_data"] = remote_data
    body["scope"] = _scope(models, jobs, departments, drop, only_created)
    limits = _limits(retention_days, consent_days)
    if ask_token or token_file:
        body["api_token"] = secret_from(token_file, "Recruitee API token")
    if ask_secret or webhook_secret_file:
        body["webhook_secret"] = secret_from(webhook_secret_file, "Webhook secret")
    answer = client.patch(f"connections/{part(connection)}", body, limits)
    show(answer, as_json=client.as_json)


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
    "link": setup_links.link,
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


def _scope(
    models: Many, jobs: Many, departments: Many, drop: Many, only_created: bool | None
) -> dict[str, object]:
    """Return what of the scope was given; `all` stands for no choice, `none` for no field."""
    given = {"models": _apart(models), "jobs": _apart(jobs), "departments": departments}
    chosen: dict[str, object] = {k: None if v == ["all"] else v for k, v in given.items() if v}
    dropped = _apart(drop)
    chosen |= {} if only_created is None else {"only_created": only_created}
    return chosen | ({"drop": [] if dropped == ["none"] else dropped} if dropped else {})


def _limits(retention: Many, consent: Many) -> dict[str, object]:
    """Return the limits that were given; raises HirewireError for what is no number of days."""
    found: dict[str, object] = {}
    if retention:
        pairs = (each.partition("=") for each in _apart(retention) if each != "none")
        found["retention_days"] = {model.strip(): _days(days) for model, _, days in pairs}
    if consent:
        # A tuple: an empty list would count as not given, and be the default of a new connection.
        days = tuple(_days(each) for each in _apart(consent) if each != "none")
        found["consent_expiring_days"] = days
    return found


def _days(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise HirewireError(f"{text.strip()!r} is no number of days")
    return int(text)


def _apart(names: Many) -> list[str]:
    return [name.strip() for each in names or () for name in each.split(",") if name.strip()]
