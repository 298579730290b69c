"""Invents one person at a time: a name, contacts, profile fields and answers."""

import unicodedata
from collections.abc import Callable
from random import Random

from service.sandbox.records import Candidate, Json, Stamp

FIRST = (
    "Avery", "Bela", "Cato", "Dagny", "Emeka", "Freya", "Goran", "Hana", "Ilse", "Joao", "Kaya",
    "Leif", "Mirela", "Nadir", "Odile", "Pavel", "Quinn", "Rosa", "Sefa", "Tamar", "Ulla", "Viggo",
    "Wanda", "Xavi", "Yara", "Zeno",
)  # fmt: skip
LAST = (
    "Amberley", "Brandvold", "Castro", "Dunmore", "Eskildsen", "Farrow", "Grabar", "Hollis",
    "Ivanic", "Jurado", "Keller", "Lomax", "Marchetti", "Nyqvist", "Okafor", "Pellerin", "Quist",
    "Rautio", "Stroud", "Tanaka", "Ueda", "Varga", "Whitlock", "Yilmaz", "Zeman",
)  # fmt: skip
UNICODE_NAME = "Żaneta Ōmori-Ó Briain 李"
SAMPLE_NAME = "Sample Candidate"
LABELS = ("senior", "referral", "relocation", "Part-time", "Portuguese")
CHANNELS = ("Indeed", "LinkedIn", "Newsletter")
PUBLIC: Json = {"level": "public", "admin_ids": [], "role_ids": []}


def empty_fields() -> tuple[Json, ...]:
    """Return the two template fields that every profile has, without a value (`id` null)."""
    return tuple(_field(None, kind, [], fixed=True) for kind in ("education", "experience"))


def person(
    random: Random, next_id: Callable[[str], int], number: int, at: Stamp, admins: list[int]
) -> Candidate:
    """Return candidate `number` without placements; 0 is sample data, 1 has a name in Unicode."""
    name = {0: SAMPLE_NAME, 1: UNICODE_NAME}.get(
        number, f"{random.choice(FIRST)} {random.choice(LAST)}"
    )
    applied = random.random() < 0.6
    channel = random.choice(CHANNELS) if applied else None
    handle = _handle(name)
    return Candidate(
        id=next_id("candidate"), name=name, created_at=at, updated_at=at, last_activity_at=at,
        emails=(f"{handle}.{number}@example.com",),
        phones=(f"+1555{5_550_000 + number % 9999:07d}",) if random.random() < 0.8 else (),
        links=(f"https://portfolio.example.com/{handle}",) if random.random() < 0.3 else (),
        social_links=(f"https://social.example.com/in/{handle}",) if random.random() < 0.5 else (),
        source="career_site" if applied else random.choice(("manual", "import")),
        sources=(channel,) if channel else (), referrer=channel,
        tags=tuple(random.sample(LABELS, random.choice((0, 0, 1, 2)))),
        cover_letter="<p>I would like to work with you.</p>" if random.random() < 0.2 else None,
        cv_name="cv.pdf" if random.random() < 0.7 else None,
        admin_id=None if applied else random.choice(admins),
        example=number == 0, viewed=random.random() < 0.5,
        fields=_profile(random, next_id), answers=_answers(random, next_id) if applied else (),
    )  # fmt: skip


def _handle(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join("".join(c if c.isalpha() else " " for c in plain).split())


def _profile(random: Random, next_id: Callable[[str], int]) -> tuple[Json, ...]:
    if random.random() < 0.5:
        return empty_fields()
    work = {
        "company": random.choice(("Alder & Co", "Northwater", "Pilcrow")), "title": "Specialist",
        "location": "Porto", "start_date": "2019-01", "end_date": None, "description": None,
    }  # fmt: skip
    school = {"school": "Harbour College", "degree": "Bachelor", "major": "Design"}
    level = random.choice(("Junior", "Medior", "Senior"))
    seniority = _field(next_id("field"), "dropdown", [{"value": level}], name="Seniority")
    seniority["options"] = {"values": ["Junior", "Medior", "Senior"]}
    return (
        _field(next_id("field"), "education", [school], fixed=True),
        _field(next_id("field"), "experience", [work], fixed=True),
        _field(next_id("field"), "single_line", [{"text": "4 weeks"}], name="Notice period"),
        seniority,
    )


def _field(
    field_id: int | None, kind: str, values: list[Json], name: str | None = None, *,
    fixed: bool | None = None,
) -> Json:  # fmt: skip
    shape: Json = {
        "id": field_id, "kind": kind, "values": values, "origin": "manual", "visible": True,
        "visibility": PUBLIC, "fixed": fixed, "is_anonymous": False,
    }  # fmt: skip
    return shape if fixed else {**shape, "name": name}


def _answers(random: Random, next_id: Callable[[str], int]) -> tuple[Json, ...]:
    return (
        {"id": next_id("field"), "kind": "string", "question": "Where are you based?",
         "content": random.choice(("Hamburg", "Porto", "Utrecht"))},
        {"id": next_id("field"), "kind": "boolean", "question": "Are you allowed to work here?",
         "flag": random.random() < 0.9},
    )  # fmt: skip
