"""Read a row of one of the company's own lists: one record, with no other inside it."""

from collections.abc import Callable, Iterable

from service.core.unified.model import Cause, Context, Draft, Fields, Ref
from service.core.unified.reading import Link, Raw, Rule, identifier, mapping, record, text


def listed(
    model: str,
    kept: tuple[str, ...],
    raw: Raw,
    context: Context,
    rules: Iterable[Rule],
    links: Iterable[Link] = (),
    more: Fields | None = None,
) -> list[Draft]:
    """Return the row's record, with the fields `kept` only; nothing for a row without an id.

    `more` are fields that take more than the row's own keys.
    """
    row = mapping(raw)
    remote_id = identifier(row.get("id"))
    if remote_id is None:
        return []
    read = record(model, remote_id, row, context, rules, links) | (more or {})
    fields = {name: read[name] for name in kept if name in read}
    return [Draft(model, remote_id, fields, Ref(model, remote_id))]


def told_by(*news: str) -> Callable[[Cause, Fields, Context], bool]:
    """Return which causes concern a list's records: these feed entries, and looks of our own.

    An entry names no record, so it may be about any of the list.
    """

    def concerns(cause: Cause, fields: Fields, context: Context) -> bool:
        return cause.event_type is None or cause.event_type in news

    return concerns


def word(value: object) -> str | None:
    """Return text inside a part of a record, where what is no text counts as none."""
    read = text(value)
    return read if isinstance(read, str) else None
