"""Invents a company from a seed: its team, pipelines, jobs and candidates; nobody in it is real."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from service.sandbox.config import SandboxConfig
from service.sandbox.invented_people import person
from service.sandbox.records import (
    Admin,
    Candidate,
    Department,
    Location,
    Offer,
    Placement,
    Pool,
    Reason,
    Role,
    Stage,
    Template,
)
from service.sandbox.world import Company, stamp

FIRST_IDS = {
    "role": 41_210, "admin": 316_900, "membership": 402_110, "department": 88_040,
    "location": 57_300, "reason": 61_770, "template": 207_600, "stage": 8_080_400,
    "offer": 1_192_500, "pool": 33_800, "tag": 930_100, "candidate": 46_566_900,
    "placement": 49_384_900, "activity": 701_330_200, "note": 12_450_700, "field": 90_210_500,
}  # fmt: skip
ABILITIES = (
    "view_candidates_section", "manage_candidate", "delete_candidates", "view_jobs_section",
    "manage_jobs", "publish_jobs", "view_all_jobs", "manage_api_tokens", "manage_webhooks",
    "export_data", "gdpr",
)  # fmt: skip
LOCKED = (
    ("Referred", -3, "referred", "applicants"),
    ("Sourced", -2, "sourced", "applicants"),
    ("Applied", -1, "apply", "applicants"),
)
PIPELINES = (
    ("Standard pipeline", "General", (
        ("Phone screen", "phone_screen"), ("Interview", "interview"),
        ("Evaluation", "evaluation"), ("Offer", "offer"), ("Hired", "hire"),
    )),
    ("Engineering pipeline", "Technology", (
        ("Phone screen", "phone_screen"), ("Take-home task", "none"), ("Interview", "interview"),
        ("Offer", "offer"), ("Hired", "hire"),
    )),
    ("Sales pipeline", "General", (
        ("Intro call", "phone_screen"), ("Role play", "none"), ("Offer", "offer"),
        ("Hired", "hire"),
    )),
)  # fmt: skip
TEAM = (
    ("Robin", "Aldersey", 0, True), ("Imani", "Okoro", 1, True), ("Jonas", "Lindqvist", 2, True),
    ("Mei", "Castellan", 1, True), ("Petra", "Vance", 2, False),
)  # fmt: skip
PLACES = (
    ("Harbour House", "Kaistrasse 4", "Hamburg", "20457", "HH", "Hamburg", "DE", "Germany"),
    ("Mill Yard", "Looiersgracht 12", "Amsterdam", "1016", "NH", "Noord-Holland", "NL",
     "Netherlands"),
    ("Old Depot", "Rua Nova 8", "Porto", "4050", "13", "Porto", "PT", "Portugal"),
)  # fmt: skip
JOBS = (  # title, status, pipeline, department, remote kind
    ("Backend Engineer", "published", 1, 0, "hybrid"),
    ("Product Designer", "published", 0, 1, "on_site"),
    ("Account Executive", "published", 2, 2, "on_site"),
    ("Data Analyst", "published", 1, 0, "remote"),
    ("Office Coordinator", "internal", 0, 3, "on_site"),
    ("Site Reliability Engineer", "draft", 1, 0, "remote"),
    ("Content Editor", "closed", 0, 1, "hybrid"),
    ("Support Specialist", "archived", 0, 3, "remote"),
)
FEWEST_JOBS = len(JOBS)


@dataclass(slots=True)
class Inventor:
    """Random draws and ids of one invention, so that a seed repeats both."""

    random: Random
    last_ids: dict[str, int]

    def next_id(self, kind: str) -> int:
        """Return a number larger than the last of its kind."""
        self.last_ids[kind] = self.last_ids.get(kind, 1000) + self.random.randint(1, 5)
        return self.last_ids[kind]


def invent(config: SandboxConfig) -> Company:
    """Return a company with `config.candidates` people, made up to the present moment."""
    inventor = Inventor(Random(config.seed), dict(FIRST_IDS))  # noqa: S311  # not for secrets
    company = Company(config=config, next_id=inventor.next_id)
    now = config.clock()
    opened = now - timedelta(days=200)
    _found(company, stamp(opened))
    _pipelines(company, stamp(opened))
    for number in range(max(config.jobs, FEWEST_JOBS)):
        _job(company, number, opened + timedelta(days=1 + number % 80, microseconds=number))
    _pool(company, stamp(opened))
    for number in range(config.candidates):
        at = now - timedelta(days=90) * (1 - number / config.candidates)
        _arrive(company, inventor.random, number, at + _jitter(inventor.random))
    return company


def _jitter(random: Random) -> timedelta:
    return timedelta(microseconds=random.randint(0, 999_999))


def _found(company: Company, at: str) -> None:
    draw: Callable[[str], int] = company.next_id
    for position, name in enumerate(("Admin", "Recruiter", "Hiring manager"), start=1):
        role = Role(
            id=draw("role"), name=name, position=position, admin=position == 1,
            abilities=ABILITIES[: len(ABILITIES) - 3 * (position - 1)], created_at=at,
        )  # fmt: skip
        company.roles[role.id] = role
    roles = list(company.roles)
    for first, last, role_number, active in TEAM:
        admin = Admin(
            id=draw("admin"), membership_id=draw("membership"), first_name=first, last_name=last,
            email=f"{first}.{last}@example.com".lower(), timezone="Europe/Amsterdam",
            role_id=roles[role_number], active=active, created_at=at,
        )  # fmt: skip
        company.admins[admin.id] = admin
    company.owner_id = next(iter(company.admins))
    for name in ("Engineering", "Design", "Sales", "Operations"):
        department = Department(id=draw("department"), name=name)
        company.departments[department.id] = department
    for name, street, city, code, state, state_name, country_code, country in PLACES:
        location = Location(
            id=draw("location"), name=name, street=street, city=city, postal_code=code,
            state_code=state, state_name=state_name, country_code=country_code, country=country,
            created_at=at, archived_at=at if name == "Old Depot" else None,
        )  # fmt: skip
        company.locations[location.id] = location
    reasons = ("Not a fit", "Missing skills", "Salary too high", "Candidate withdrew")
    for position, name in enumerate(reasons, start=1):
        reason = Reason(id=draw("reason"), name=name, position=position)
        company.reasons[reason.id] = reason


def _pipelines(company: Company, at: str) -> None:
    for number, (title, category, steps) in enumerate(PIPELINES):
        template_id = company.next_id("template")
        rows = LOCKED + tuple(
            (name, place, kind, "hires" if kind == "hire" else "active")
            for place, (name, kind) in enumerate(steps, start=1)
        )
        stages = tuple(
            Stage(
                id=company.next_id("stage"), template_id=template_id, name=name, position=place,
                category=kind, group=group, created_at=at,
            )
            for name, place, kind, group in rows
        )  # fmt: skip
        company.templates[template_id] = Template(
            id=template_id, title=title, category=category, position=number + 1,
            default=number == 0, custom=number == 2, stages=stages, created_at=at,
        )  # fmt: skip
        company.stages.update({stage.id: stage for stage in stages})


def _job(company: Company, number: int, at: datetime) -> None:
    title, status, pipeline, department, place = JOBS[number % FEWEST_JOBS]
    if number >= FEWEST_JOBS:
        # The custom pipeline belongs to one job only.
        title, status, pipeline = f"{title} {number // FEWEST_JOBS + 1}", "published", number % 2
    offer_id, created = company.next_id("offer"), stamp(at)
    team = list(company.admins)
    here = tuple(k for k, place in company.locations.items() if not place.archived_at)
    offer = Offer(
        id=offer_id, guid=f"j{offer_id % 99991:05d}", slug=f"{title.lower().replace(' ', '-')}",
        title=title, position=number + 1, template_id=list(company.templates)[pipeline],
        created_at=created, updated_at=created, status=status,
        department_id=list(company.departments)[department],
        location_ids=() if place == "remote" else here[: 1 + number % 2],
        hiring_manager_id=team[2], recruiter_id=team[1], follower_ids=(team[0], team[1]),
        tags=("Growth",) if number % 3 == 0 else (),
        description=f"<p>We look for a {title.lower()} who likes calm, careful work.</p>",
        requirements="<ul><li>Two years in a similar role</li><li>Clear writing</li></ul>",
        remote=place == "remote", hybrid=place == "hybrid", on_site=place == "on_site",
        salary=("3200", "4800", "month", "EUR") if number % 2 == 0 else (None, None, None, None),
        published_at=created if status not in {"draft", "internal"} else None,
        closed_at=created if status in {"closed", "archived"} else None,
    )  # fmt: skip
    company.offers[offer.id] = offer
    for name in offer.tags:
        company.tag("offer_tags", name)
    company.note_activity("job_add", created, offer_id=offer.id)


def _pool(company: Company, at: str) -> None:
    pool_id = company.next_id("pool")
    company.pools[pool_id] = Pool(
        id=pool_id, guid=f"p{pool_id:05d}", slug="future-engineers", title="Future engineers",
        position=1, status="published", description="<p>People to come back to.</p>",
        department_id=next(iter(company.departments)), admin_ids=(company.owner_id,),
        created_at=at, updated_at=at,
    )  # fmt: skip


def _arrive(company: Company, random: Random, number: int, at: datetime) -> None:
    """Add one candidate; the first few are the special cases that a consumer must survive."""
    newcomer = person(random, company.next_id, number, stamp(at), list(company.admins))
    for name in newcomer.tags:
        company.tag("tags", name)
    for name in newcomer.sources:
        company.tag("sources", name)
    applied = at + timedelta(seconds=1)
    open_jobs = [offer for offer in company.offers.values() if offer.status != "draft"]
    if number == 5:
        pool_id = next(iter(company.pools))
        placements = [_placement(company, newcomer, applied, pool_id=pool_id)]
    else:
        chosen = random.sample(open_jobs, 2 if number == 2 or random.random() < 0.06 else 1)
        placements = [
            _advanced(company, random, _placement(company, newcomer, applied, offer), offer, number)
            for offer in chosen
        ]
    latest = max(placement.updated_at for placement in placements)
    company.put(replace(newcomer, placements=tuple(placements), last_activity_at=latest))
    event = "candidate_apply" if newcomer.source == "career_site" else "candidate_add"
    company.note_activity(event, newcomer.created_at, newcomer.id, placements[0].offer_id)


def _placement(
    company: Company,
    who: Candidate,
    at: datetime,
    offer: Offer | None = None,
    pool_id: int | None = None,
) -> Placement:
    stage = company.stage_of(offer.template_id, "apply") if offer else None
    return Placement(
        id=company.next_id("placement"), candidate_id=who.id, position=1, created_at=stamp(at),
        updated_at=stamp(at), offer_id=offer.id if offer else None, pool_id=pool_id,
        stage_id=stage.id if stage else None,
        location_ids=offer.location_ids[:1] if offer else (),
    )  # fmt: skip


def _advanced(
    company: Company, random: Random, placement: Placement, offer: Offer, number: int
) -> Placement:
    """Move a new application on by chance: some wait, some advance, some are out, some hired."""
    now = company.config.clock()
    arrived = datetime.fromisoformat(placement.created_at)
    later = stamp(arrived + (now - arrived) * random.uniform(0.1, 0.9))
    chance = {3: 0.90, 4: 0.99}.get(number, random.random())
    stages = [s for s in company.templates[offer.template_id].stages if s.category != "hire"]
    if chance < 0.4:
        return placement
    moved = replace(placement, stage_id=random.choice(stages[2:]).id, updated_at=later)
    if chance < 0.8:
        return moved
    if chance < 0.94:
        reason = random.choice(list(company.reasons.values())).name
        return replace(
            moved, disqualify_kind="admin", disqualify_reason=reason, disqualified_at=later,
            disqualified_by=company.owner_id,
        )  # fmt: skip
    hire = company.stage_of(offer.template_id, "hire")
    return replace(
        moved, stage_id=hire.id if hire else moved.stage_id, hired_at=later,
        hired_by_id=company.owner_id, work_location_id=next(iter(offer.location_ids), None),
    )  # fmt: skip
