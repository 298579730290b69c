"""Applications that were made elsewhere taken in: from then on they are kept as those made through us.

Recruitee serves no placement by its id alone. Its candidate is known to the store, or is told with the
details of a hire, which any placement has; else the list of all candidates is gone through.
"""

from typing import Final

from service.core.actions import seen
from service.core.actions.inputs import Import
from service.core.recruitee.client import Ok
from service.core.unified.model import Ref
from service.core.unified.reading import identifier
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.actions.doing import Doing, Ended, NotYet
from workers.asking import Asking, Unanswered
from workers.lists import Page, following, page

BURST: Final = 2  # requests at once: what people wait for goes between the pages
CANDIDATE: Final = "candidate"


async def import_application(doing: Doing, given: Import) -> None:
    """Keep an application and its candidate from now on, and read both with all that is theirs."""
    doing.declared()  # nobody is made: what webhooks tell of others need not wait
    placement = given.application_id
    who = await _known(doing, placement) or await _asked(doing, placement)
    who = who or await _listed(doing, placement)
    if who is None:
        raise Ended("missing", f"Recruitee shows this API token no placement {placement}")
    if await doing.ctx.store.suppression.among(doing.c, [who]):
        raise Ended("missing", "the person was erased here and is kept out")
    doing.ids |= {CANDIDATE: who, "application": placement}
    owned = [Ref(each.name, who) for each in COLLECTIONS.values() if each.owner == CANDIDATE]
    # Read, but not expected: nothing of it is changed, and what others change is theirs.
    doing.roots += [Ref(CANDIDATE, who), *owned]


async def _known(doing: Doing, placement: str) -> str | None:
    found = await doing.known(Ref("application", placement))
    return await doing.remote(CANDIDATE, found.fields.get("candidate_id")) if found else None


async def _asked(doing: Doing, placement: str) -> str | None:
    answer = await doing.get(f"/placements/{placement}/hiring_details")
    row = seen.member(answer.data, "placement") if isinstance(answer, Ok) else {}
    return _applicant(row, placement)


async def _listed(doing: Doing, placement: str) -> str | None:
    """Go through the candidates, newest first, until one of them has it; raises NotYet."""
    listing, at = ROOTS[CANDIDATE].listing, 0
    asking = Asking(doing.ctx, doing.connection, BURST)
    while True:
        try:
            one = await page(asking, listing, at)
        except Unanswered as error:
            raise NotYet(error.outcome) from None
        if (who := _among(one, placement)) is not None:
            return who
        further = following(listing, at, len(one.rows))
        if further is None:
            return None
        at = further


def _among(one: Page, placement: str) -> str | None:
    for candidate in one.rows:
        for row in seen.rows(candidate, "placements"):
            if who := _applicant({**row, CANDIDATE: candidate}, placement):
                return who
    return None


def _applicant(row: seen.Row, placement: str) -> str | None:
    """Return whose a placement is; raises Ended for one that is no application."""
    if identifier(row.get("id")) != placement:
        return None
    if not (row.get("offer_id") or seen.member(row, "offer").get("id")):
        raise Ended("invalid", f"placement {placement} is in a talent pool: it is no application")
    return identifier(row.get("candidate_id") or seen.member(row, CANDIDATE).get("id"))
