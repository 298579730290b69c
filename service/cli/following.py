"""Follows the feed of a running instance: event by event, resumed from its cursor when it breaks off."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx

from service.cli.client import Client, RequestFailed
from service.cli.output import complain

FEED = "/v1/events"
NOW = "now"
AGAIN_S = 1.0
AGAIN = (429, 500, 502, 503, 504)


class Event(NamedTuple):
    """One change event: its envelope, and its bytes as they came."""

    envelope: dict[str, Any]
    body: bytes


class _Told(NamedTuple):
    id: str
    kind: str
    data: str


def follow(client: Client, filters: Mapping[str, str], after: str | None) -> Iterator[Event]:
    """Yield events for as long as anybody asks; raises RequestFailed when it is refused."""
    begun = False
    if after == NOW:
        # As a cursor: what comes while the stream is broken off is not before `now` then.
        after = str(client.get(client.url + FEED, **filters, after=NOW, limit=1)["next_cursor"])
    while True:
        try:
            asked = {**filters, **({"after": after} if after else {})}
            with client.streamed(f"{FEED}/stream", asked) as got:
                begun = True
                for told in _read(got.iter_lines()):
                    after = told.id or after
                    yield from _event(told)
        except httpx.HTTPError as error:
            if not begun:
                raise RequestFailed(client.unreachable(error)) from None
        except RequestFailed as error:
            if not begun or error.status not in AGAIN:
                raise
        complain("the stream broke off; going on from where it was")
        time.sleep(AGAIN_S)


def filters_of(
    types: list[str] | None, connection: str | None, subscriber: str | None
) -> dict[str, str]:
    """Return the feed's query for what a command was given."""
    asked = {
        "types": ",".join(types or ()),
        "connection_id": connection,
        "subscriber_id": subscriber,
    }
    return {name: value for name, value in asked.items() if value}


def _event(told: _Told) -> Iterator[Event]:
    if told.kind == "missed":
        count = json.loads(told.data)["missed"]
        complain(f"{count} events are gone: erased, or older than the retention")
    elif told.data:
        yield Event(json.loads(told.data), told.data.encode())


def _read(lines: Iterator[str]) -> Iterator[_Told]:
    """Yield server-sent events."""
    event_id = kind = ""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield _Told(event_id, kind, "\n".join(data))
            kind, data = "", []
        elif name == "id":
            event_id = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
