"""Candidates made, with an application: an existing person is found first, and nobody is made twice."""

from typing import Any, Final

from service.core.actions import seen
from service.core.actions.inputs import CreateApplication, Move
from service.core.recruitee.client import Ok
from service.core.recruitee.writing import Write
from service.core.unified.model import Ref
from workers.actions.careers import on_site, site_of
from workers.actions.doing import Doing, Ended, Kept
from workers.actions.papers import attached
from workers.actions.placing import moved, placed, placement_of
from workers.actions.profile import consented

CLOSED: Final = frozenset({"CLOSED", "ARCHIVED"})
THERE: Final = "the person was there already: their profile was left as it is"


async def create_application(doing: Doing, given: CreateApplication) -> None:
    """Make a candidate and, for a job, their application; then all that belongs to them."""
    if given.job_id:
        await _open(doing, given.job_id)
    who = None if given.apart else await _known(doing, given)
    if who is None:
        await _made(doing, given)
    else:
        await _joined(doing, given, who)
    await _furnished(doing, given, doing.ids["candidate"])


async def _open(doing: Doing, job_id: str) -> None:
    job = await doing.known(Ref("job", job_id))
    if job is None:
        raise Ended("missing", "there is no such job")
    if job.fields.get("status") in CLOSED:
        raise Ended("closed", f"the job is {str(job.fields['status']).lower()}: nobody can apply")


async def _known(doing: Doing, given: CreateApplication) -> str | None:
    """Return the person of one of the addresses, if Recruitee has one; the first who was made."""
    if "candidate" in doing.one.steps:
        return None  # it was decided before that nobody is there
    found: set[int] = set()
    for mail in given.person.emails:
        answer = await doing.get(
            "/search/new/quick", {"query": mail, "only": "candidates", "limit": "20"}
        )
        if not isinstance(answer, Ok):
            raise Ended("unavailable", "whether the person is there already could not be looked up")
        hits = seen.rows(seen.member(answer.data, "candidates"), "hits")
        found |= {int(row["id"]) for row in hits if mail.lower() in seen.mails(row)}
    barred = await doing.ctx.store.suppression.among(doing.c, map(str, found))
    if barred:
        raise Ended("missing", "the person was erased here and is kept out")
    return str(min(found)) if found else None


async def _joined(doing: Doing, given: CreateApplication, who: str) -> None:
    doing.ids["candidate"] = who
    doing.touches(Ref("candidate", who))
    if given.job_id:
        await placed(doing, who, given.job_id, given.stage_id)
    doing.warn(THERE)
    if given.answers:
        doing.warn("screening answers were not written: they can be sent for new candidates only")


async def _made(doing: Doing, given: CreateApplication) -> None:
    site = await site_of(doing, given)

    async def found() -> Kept | None:
        return await _newcomer(doing, given)

    asked = _asked(given) if site is None else await on_site(doing, given, site)
    made = await doing.step("candidate", asked, kept=_kept_of(given), found=found)
    who = str(made["id"])
    doing.ids["candidate"] = who
    doing.touches(Ref("candidate", who))
    if given.job_id:
        await _settled(doing, given, made)
    if site is not None and len(given.person.social_links) + len(given.person.links):
        await doing.beside(_linked(doing, given, who))


async def _linked(doing: Doing, given: CreateApplication, who: str) -> None:
    """Write what the careers site does not take."""
    lists = {"social_links": list(given.person.social_links), "links": list(given.person.links)}
    said = {name: value for name, value in lists.items() if value}
    path = f"/candidates/{who}"
    await doing.step("links", Write("PATCH", path, {"candidate": said}), again=True)


async def _settled(doing: Doing, given: CreateApplication, made: Kept) -> None:
    """See that the application is there, and where it is to be."""
    who, job_id = str(made["id"]), given.job_id or ""
    there = made.get("placement") or await placement_of(doing, who, job_id)
    if there is None:
        await placed(doing, who, job_id, given.stage_id)
        return
    doing.ids["application"] = there["id"]
    if given.stage_id and there.get("stage_id") != given.stage_id:
        where = Move(application_id=there["id"], candidate_id=who, stage_id=given.stage_id)
        await doing.beside(moved(doing, where))


def _asked(given: CreateApplication) -> Write:
    person = given.person
    candidate: dict[str, Any] = {
        "name": person.name, "emails": list(person.emails), "phones": list(person.phones),
        "social_links": list(person.social_links), "links": list(person.links),
    }  # fmt: skip
    if person.cover_letter:
        candidate["cover_letter"] = person.cover_letter
    if given.source:
        candidate["sources"] = [given.source]
    jobs = {"offers": [int(given.job_id)]} if given.job_id else {}
    return Write("POST", "/candidates", {"candidate": candidate, **jobs})


def _kept_of(given: CreateApplication) -> Any:
    def kept(data: Any) -> Kept:
        made = seen.member(data, "candidate")
        if made.get("id") is None:
            raise Ended("unknown", "candidate: Recruitee's answer names nobody")
        there = seen.placement_in(made, given.job_id) if given.job_id else None
        return {"id": str(made["id"]), "placement": there}

    return kept


async def _newcomer(doing: Doing, given: CreateApplication) -> Kept | None:
    """Look for whom a lost answer was about, in the list of the newest: search may lag behind."""
    answer = await doing.get("/candidates", {"limit": "50", "offset": "0", "sort": "by_date"})
    if not isinstance(answer, Ok):
        return None
    wanted = {each.lower() for each in given.person.emails}
    name = " ".join(given.person.name.split()).casefold()

    def fits(row: seen.Row) -> bool:
        if wanted:
            return bool(wanted & seen.mails(row))
        return " ".join(str(row.get("name") or "").split()).casefold() == name

    return seen.newest(seen.rows(answer.data, "candidates"), doing.one.begun, fits)


async def _furnished(doing: Doing, given: CreateApplication, who: str) -> None:
    """Do what belongs to a new candidate or application; what fails of it is said."""
    for number, file in enumerate(given.files):
        doing.touches(Ref("candidate_attachments", who))
        await doing.beside(attached(doing, who, file, None, f"file{number}"))
    if given.tags:
        tags = Write("POST", f"/candidates/{who}/tags", {"tags": list(given.tags)})
        await doing.beside(doing.step("tags", tags, again=True))
    if given.consent_expires_at:
        await doing.beside(consented(doing, who, given.consent_expires_at))
    if given.sourced_by:
        doing.warn("sourced_by was not written: Recruitee has no such field")
