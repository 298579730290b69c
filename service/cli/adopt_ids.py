"""`hirewire adopt-ids`: take Kombo's ids along, from its API or from a file, all of them or none."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import Progress, TextColumn

from service.cli.client import Client, RequestFailed, over_http, part
from service.cli.output import console, print_json, say, show_page
from service.cli.pairs import BadRow, Source, from_csv, from_kombo
from service.cli.secrets_in import secret_from
from service.cli.sync import only
from service.core.errors import HirewireError

BATCH: Final = 500
MOST_SHOWN: Final = 1000
COLUMNS: Final = ("row", "model", "remote_id", "id", "why", "other", "other_row")
KOMBO: Final = "https://api.kombo.dev/v1"


@over_http
def adopt_ids(
    client: Client,
    connection: Annotated[
        str | None,
        typer.Option("--connection", help="Connection id; needed when there are several."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="File with columns model, id, remote_id.")
    ] = None,
    kombo_integration: Annotated[
        str | None, typer.Option(help="Kombo's integration id, to read the pairs from its API.")
    ] = None,
    kombo_key_file: Annotated[
        str | None,
        typer.Option(help="File with the Kombo API key (-: standard input); else it is asked for."),
    ] = None,
    kombo_url: Annotated[str, typer.Option(help="Where Kombo's API is.")] = KOMBO,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only: keep nothing.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Drop what a run that broke off had gathered.")
    ] = False,
) -> None:
    """Keep the ids that Kombo gave to records; where one collides, none is kept."""
    if (csv is None) == (kombo_integration is None):
        raise HirewireError("name either --csv or --kombo-integration")
    if csv is not None:
        source = from_csv(csv)
    else:
        key = secret_from(kombo_key_file, "Kombo API key")
        source = from_kombo(kombo_url, key, str(kombo_integration))
    path = f"connections/{part(connection or only(client))}/adoptions"
    answer = _Run(client, path, anew).take(source, dry_run)
    _show(client, answer)
    if answer["collisions"]:
        raise HirewireError(f"{answer['collisions']} rows cannot be adopted: nothing was kept")


class _Run:
    """One run: begun, filled, then kept or dropped."""

    def __init__(self, client: Client, path: str, anew: bool) -> None:
        self._client = client
        self._path = path
        if anew and (run := client.get(path)["run"]) and run["status"] == "gathering":
            client.delete(f"{path}/{part(run['id'])}")
        self._run = self._begun()
        self._bad: list[dict[str, Any]] = []
        self._bad_rows = self._unknown = 0

    def _begun(self) -> dict[str, Any]:
        try:
            return self._client.post(self._path)
        except RequestFailed as error:
            if error.status != 409:
                raise
            raise RequestFailed(f"{error} (`--anew` drops what it gathered)", 409) from None

    def take(self, source: Source, dry_run: bool) -> dict[str, Any]:
        """Gather all, and keep it when nothing collides; whatever goes wrong, nothing is left of it."""
        try:
            self._gather(source)
        except BaseException:
            self._drop()
            raise
        collisions = self._run["collisions"] + self._bad_rows
        if dry_run or collisions:
            self._drop()
        else:
            self._run = self._client.post(f"{self._here}/keep")
        return {
            "rows": self._run["rows"] + self._bad_rows, "new": self._run["new"],
            "same": self._run["same"], "unknown": self._unknown, "collisions": collisions,
            "kept": not (dry_run or collisions), "dry_run": dry_run, "collided": self._bad,
        }  # fmt: skip

    @property
    def _here(self) -> str:
        return f"{self._path}/{part(self._run['id'])}"

    def _drop(self) -> None:
        self._client.delete(self._here)

    def _gather(self, source: Source) -> None:
        text = TextColumn("{task.description}  {task.completed} rows")
        with Progress(text, console=console(), disable=self._client.as_json) as progress:
            task = progress.add_task("checked", total=None)
            for rows in _batches(source):
                self._put([row for row in rows if not isinstance(row, BadRow)])
                for bad in (row for row in rows if isinstance(row, BadRow)):
                    self._bad_rows += 1
                    self._told(bad._asdict() | {"other": None, "other_row": None})
                progress.update(task, advance=len(rows))

    def _put(self, rows: list[Any]) -> None:
        if not rows:
            return
        body = {"rows": [row._asdict() for row in rows]}
        self._run = self._client.post(f"{self._here}/rows", body)
        self._unknown += self._run["unknown"]
        for each in self._run["collided"]:
            self._told(each)

    def _told(self, collided: dict[str, Any]) -> None:
        if len(self._bad) < MOST_SHOWN:
            self._bad.append(collided)


def _batches(source: Source) -> Iterator[list[Any]]:
    rows = iter(source)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _show(client: Client, answer: dict[str, Any]) -> None:
    if client.as_json:
        print_json(answer)
        return
    if answer["collided"]:
        show_page({"items": answer["collided"]}, COLUMNS, as_json=False)
    done = "kept" if answer["kept"] else "would be kept" if answer["dry_run"] else "checked"
    say(
        f"{answer['new']} ids {done}, {answer['same']} were there already; "
        f"{answer['unknown']} records are not known here (yet)"
    )
