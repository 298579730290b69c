"""Invents the patterns of people: names, contacts, profile, answers, and how far they got."""

import unicodedata
from dataclasses import dataclass, replace
from random import Random

from service.sandbox.patterns import MOVED, Pattern
from service.sandbox.persons import Candidate, Placement
from service.sandbox.profiles import profile
from service.sandbox.questions import answers
from service.sandbox.records import Json, Offer, QuestionTemplate, Stage, Template

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
LABELS = ("senior", "referral", "relocation", "Part-time", "Portuguese")
CHANNELS = ("Indeed", "LinkedIn", "Newsletter")
VARIETY = 1300


@dataclass(frozen=True, slots=True)
class Setting:
    """What people can come to: open jobs, their pipelines and questions, and the team."""

    jobs: tuple[Offer, ...]
    templates: dict[int, Template]
    questions: dict[int, QuestionTemplate]
    admin_ids: tuple[int, ...]
    reasons: tuple[str, ...]


def patterns(seed: int, size: int, setting: Setting) -> tuple[Pattern, ...]:
    """Return as many patterns as people, up to 1300 or two for each job."""
    period = min(max(size, 1), max(VARIETY, 2 * len(setting.jobs)))
    return tuple(_pattern(seed, at, setting) for at in range(period))


def _pattern(seed: int, at: int, setting: Setting) -> Pattern:
    random = Random(f"{seed}:{at}")  # noqa: S311  # not for secrets
    first = setting.jobs[at % len(setting.jobs)]
    jobs = [first, *random.sample(setting.jobs, random.random() < 0.06)]
    pace = random.randint(1, 9)
    placements = [advanced(random, place(job, setting), job, setting, random.random())
                  for job in {one.id: one for one in jobs}.values()]  # fmt: skip
    who = replace(_person(random, setting), placements=tuple(placements))
    if who.source == "career_site":
        who = replace(who, answers=group(random, first, setting))
    moved = any(one.updated_at == MOVED for one in placements)
    return Pattern(who, pace if moved else 0, random.random() < 0.2)


def _person(random: Random, setting: Setting) -> Candidate:
    name = f"{random.choice(FIRST)} {random.choice(LAST)}"
    applied = random.random() < 0.6
    channel = random.choice(CHANNELS) if applied else None
    own = handle(name)
    return Candidate(
        id=0, name=name, created_at="", updated_at="", last_activity_at="",
        emails=(f"{own}@example.com",), phones=("+1555",) if random.random() < 0.8 else (),
        links=(f"https://portfolio.example.com/{own}",) if random.random() < 0.3 else (),
        social_links=(f"https://social.example.com/in/{own}",) if random.random() < 0.5 else (),
        source="career_site" if applied else random.choice(("manual", "import")),
        sources=(channel,) if channel else (), referrer=channel,
        tags=tuple(random.sample(LABELS, random.choice((0, 0, 1, 2)))),
        cover_letter="<p>I would like to work with you.</p>" if random.random() < 0.2 else None,
        cv_name="cv.pdf" if random.random() < 0.7 else None,
        admin_id=None if applied else random.choice(setting.admin_ids),
        viewed=random.random() < 0.5, fields=profile(random),
    )  # fmt: skip


def handle(name: str) -> str:
    """Return a name as it stands in addresses."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join("".join(c if c.isalpha() else " " for c in plain).split())


def group(random: Random, job: Offer, setting: Setting) -> tuple[Json, ...]:
    """Return the answers that came with an application; a job without questions has none."""
    template = setting.questions.get(job.question_template_id or 0)
    if template is None:
        return ()
    return ({"created_at": "", "offer_id": job.id, "answers": answers(random, template)},)


def place(job: Offer, setting: Setting) -> Placement:
    """Return an application in the Applied stage, without number and dates."""
    return Placement(
        id=0, candidate_id=0, position=1, created_at="", updated_at="", offer_id=job.id,
        stage_id=_stage(setting.templates[job.template_id], "apply"),
        location_ids=job.location_ids[:1],
    )  # fmt: skip


def advanced(
    random: Random, placement: Placement, job: Offer, setting: Setting, chance: float
) -> Placement:
    """Move an application on by chance: some wait, some advance, some are out, some hired."""
    template = setting.templates[job.template_id]
    if chance < 0.4:
        return placement
    steps: list[Stage] = [one for one in template.stages if one.category != "hire"][2:]
    moved = replace(placement, stage_id=random.choice(steps).id, updated_at=MOVED)
    if chance < 0.8:
        return moved
    if chance < 0.94:
        reason = random.choice(setting.reasons)
        return replace(
            moved, disqualify_kind="admin", disqualify_reason=reason, disqualified_at=MOVED,
            disqualified_by=setting.admin_ids[0],
        )  # fmt: skip
    return replace(
        moved, stage_id=_stage(template, "hire"), hired_at=MOVED,
        hired_by_id=setting.admin_ids[0], work_location_id=next(iter(job.location_ids), None),
    )  # fmt: skip


def _stage(template: Template, category: str) -> int:
    return next(stage.id for stage in template.stages if stage.category == category)
