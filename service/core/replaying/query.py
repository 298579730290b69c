"""What a replay asks for, as it is stored with the replay: whoever goes on selecting reads it there."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Source = Literal["log", "events", "letters", "named_letters", "records"]
"""Where the selection looks: the log, events by id, all dead letters, dead letters by id, records."""


class Query(BaseModel):
    """What must be so of whatever is sent again; None: anything goes."""

    model_config = ConfigDict(frozen=True)

    source: Source
    connections: tuple[str, ...] = ()  # log, records: those that are read, in this order
    ids: tuple[str, ...] = ()  # events, named_letters: in the order in which they are sent
    event_ids: tuple[str, ...] | None = None  # letters: of these events only
    subscriber_ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None  # with wildcards
    connection_ids: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    records: tuple[tuple[str, str, str], ...] | None = None  # connection, model, remote id
    lanes: tuple[str, ...] | None = None  # of subjects
    http_status: tuple[int, ...] | None = None  # letters: of the last attempt
    kind: Literal["delivery", "inbound"] | None = None  # letters
    since: int | None = None  # ms, both ends included
    until: int | None = None
    missing: bool = False  # only what a subscriber has not received
