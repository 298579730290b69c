"""Which detector sees an edit first, and how late at most; `python -m` this writes the page of it anew."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from service.core.recruitee.edits import GROUPS, NOT_KEPT, Edit
from service.core.recruitee.intervals import ACTIVE, AUDIT_S, EDITED, UPCOMING, sweeps
from service.core.settings import Settings

PAGE: Final = Path(__file__).parents[2] / "docs" / "detection.md"
WEBHOOK, FEED, RECONCILE, AUDIT = "webhook", "activity feed", "reconcile", "audit"
SWEPT: Final = {
    EDITED: "sweep by update", ACTIVE: "sweep by activity", UPCOMING: "sweep of interviews"
}  # fmt: skip
SHOULD_BE_S: Final = 5.0
"""A webhook as Recruitee sends it, and the fetch that it leads to; what Recruitee takes is its own."""
HEAD: Final = "| edit | announced as | first | within | without webhooks | without the feed too |"
INTRODUCTION: Final = """\
# What tells of which edit, and how late

Every kind of edit that Recruitee's model allows of what is kept: the detector that sees it first, the bound
within which it is announced then, and what sees it when webhooks are lost, and when the feed is not for the
token either. Written by `python -m service.core.recruitee.detectors`; a test fails when this page and the
code differ, and each row is tried against the sandbox.

The bounds are those of the default settings: `HIREWIRE_POLL_INTERVAL` 30 s, `HIREWIRE_RECONCILE_INTERVAL` a
day. A fetch that has to wait for its turn in the request rate comes on top. Where the feed is not served,
sweeps come more often.

- webhook: Recruitee sends it, for up to 48 hours; when none comes while others tell of what webhooks tell,
  the ledger has a gap for that
- activity feed: polled; read again for two minutes, since entries may come late
- sweep by update, by activity: candidate search in that order, down to where the last look began
- sweep of interviews: those from two days ago on
- list of X: the company's list, read whole and compared; of jobs, what their list shows
- reconcile: all lists and search compared, what differs read by itself
- audit: each record read by itself, with what it owns, in turn"""


class Seen(NamedTuple):
    """Who sees an edit, and within how many seconds."""

    by: str
    within_s: float


def detectors(edit: Edit, settings: Settings, *, fed: bool = True) -> list[Seen]:
    """Return all who see an edit, the fastest first."""
    found = []
    every = sweeps(fed=fed)
    if edit.webhook:
        found.append(Seen(WEBHOOK, SHOULD_BE_S))
    if edit.feed and fed:
        found.append(Seen(FEED, settings.poll_interval + SHOULD_BE_S))
    if edit.sweep:
        found.append(Seen(SWEPT.get(edit.sweep) or f"list of {_listed(edit)}", every[edit.sweep]))
    # Where no feed tells of jobs' papers, a reconcile reads them.
    if edit.proof == "lists" or (not fed and edit in GROUPS["Jobs"]):
        found.append(Seen(RECONCILE, settings.reconcile_interval))
    found.append(Seen(AUDIT, AUDIT_S))
    return sorted(found, key=lambda seen: seen.within_s)


def fastest(edit: Edit, settings: Settings, *, webhooks: bool = True, fed: bool = True) -> Seen:
    """Return who sees an edit first, of those that there are."""
    found = detectors(edit, settings, fed=fed)
    return next(seen for seen in found if webhooks or seen.by != WEBHOOK)


def page() -> str:
    """Return the page of detection."""
    without = (
        "## Not kept\n\nNo record is kept, and so nothing is told, of " + ", ".join(NOT_KEPT) + "."
    )
    return "\n\n".join([INTRODUCTION, *_sections(Settings()), without]) + "\n"


def _listed(edit: Edit) -> str:
    words = {"question_template": "questions", "job": "jobs"}
    return words.get(edit.sweep) or edit.sweep.replace("_", " ")


def _sections(settings: Settings) -> Iterator[str]:
    for title, edits in GROUPS.items():
        head = HEAD + "\n" + "| --- " * HEAD.count(" | ") + "| --- |"
        yield "\n".join([f"## {title}\n", head, *(_row(edit, settings) for edit in edits)])


def _row(edit: Edit, settings: Settings) -> str:
    first = fastest(edit, settings)
    told = ", ".join(edit.told) or "in silence"
    unhooked = fastest(edit, settings, webhooks=False)
    unfed = fastest(edit, settings, webhooks=False, fed=False)
    cells = (
        edit.name,
        told + (f"; {edit.note}" if edit.note else ""),
        first.by,
        _span(first.within_s),
    )
    rest = (f"{seen.by}, {_span(seen.within_s)}" for seen in (unhooked, unfed))
    return _line((*cells, *rest))


def _span(seconds: float) -> str:
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {word}"
    return f"{seconds:g} s"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
