"""Founds a company: its team, places, pipelines, questions and jobs, as a seed has it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.sandbox.config import FEWEST_JOBS
from service.sandbox.instants import stamp
from service.sandbox.questions import question_templates
from service.sandbox.records import (
    Admin,
    Department,
    Json,
    Location,
    Offer,
    Pool,
    QuestionTemplate,
    Reason,
    Role,
    Stage,
    Stamp,
    Team,
    Template,
)

Draw = Callable[[str], int]
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
KINDS = ("fulltime_permanent", "parttime_fixed_term", "internship", "freelance", "contract")
DYNAMIC = (("Cost centre", "single_line"), ("Budgeted", "boolean"))


@dataclass(slots=True)
class Founded:
    """What a company begins with, by id."""

    roles: dict[int, Role] = field(default_factory=dict)
    admins: dict[int, Admin] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    reasons: dict[int, Reason] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    stages: dict[int, Stage] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    question_templates: dict[int, QuestionTemplate] = field(default_factory=dict)
    dynamic_fields: dict[int, Json] = field(default_factory=dict)


def found_company(draw: Draw, opened: datetime, jobs: int) -> Founded:
    """Return a company with so many jobs, which opened at that moment."""
    at, founded = stamp(opened), Founded()
    _team(founded, draw, at)
    _tables(founded, draw, at)
    _pipelines(founded, draw, at)
    founded.question_templates = question_templates(draw, at)
    _dynamic(founded, draw, at)
    for number in range(jobs):
        _job(founded, draw, number, opened + timedelta(days=1 + number % 80, microseconds=number))
    _pool(founded, draw, at)
    return founded


def _team(founded: Founded, draw: Draw, at: Stamp) -> None:
    for position, name in enumerate(("Admin", "Recruiter", "Hiring manager"), start=1):
        role = Role(
            id=draw("role"), name=name, position=position, admin=position == 1,
            abilities=ABILITIES[: len(ABILITIES) - 3 * (position - 1)], created_at=at,
        )  # fmt: skip
        founded.roles[role.id] = role
    roles = list(founded.roles)
    for first, last, role_number, active in TEAM:
        admin = Admin(
            id=draw("admin"), membership_id=draw("membership"), first_name=first, last_name=last,
            email=f"{first}.{last}@example.com".lower(), timezone="Europe/Amsterdam",
            role_id=roles[role_number], active=active, created_at=at,
        )  # fmt: skip
        founded.admins[admin.id] = admin
    members = tuple(founded.admins)
    team = Team(id=draw("team"), name="Engineering hiring", admin_ids=members[:2])
    founded.teams[team.id] = team


def _tables(founded: Founded, draw: Draw, at: Stamp) -> None:
    for name in ("Engineering", "Design", "Sales", "Operations"):
        department = Department(id=draw("department"), name=name)
        founded.departments[department.id] = department
    for name, street, city, code, state, state_name, country_code, country in PLACES:
        location = Location(
            id=draw("location"), name=name, street=street, city=city, postal_code=code,
            state_code=state, state_name=state_name, country_code=country_code, country=country,
            created_at=at, updated_at=at, archived_at=at if name == "Old Depot" else None,
        )  # fmt: skip
        founded.locations[location.id] = location
    reasons = ("Not a fit", "Missing skills", "Salary too high", "Candidate withdrew")
    for position, name in enumerate(reasons, start=1):
        reason = Reason(id=draw("reason"), name=name, position=position)
        founded.reasons[reason.id] = reason


def _pipelines(founded: Founded, draw: Draw, at: Stamp) -> None:
    for number, (title, category, steps) in enumerate(PIPELINES):
        template_id = draw("template")
        rows = LOCKED + tuple(
            (name, place, kind, "hires" if kind == "hire" else "active")
            for place, (name, kind) in enumerate(steps, start=1)
        )
        stages = tuple(
            Stage(
                id=draw("stage"), template_id=template_id, name=name, position=place,
                category=kind, group=group, created_at=at, updated_at=at,
            )
            for name, place, kind, group in rows
        )  # fmt: skip
        founded.templates[template_id] = Template(
            id=template_id, title=title, category=category, position=number + 1,
            default=number == 0, custom=number == 2, stages=stages, created_at=at,
        )  # fmt: skip
        founded.stages.update({stage.id: stage for stage in stages})


def _dynamic(founded: Founded, draw: Draw, at: Stamp) -> None:
    for name, kind in DYNAMIC:
        made: Json = {"id": draw("dynamic"), "name": name, "type": kind, "created_at": at}
        founded.dynamic_fields[made["id"]] = made


def _job(founded: Founded, draw: Draw, number: int, at: datetime) -> None:
    title, status, pipeline, department, place = JOBS[number % FEWEST_JOBS]
    if number >= FEWEST_JOBS:
        # The custom pipeline belongs to one job only.
        title, status, pipeline = f"{title} {number // FEWEST_JOBS + 1}", "published", number % 2
    offer_id, created = draw("offer"), stamp(at)
    team = list(founded.admins)
    here = tuple(k for k, place in founded.locations.items() if not place.archived_at)
    values = ([{"text": f"CC-{100 + number}"}], [{"flag": number % 2 == 0}])
    offer = Offer(
        id=offer_id, guid=f"j{offer_id % 99991:05d}", slug=f"{title.lower().replace(' ', '-')}",
        title=title, position=number + 1, template_id=list(founded.templates)[pipeline],
        created_at=created, updated_at=created, status=status,
        department_id=list(founded.departments)[department],
        location_ids=() if place == "remote" else here[: 1 + number % 2],
        hiring_manager_id=team[2], recruiter_id=team[1], follower_ids=(team[0], team[1]),
        tags=("Growth",) if number % 3 == 0 else (), employment_type=KINDS[number % len(KINDS)],
        description=f"<p>We look for a {title.lower()} who likes calm, careful work.</p>",
        requirements="<ul><li>Two years in a similar role</li><li>Clear writing</li></ul>",
        remote=place == "remote", hybrid=place == "hybrid", on_site=place == "on_site",
        salary=("3200", "4800", "month", "EUR") if number % 2 == 0 else (None, None, None, None),
        published_at=created if status not in {"draft", "internal"} else None,
        closed_at=created if status in {"closed", "archived"} else None,
        question_template_id=list(founded.question_templates)[number % 2],
        dynamic_fields=tuple(
            {"id": one["id"], "name": one["name"], "type": one["type"], "values": value}
            for one, value in zip(founded.dynamic_fields.values(), values, strict=True)
        ),
    )  # fmt: skip
    founded.offers[offer.id] = offer


def _pool(founded: Founded, draw: Draw, at: Stamp) -> None:
    pool_id = draw("pool")
    founded.pools[pool_id] = Pool(
        id=pool_id, guid=f"p{pool_id:05d}", slug="future-engineers", title="Future engineers",
        position=1, status="published", description="<p>People to come back to.</p>",
        department_id=next(iter(founded.departments)), admin_ids=(next(iter(founded.admins)),),
        created_at=at, updated_at=at,
    )  # fmt: skip
