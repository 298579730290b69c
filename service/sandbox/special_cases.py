"""The first ten candidates: the cases that a consumer must survive, one each."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from service.sandbox.dossier import (
    Attachment,
    Evaluation,
    EvaluationRequest,
    Interview,
    Note,
    Task,
)
from service.sandbox.instants import DAY_US, stamped
from service.sandbox.persons import Candidate, Placement
from service.sandbox.profiles import PUBLIC, full_profile
from service.sandbox.questions import answers
from service.sandbox.records import Json, Offer
from service.sandbox.world import Company

UNICODE_NAME = "Żaneta Ōmori-Ó Briain 李"
SAMPLE_NAME = "Sample Candidate"


def seat_special_cases(company: Company, seats: int) -> None:
    """Make the first so many candidates special."""
    for number, change in enumerate(CASES[:seats]):
        who = company.people.invented(number)
        company.put(change(who, company))
    if seats > RICH:
        _papers(company.people[company.people.numbering.candidate_id(RICH)], company)


def _sample(who: Candidate, _: Company) -> Candidate:
    return replace(who, name=SAMPLE_NAME, example=True)


def _unicode(who: Candidate, _: Company) -> Candidate:
    return replace(who, name=UNICODE_NAME, emails=("zaneta.omori@example.com",))


def _waiting(who: Candidate, job: Offer, company: Company, place: int = 0) -> Placement:
    """Return an untouched application to a job."""
    numbering = company.people.numbering
    number = numbering.number(who.id) or 0
    stage = company.stage_of(job.template_id, "apply")
    at = who.placements[0].created_at
    return Placement(
        id=numbering.first_placement + 4 * number + 2 * place, candidate_id=who.id, position=1,
        created_at=at, updated_at=at, offer_id=job.id, stage_id=stage.id if stage else None,
        location_ids=job.location_ids[:1],
    )  # fmt: skip


def _placed(who: Candidate, *placements: Placement) -> Candidate:
    latest = max((one.updated_at for one in placements), default=who.created_at)
    return replace(who, placements=placements, last_activity_at=latest)


def _twice(who: Candidate, company: Company) -> Candidate:
    first, second = _open(company)[:2]
    return _placed(who, _waiting(who, first, company), _waiting(who, second, company, 1))


def _out(who: Candidate, company: Company) -> Candidate:
    at = _later(company)
    waiting = _waiting(who, _open(company)[0], company)
    reason = next(iter(company.reasons.values())).name
    return _placed(who, replace(
        waiting, updated_at=at, disqualify_kind="admin", disqualify_reason=reason,
        disqualified_at=at, disqualified_by=company.owner_id,
    ))  # fmt: skip


def _hired(who: Candidate, company: Company) -> Candidate:
    at, job = _later(company), _open(company)[1]
    stage = company.stage_of(job.template_id, "hire")
    return _placed(who, replace(
        _waiting(who, job, company), updated_at=at, stage_id=stage.id if stage else None,
        hired_at=at, hired_by_id=company.owner_id, work_location_id=job.location_ids[0],
        job_starts_at="2026-09-01",
    ))  # fmt: skip


def _pooled(who: Candidate, company: Company) -> Candidate:
    waiting = _waiting(who, _open(company)[0], company)
    pool_id = next(iter(company.pools))
    return _placed(
        replace(who, answers=()),
        replace(waiting, offer_id=None, pool_id=pool_id, stage_id=None, location_ids=()),
    )


def _rich(who: Candidate, company: Company) -> Candidate:
    """Somebody with everything: each kind of field and answer, files, a consent that ends soon."""
    random = Random(company.config.seed)  # noqa: S311  # not for secrets
    template = list(company.question_templates.values())[1]
    job = next(one for one in _open(company) if one.question_template_id == template.id)
    given = [{**one, "id": company.next_id("field")} for one in answers(random, template)]
    groups: tuple[Json, ...] = (
        {"created_at": who.created_at, "offer_id": job.id, "answers": given},
    )
    return replace(
        _placed(who, _waiting(who, job, company)), source="career_site", title="Dr", tags=("senior",),
        salutation="Ms", phones=("+15555559999", "+15555558888"), cover_letter_file="letter.pdf",
        links=("https://portfolio.example.com/rich",), cv_name="cv.pdf", referrer="Indeed",
        social_links=("https://social.example.com/in/rich",), sources=("Indeed",), answers=groups,
        fields=full_profile(random, company.next_id), follower_ids=tuple(company.admins)[:2],
        gdpr_expires_at=stamped(company.people.numbering.now + 20 * DAY_US), admin_id=None,
        gdpr_consent_given=True, cover_letter="<p>I would like to work with you.</p>",
        gdpr_scheduled_to_delete_at=stamped(company.people.numbering.now + 50 * DAY_US),
    )  # fmt: skip


def _anonymous(who: Candidate, _: Company) -> Candidate:
    return replace(who, anonymous=True)


def _double(who: Candidate, company: Company) -> Candidate:
    """The same person as the one before the last, by e-mail."""
    rich = company.people[company.people.numbering.candidate_id(RICH)]
    return replace(who, emails=rich.emails, name=rich.name.upper())


def _unplaced(who: Candidate, _: Company) -> Candidate:
    return _placed(replace(who, answers=()))


def _open(company: Company) -> list[Offer]:
    return [offer for offer in company.offers.values() if offer.status == "published"]


def _later(company: Company) -> str:
    return stamped(company.people.numbering.now - 2 * DAY_US)


def _papers(who: Candidate, company: Company) -> None:
    """Give the rich one a paper of each kind: a note of each level, an interview to come, more."""
    at, draw = _later(company), company.next_id
    owner, other = tuple(company.admins)[:2]
    papers, job = company.papers, who.placements[0]
    for level, ids in (("public", []), ("protected", [owner]), ("private", [])):
        papers.notes.put(Note(
            id=draw("note"), admin_id=other, body=f"<p>A {level} note.</p>", candidate_id=who.id,
            visibility={"level": level, "admin_ids": ids, "role_ids": []}, created_at=at,
            updated_at=at,
        ))  # fmt: skip
    papers.attachments.put(Attachment(
        id=draw("attachment"), filename="portrait.png", size=None, visibility=PUBLIC,
        created_at=at, admin_id=other, candidate_id=who.id, source="mailbox",
    ))  # fmt: skip
    event = papers.interviews.put(Interview(
        id=draw("interview"), candidate_id=who.id, admin_id=owner, admin_ids=(owner, other),
        kind="video", starts_at=stamped(company.people.numbering.now + 3 * DAY_US), duration=45,
        timezone="Europe/Amsterdam", created_at=at, updated_at=at, offer_id=job.offer_id,
        stage_id=job.stage_id, custom_name="First meeting", scheduled=True,
    ))  # fmt: skip
    question = {"question_title": "Would you hire?", "question_kind": "boolean", "content": "true"}
    papers.evaluations.put(Evaluation(
        id=draw("evaluation"), candidate_id=who.id, admin_id=other, kind="template_form",
        rating="yes", created_at=at, updated_at=at, offer_id=job.offer_id, stage_id=job.stage_id,
        template_name="First meeting", answers=(question,),
    ))  # fmt: skip
    papers.requests.put(EvaluationRequest(
        id=draw("request"), candidate_id=who.id, admin_id=other, requester_id=owner,
        status="pending", created_at=at, offer_id=job.offer_id, stage_id=job.stage_id,
        interview_id=event.id,
    ))  # fmt: skip
    papers.tasks.put(Task(
        id=draw("task"), title="Call the references", admin_id=owner, admin_ids=(other,),
        created_at=at, updated_at=at, candidate_id=who.id,
    ))  # fmt: skip


RICH = 6
CASES: tuple[Callable[[Candidate, Company], Candidate], ...] = (
    _sample, _unicode, _twice, _out, _hired, _pooled, _rich, _anonymous, _double, _unplaced,
)  # fmt: skip
