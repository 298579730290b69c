"""`hirewire doctor`: each finding in a sentence with its cure; status 1 if one of them is a failure."""

import asyncio
import os
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from service.cli.client import Client, RequestFailed, over_http
from service.cli.output import console, print_json
from service.core.settings import Settings
from service.core.store.condition import Finding, examine
from service.core.store.redis import Pipe, connect
from service.core.store.store import Store

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "bold red")}


@over_http
def doctor(client: Client) -> None:
    """Check Redis, keys, clock, queues and reachability; status 1 with the cure in words."""
    settings = Settings.from_env(os.environ)
    findings = _inside(client, settings)
    failed = any(f["level"] == "failed" for f in findings)
    if client.as_json:
        print_json({"healthy": not failed, "findings": findings})
    else:
        _print(findings)
    raise typer.Exit(1 if failed else 0)


def _inside(client: Client, settings: Settings) -> list[dict[str, Any]]:
    """Ask the instance; where it does not answer, look at Redis from here if we may."""
    try:
        found: list[dict[str, Any]] = client.get("doctor")["findings"]
        return [_finding("service", "ok", f"{client.url} answers"), *found]
    except RequestFailed as error:
        findings = [_finding("service", "failed", str(error))]
        if settings.redis_url is not None and settings.master_key is not None:
            findings += [f._asdict() for f in asyncio.run(_directly(settings))]
        return findings


async def _directly(settings: Settings) -> list[Finding]:
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    store = Store.open(settings, Pipe(connect(url, tries=1, name="hirewire-doctor")))
    try:
        return await examine(store, settings)
    finally:
        await store.close()


def _finding(name: str, level: str, text: str) -> dict[str, Any]:
    return {"name": name, "level": level, "text": text}


def _print(findings: list[dict[str, Any]]) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        mark, style = MARKS[finding["level"]]
        table.add_row(
            Text(mark, style=style), Text(finding["name"], style="bold"), Text(finding["text"])
        )
    console().print(table)
