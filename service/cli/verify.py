"""`hirewire verify`: is the signature of this saved request good, and if not, why not."""

import time
from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import print_json, say
from service.cli.secrets_in import secret_from
from service.cli.verifying import (
    TOLERANCE_S,
    read_headers,
    recruitee_problems,
    standard_problems,
)
from service.core import times
from service.core.errors import HirewireError


def verify(
    headers_file: Annotated[
        Path, typer.Option("--headers", help="File with the headers: lines, or JSON.")
    ],
    body_file: Annotated[Path, typer.Option("--body", help="File with the raw body.")],
    secret_file: Annotated[
        str | None,
        typer.Option(
            help="File with the secret, or several, one a line (-: standard input); else asked for."
        ),
    ] = None,
    recruitee: Annotated[
        bool, typer.Option("--recruitee", help="A webhook of Recruitee's, not one of ours.")
    ] = False,
    at: Annotated[str | None, typer.Option(help="When it arrived (RFC 3339); else now.")] = None,
    tolerance: Annotated[
        float, typer.Option(help="Seconds that the timestamp may be off.", min=0)
    ] = TOLERANCE_S,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a saved request's signature; status 1 when it is not good."""
    headers = read_headers(_bytes(headers_file).decode("utf-8", "replace"))
    body = _bytes(body_file)
    secrets = [line for line in secret_from(secret_file, "Secret").splitlines() if line]
    if recruitee:
        problems = recruitee_problems(headers, body, secrets)
    else:
        problems = standard_problems(headers, body, secrets, _seconds(at), tolerance)
    if as_json:
        print_json({"good": not problems, "problems": problems})
    else:
        say("\n".join(problems) or "the signature is good")
    if problems:
        raise typer.Exit(1)


def _seconds(at: str | None) -> float:
    if at is None:
        return time.time()
    ms = times.parse(at)
    if ms is None:
        raise HirewireError("--at: must be an instant as 2026-04-21T07:40:00Z")
    return ms / 1000


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HirewireError(f"cannot read {path}: {type(error).__name__}") from None
