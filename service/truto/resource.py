"""What makes a unified resource: our model behind it, its fields, and how records become them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from service.core.unified.model import Fields
from service.kombo.kept import Desk, Kept
from service.truto.schema import Schema

Shape = dict[str, Any]
BY_TIME: Final[Mapping[str, str]] = {
    "created_at": "remote_created_at", "updated_at": "remote_updated_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    """What records are shown from: a connection's desk, and where our own files are reached."""

    desk: Desk
    base: str

    def file_url(self, attachment_id: str) -> str:
        """Return the address of a file: ours and lasting, since Recruitee's own expire."""
        account = self.desk.c
        path = f"{self.base}/unified/ats/attachments/{attachment_id}/file"
        return f"{path}?integrated_account_id={account}"


Join = Callable[[Counter, Sequence[Kept], Sequence[Shape], frozenset[str]], Awaitable[None]]


async def alone(
    counter: Counter, rows: Sequence[Kept], shapes: Sequence[Shape], wanted: frozenset[str]
) -> None:
    """Join nothing."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One of `/unified/ats/...`."""

    name: str
    model: str
    schema: Schema
    own: Callable[[Kept], Shape]
    """A record -> those of its fields that need no other record."""
    join: Join = alone
    """Adds to shapes the fields that others are needed for, at least those that are wanted."""
    joined: frozenset[str] = frozenset()
    """The fields that `join` adds."""
    listed: Callable[[Fields], bool] = lambda fields: True
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Filters that Truto knows under another name than the field's."""
    sortable: Mapping[str, str] = field(default_factory=dict)
    """Field by which a list may be ordered -> our name of it."""

    def begun(self, row: Kept) -> Shape:
        """Return a record's shape with every field, those that are joined still empty."""
        return dict.fromkeys(self.schema) | self.own(row)
