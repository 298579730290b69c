"""A list's cursor: opaque, and good for the same list with the same filters only."""

from typing import Final

from service.core.times import Millis
from service.kombo.asked import Asked
from service.kombo.envelope import invalid
from service.kombo.listing import Listing, Mark, Place
from service.ops.paging import Cursor, decoded
from service.problems import Problem

LATEST: Final[Millis] = 2**53


def flat(listing: Listing, asked: Asked, place: Place) -> Cursor:
    """Return what a cursor is made of."""
    return (_of(listing, asked), place.mark.at, place.mark.source, place.mark.member, place.record)


def read(listing: Listing, asked: Asked) -> Place | None:
    """Return the place of the cursor that is given, if one is; raises Refused."""
    if asked.cursor is None:
        return None
    try:
        of, at, source, member, record = decoded(asked.cursor, str, int, int, str, str)
    except Problem:
        raise _refused() from None
    fits = 0 <= at < LATEST and 0 <= source <= len(listing.related) and member
    fits = fits and (member + record).isascii() and (member + record).isprintable()
    if of != _of(listing, asked) or not fits:
        raise _refused()
    return Place(Mark(at, source, member), record)


def _of(listing: Listing, asked: Asked) -> str:
    # The order is another one where times are asked for.
    return listing.path + ("+" if asked.updated_after is not None else "")


def _refused() -> Exception:
    return invalid("cursor", "is not a cursor of this list: send it with the same filters")
