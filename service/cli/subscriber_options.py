"""What `subscribers add` and `update` may ask for: the options, and the body that they become."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.secrets_in import secret_from
from service.core.errors import HirewireError

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
Timeout = Annotated[
    float | None,
    typer.Option(help="Seconds for a whole exchange; shorter than the installation's."),
]
Rate = Annotated[float | None, typer.Option(help="Requests per second at most.")]
Concurrency = Annotated[int | None, typer.Option(help="Requests in flight at most.")]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", help="'Name: value' sent along; may be repeated."),
]
Jobs = Annotated[
    list[str] | None,
    typer.Option("--job", help="Only this job, by either id; may be repeated.", metavar="ID"),
]
Stages = Annotated[
    list[str] | None,
    typer.Option("--stage", help="Only this stage, by either id; may be repeated.", metavar="ID"),
]
Watch = Annotated[
    list[str] | None,
    typer.Option(help="Send updates of this field only; may be repeated.", metavar="MODEL.FIELD"),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(help="No update of this field alone; may be repeated.", metavar="MODEL.FIELD"),
]
Where = Annotated[
    str | None,
    typer.Option(help="Conditions as JSON, or @file with them.", metavar="JSON"),
]
Redact = Annotated[
    list[str] | None,
    typer.Option(
        help="Hide a field, or class:sensitive, class:personal: drop (default), mask or hash; "
        "may be repeated.",
        metavar="MODEL.FIELD[=HOW]",
    ),
]
Asymmetric = Annotated[
    bool | None, typer.Option("--asymmetric/--symmetric", help="Sign with Ed25519 too.")
]
Challenge = Annotated[
    bool | None,
    typer.Option("--challenge/--no-challenge", help="Send nothing before the URL proved itself."),
]
ProxyFile = Annotated[
    str | None,
    typer.Option(help="File with the proxy's URL, which may hold a password (-: standard input)."),
]
Certificate = Annotated[
    Path | None,
    typer.Option(help="PEM file to show the receiver: certificate, chain, private key."),
]
VendorSecretFile = Annotated[
    str | None,
    typer.Option(help="File with the secret of Kombo's or Truto's signature (-: standard input)."),
]


def body(**said: Any) -> dict[str, object]:
    """Return the request's body for options by their parameters' names."""
    certificate = said["client_certificate"]
    return {
        "url": said["url"],
        "event_types": said["types"],
        "connection_ids": said["connections"],
        "format": said["format_"],
        "retry_schedule": _seconds(said["retry_schedule"]),
        "timeout": said["timeout"],
        "rate": said["rate"],
        "concurrency": said["concurrency"],
        "headers": _headers(said["headers"] or []),
        "job_ids": said["jobs"],
        "stage_ids": said["stages"],
        "watch": said["watch"],
        "ignore": said["ignore"],
        "conditions": _conditions(said["where"]),
        "redact": [_redaction(each) for each in said["redact"] or []],
        "asymmetric": said["asymmetric"],
        "challenge": said["challenge"],
        "proxy": _secret(said["proxy_file"], "Proxy"),
        "client_certificate": _read(certificate) if certificate else None,
        "vendor_secret": _secret(said["vendor_secret_file"], "Vendor's secret"),
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


def _conditions(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        read = json.loads(_read(Path(text[1:])) if text.startswith("@") else text)
    except ValueError as error:
        raise HirewireError(f"--where: is not JSON: {str(error)[:100]}") from None
    if not isinstance(read, dict):
        raise HirewireError('--where: must be an object, as {"changed": "outcome"}')
    return read


def _redaction(text: str) -> dict[str, str]:
    path, _, how = text.partition("=")
    return {"path": path, "how": how or "drop"}


def _secret(file: str | None, question: str) -> str | None:
    return secret_from(file, question) if file else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise HirewireError(f"cannot read {path}: {type(error).__name__}") from None
