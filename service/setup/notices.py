"""Links that open nothing: unknown, expired, used up, tried too often; each says what to do."""

from typing import Final, NamedTuple

from starlette.responses import Response

from service.core import times
from service.core.store.links import Link
from service.setup import steps
from service.setup.words import words

ASK: Final = "Ask whoever sent it to you for a new one."
LOST: Final = "It may be cut off, or it was withdrawn. Ask whoever sent it to you for a new one."
ONCE: Final = (
    "Recruitee is connected, and a link is good for one time. "
    "To change something, ask for a new one."
)


class Notice(NamedTuple):
    """What is said of a link."""

    status: int
    title: str
    detail: str


UNKNOWN: Final = Notice(404, "This link is not known here", LOST)
EXPIRED: Final = Notice(410, "This link has expired", ASK)
USED: Final = Notice(410, "This link was used already", ONCE)
OVER: Final = Notice(410, "This link has ended", ASK)
SPENT: Final = Notice(429, "This link was tried too often", ASK)
ALL: Final = (UNKNOWN, EXPIRED, USED, OVER, SPENT)


def ending(link: Link) -> Notice | None:
    """Return why a link can be used no more, or None."""
    if link.done:
        return USED
    return EXPIRED if times.now_ms() >= link.expires else None


def said(notice: Notice, language: str = "en") -> Response:
    """Return the page of it."""
    say = words(language)
    return steps.notice(say(notice.title), say(notice.detail), notice.status, language)
