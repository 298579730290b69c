"""What commands print: a table for a person, JSON for a program."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_PIPED = 200


def console() -> Console:
    """Return a console on standard output: coloured on a terminal, plain and wide when piped."""
    piped = not sys.stdout.isatty()
    return Console(file=sys.stdout, width=WIDTH_PIPED if piped else None, highlight=False)


def show(record: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object: a line per field."""
    if as_json:
        print_json(record)
        return
    width = max(map(len, record), default=0)
    for name, value in record.items():
        line = Text(f"{name:<{width}}", style="bold").append(f"  {told(value)}", style="not bold")
        console().print(line, soft_wrap=True)


def show_page(page: Mapping[str, Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Print one page of a list, and how to get the next."""
    if as_json:
        print_json(page)
        return
    rows = page.get("items") or []
    if not rows:
        say("none")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(told(row.get(column))) for column in columns))
    console().print(table)
    if page.get("next_cursor"):
        say(f"more: --after {page['next_cursor']}")


def show_changes(changes: Sequence[Mapping[str, Any]]) -> None:
    """Print what changed, from what, to what."""
    table = Table("path", "before", "after", box=None, pad_edge=False, header_style="bold")
    for change in changes:
        table.add_row(*(Text(told(change.get(name))) for name in ("path", "before", "after")))
    console().print(table)


def done(text: str, *, as_json: bool, **facts: object) -> None:
    """Print that something was done."""
    if as_json:
        print_json(facts)
    else:
        say(text)


def print_json(value: object) -> None:
    """Print JSON, indented on a terminal and one line when piped."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def say(text: str) -> None:
    """Print a line at once, also when piped."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print an error's line to standard error."""
    print(f"hirewire: {text}", file=sys.stderr, flush=True)


def told(value: object) -> str:
    """Return a value as a person reads it."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(each, str | int) for each in value):
            return ", ".join(map(str, value)) or "-"
        case _:
            return json.dumps(value, ensure_ascii=False)
