"""Options that choose events and dead letters, and the body that they make."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from service.cli.client import given
from service.core.errors import HirewireError

Many = list[str] | None


def _many(name: str, text: str, **how: Any) -> Any:
    return typer.Option(name, help=text + "; may be repeated.", **how)


Types = Annotated[Many, _many("--type", "Event type, wildcards allowed")]
Connections = Annotated[Many, _many("--connection", "Connection id")]
Models = Annotated[Many, _many("--model", "Model")]
Records = Annotated[Many, _many("--record", "Unified record id")]
Subjects = Annotated[
    Many, _many("--subject", "Unified id of a candidate or job, with all that belongs to it")
]
Subscribers = Annotated[Many, _many("--subscriber", "Only this subscriber's")]
HttpStatus = Annotated[
    list[int] | None, typer.Option(help="Dead letters' last status; may be repeated.")
]
Kind = Annotated[str | None, typer.Option(help="Dead letters: delivery or inbound.")]
Since = Annotated[str | None, typer.Option(help="RFC 3339 instant.")]
Until = Annotated[str | None, typer.Option(help="RFC 3339 instant.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count.")]


def by_filter(
    types: Many,
    connections: Many,
    models: Many,
    records: Many,
    subjects: Many,
    http_status: Sequence[int] | None,
    kind: str | None,
) -> dict[str, object]:
    """Return the body's filter, without what was not given."""
    return given(
        {
            "types": types,
            "connection_ids": connections,
            "models": models,
            "record_ids": records,
            "subject_ids": subjects,
            "http_status": http_status,
            "kind": kind,
        }
    )


def by_id(ids: Sequence[str]) -> dict[str, object]:
    """Return ids of events and dead letters, each under its name; raises HirewireError."""
    events = [each for each in ids if each.startswith("evt_")]
    letters = [each for each in ids if each.startswith("dlt_")]
    wrong = set(ids) - set(events) - set(letters)
    if wrong:
        raise HirewireError(f"{min(wrong)} is neither an event (evt_) nor a dead letter (dlt_)")
    return {"event_ids": events, "dead_letter_ids": letters}
