"""`hirewire sync`: read a company in full again, and watch how far that is."""

import time
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from service.cli.client import Client, over_http, part
from service.cli.output import console, print_json, say, show, show_page
from service.core.errors import HirewireError

POLL_S = 0.5
COLUMNS = ("name", "read", "of", "done", "note")


@over_http
def sync(
    client: Client,
    connection: Annotated[
        str | None,
        typer.Option("--connection", help="Connection id; needed when there are several."),
    ] = None,
    emit: Annotated[
        bool, typer.Option("--emit", help="Tell what is found changed (origin `sync`).")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep/--lists", help="Also read every record by itself.")
    ] = True,
    status: Annotated[bool, typer.Option("--status", help="Begin nothing: only show.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow it.")] = False,
) -> None:
    """Read everything again, in silence unless --emit; Ctrl-C leaves it running."""
    path = f"connections/{part(connection or only(client))}/sync"
    answer = client.get(path) if status else client.post(path, {"emit": emit, "deep": deep})
    if not no_wait and not status:
        answer = _followed(client, path, answer)
    if client.as_json:
        print_json(answer)
        return
    show({name: said for name, said in answer.items() if name != "parts"}, as_json=False)
    show_page({"items": answer["parts"]}, COLUMNS, as_json=False)


def only(client: Client) -> str:
    """Return the one connection that there is; raises HirewireError when there are others."""
    items = client.get("connections")["items"]
    if len(items) != 1:
        raise HirewireError(f"there are {len(items)} connections: name one with --connection")
    return str(items[0]["id"])


def _followed(client: Client, path: str, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        if client.as_json:
            return _waited(client, path, answer, lambda said: None)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console(), transient=True) as progress:
            tasks = _Bars(progress)
            return _waited(client, path, answer, tasks.update)
    except KeyboardInterrupt:
        say("still running; look at it with: hirewire sync --status")
        raise typer.Exit(130) from None


def _waited(client: Client, path: str, answer: dict[str, Any], tell: Any) -> dict[str, Any]:
    while answer["status"] != "done":
        tell(answer)
        time.sleep(POLL_S)
        answer = client.get(path)
    return answer


class _Bars:
    """A bar per part that was begun."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def update(self, answer: dict[str, Any]) -> None:
        """Draw how far each part is."""
        for each in answer["parts"]:
            name, reading = each["name"], each["name"] == answer["reading"]
            if name not in self._tasks and (each["read"] or reading):
                self._tasks[name] = self._progress.add_task(name, total=None, rate="")
            if name in self._tasks:
                total = each["read"] if each["done"] else each["of"]
                rate = f"{answer['rate']}/s" if reading and answer["rate"] else ""
                self._progress.update(
                    self._tasks[name], completed=each["read"], total=total, rate=rate
                )
