"""Follows a replay or a backfill to its end, with a bar for a person."""

import time
from typing import Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from service.cli.client import Client, part
from service.cli.output import console, say, show

POLL_S = 0.3
SETTLED = ("done", "canceled", "paused")


def follow(client: Client, answer: dict[str, Any], *, wait: bool) -> None:
    """Show a replay, at its end if that is waited for; Ctrl-C leaves it running."""
    replay_id = str(answer["id"])
    if wait and not client.as_json:
        try:
            answer = _watched(client, answer)
        except KeyboardInterrupt:
            say(f"still running; stop it with: hirewire replay --cancel {replay_id}")
            raise typer.Exit(130) from None
    while wait and answer.get("status") not in SETTLED:
        time.sleep(POLL_S)
        answer = client.get(f"replays/{part(replay_id)}")
    show(answer, as_json=client.as_json)
    if answer.get("failed"):
        raise typer.Exit(1)


def _watched(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(_said(answer), total=answer.get("total"))
        while answer.get("status") not in SETTLED:
            settled = int(answer.get("done") or 0) + int(answer.get("failed") or 0)
            progress.update(
                task, completed=settled, total=answer.get("total"), description=_said(answer)
            )
            time.sleep(POLL_S)
            answer = client.get(f"replays/{part(str(answer['id']))}")
    return answer


def _said(answer: dict[str, Any]) -> str:
    name = f"{answer.get('kind') or 'replay'} {answer['id']}"
    if answer.get("selecting"):
        return f"{name}: {answer.get('selected')} selected so far"
    failed = answer.get("failed")
    return f"{name}: {failed} failed" if failed else name
