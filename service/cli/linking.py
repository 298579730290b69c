"""`hirewire connections check|capture|guide`: is a link good, what does it see, how is it finished?"""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.client import Answer, Client, over_http, part
from service.cli.output import console, print_json, say, show, show_page
from service.cli.shapes import Captured, written
from service.core.errors import HirewireError

MODEL_COLUMNS = ("model", "path", "status", "cure")
ACTION_COLUMNS = ("action", "status", "missing", "also")
DRIFT_COLUMNS = ("endpoint", "kind", "path", "seen", "evidence", "count", "last_seen_at")
LIST_COLUMNS = ("list", "why", "absent", "of", "at")
DIFFERENCE_COLUMNS = ("endpoint", "kind", "path", "seen", "evidence")
Id = Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection's id.")]


@over_http
def check(client: Client, connection: Id) -> None:
    """Test the token, its role, every model and every write; status 1 when something is wrong."""
    found = client.get(f"connections/{part(connection)}/check")
    if client.as_json:
        print_json(found)
    else:
        _print_check(found)
    if found.get("ok") is False:
        raise typer.Exit(1)


def _print_check(found: Answer) -> None:
    role = found.get("role") or {}
    told = {name: found.get(name) for name in ("ok", "token", "detail")}
    abilities = role.get("abilities")
    told |= {"role": role.get("name"), "abilities": None if abilities is None else len(abilities)}
    show(told | dict(found.get("webhook") or {}), as_json=False)
    _section("Models", found.get("models"), MODEL_COLUMNS)
    _section("Writes", found.get("actions"), ACTION_COLUMNS)
    _section("Answers that are not as we expect", _drift(found.get("drift")), DRIFT_COLUMNS)
    if doubted := (found.get("drift") or {}).get("doubted_lists"):
        _section(
            "Lists that did not show all that we have (nothing was removed)", doubted, LIST_COLUMNS
        )


def _drift(report: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    endpoints = (report or {}).get("endpoints") or []
    return [{"endpoint": e["endpoint"], **each} for e in endpoints for each in e["differences"]]


def _section(title: str, rows: Any, columns: tuple[str, ...]) -> None:
    say(f"\n{title}")
    show_page({"items": rows or []}, columns, as_json=False)


@over_http
def capture(
    client: Client,
    connection: Id,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for one JSON file per endpoint (default: capture-CONNECTION)."),
    ] = None,
) -> None:
    """Write the live API's shapes, every value masked, and compare them with what we expect."""
    rows: list[Answer] = []
    lines = client.lines("POST", f"connections/{part(connection)}/capture")
    end = _gathered(lines, rows, (lambda _: None) if client.as_json else _progress)
    folder = out or (None if client.as_json else Path(f"capture-{connection}"))
    captured = Captured(end, rows)
    if folder is not None:
        written(captured, folder)
    if client.as_json:
        print_json({**end, "endpoints": rows})
        return
    say("\nDifferences from what we expect")
    show_page({"items": captured.differences}, DIFFERENCE_COLUMNS, as_json=False)
    say(f"\n{end.get('answered', 0)} endpoints answered; their shapes are in {folder}")


def _gathered(
    lines: Iterable[Answer], rows: list[Answer], tell: Callable[[Answer], None]
) -> Answer:
    for line in lines:
        if "done" in line:
            end: Answer = line["done"]
            return end
        if "error" in line:
            raise HirewireError(f"the capture broke off: {line['error']}")
        rows.append(line)
        tell(line)
    raise HirewireError("the capture broke off before its end; try again")


def _progress(row: Answer) -> None:
    differs = len(row.get("differences") or [])
    told = f"{differs} differences" if differs else row.get("reason") or ""
    console().print(f"{row['status']:<10}{row['endpoint']}  {told}", markup=False, soft_wrap=True)


@over_http
def guide(
    client: Client,
    connection: Id,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until each step is seen to be done.")
    ] = True,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for one step.")] = 1800,
    every: Annotated[float, typer.Option(min=0.01, help="Seconds between two looks.")] = 2,
) -> None:
    """Walk through linking a company in Recruitee, and confirm each step as it happens."""
    _Guide(client, f"connections/{part(connection)}", wait, timeout, every).run(connection)


class _Guide:
    def __init__(
        self, client: Client, path: str, wait: bool, timeout_s: float, every_s: float
    ) -> None:
        self._client = client
        self._path = path
        self._wait = wait
        self._timeout_s = timeout_s
        self._every_s = every_s

    def run(self, connection: str) -> None:
        found = self._client.get(self._path)
        if self._client.as_json:
            print_json({**_steps_done(found), "webhook_url": found.get("webhook_url")})
            return
        for number, (fact, lines) in enumerate(_steps(found, connection), 1):
            say(f"{number}. " + "\n   ".join(lines))
            if fact is not None:
                found = self._confirmed(fact, found)
        say(
            "\nEverything arrives from now on; hirewire connections check shows what the token may see."
            if _steps_done(found)["done"]
            else "\nUntil then Hirewire asks Recruitee by itself, so that changes arrive all the same, later."
        )

    def _confirmed(self, fact: str, found: Answer) -> Answer:
        """Wait for a fact of the connection; say that it is so, or what is still waited for."""
        end = time.monotonic() + self._timeout_s
        while not found.get(fact):
            if not self._wait or time.monotonic() > end:
                say("   ... not seen yet")
                return found
            time.sleep(self._every_s)
            found = self._client.get(self._path)
        seen = found[fact]
        say(f"   ✓ seen{'' if seen is True else f' at {seen}'}")
        return found


def _steps(found: Answer, connection: str) -> list[tuple[str | None, list[str]]]:
    """Return (what of the connection confirms it, what to do) of each step."""
    url = str(found.get("webhook_url"))
    safe = [] if url.startswith("https://") else [
        "Recruitee only takes an https address: set HIREWIRE_PUBLIC_URL to one that leads here"
    ]  # fmt: skip
    return [
        (
            None,
            [
                "In Recruitee, open Settings, Apps and plugins, Webhooks, and press New webhook.",
                "Webhooks cannot be created by API (no such endpoint is documented); your hiring role needs",
                "the ability Manage webhooks.",
            ],
        ),
        (None, ["Paste this address and choose every event:", url, *safe]),
        ("test_seen_at", ["Press Test, then Verify and create. Waiting for the test request ..."]),
        (
            "webhook_secret_set",
            [
                "Open the webhook, press Show secret, and give it to us, in another terminal:",
                f"hirewire connections rotate-secret {connection}",
            ],
        ),
        (
            "signed_seen_at",
            [
                "Move a candidate to another stage. Waiting for the first webhook with a good",
                "signature ...",
            ],
        ),
    ]


def _steps_done(found: Answer) -> dict[str, Any]:
    facts = ("test_seen_at", "webhook_secret_set", "signed_seen_at")
    return {fact: found.get(fact) for fact in facts} | {"done": bool(found.get("signed_seen_at"))}
