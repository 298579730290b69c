"""Invents a company from a seed: nobody in it is real, and a million people take no room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from service.sandbox.config import SandboxConfig
from service.sandbox.feed import APART, Feed
from service.sandbox.files import Files
from service.sandbox.founding import Founded, found_company
from service.sandbox.instants import micros_of
from service.sandbox.invented_papers import Inventor
from service.sandbox.invented_people import CHANNELS, LABELS, Setting, patterns
from service.sandbox.patterns import PARTS, PLACES, STEP, Numbering
from service.sandbox.people import People
from service.sandbox.shelf import EACH, Shelf
from service.sandbox.special_cases import seat_special_cases
from service.sandbox.world import Company, Papers

FIRST_IDS = {
    "role": 41_210, "admin": 316_900, "membership": 402_110, "department": 88_040, "team": 5_100,
    "location": 57_300, "reason": 61_770, "template": 207_600, "stage": 8_080_400,
    "offer": 1_192_500, "pool": 33_800, "tag": 930_100, "candidate": 46_566_900,
    "placement": 49_384_900, "activity": 701_330_200, "note": 12_450_700, "field": 90_210_500,
    "attachment": 31_700_400, "interview": 6_410_300, "evaluation": 9_730_800,
    "request": 2_200_100, "task": 1_860_700, "question_template": 71_200, "question": 2_402_900,
    "question_option": 3_310_200, "dynamic": 15_600, "bulk": 1,
}  # fmt: skip
APIECE = {
    "candidate": STEP, "placement": PLACES, "field": PARTS, "note": EACH, "attachment": EACH,
    "interview": EACH, "evaluation": EACH, "activity": APART,
}  # fmt: skip
"""How many ids each invented candidate takes; what is new comes after all of them."""


@dataclass(slots=True)
class Ids:
    """Random draws of one invention, so that a seed repeats them."""

    random: Random
    last: dict[str, int]

    def draw(self, kind: str) -> int:
        """Return a number larger than the last of its kind."""
        self.last[kind] = self.last.get(kind, 1000) + self.random.randint(1, 5)
        return self.last[kind]


def invent(config: SandboxConfig) -> Company:
    """Return a company with `config.candidates` people, made up to the present moment."""
    random = Random(config.seed)  # noqa: S311  # not for secrets
    room = config.candidates + config.job_count + 1
    last = {kind: first + APIECE.get(kind, 0) * room for kind, first in FIRST_IDS.items()}
    ids = Ids(random, last)
    founded = found_company(ids.draw, config.clock() - timedelta(days=200), config.job_count)
    people = _people(config, founded)
    company = Company(
        config=config, next_id=ids.draw, people=people, papers=_papers(people, founded),
        feed=Feed(people, list(founded.offers.values()), FIRST_IDS["activity"]),
        files=Files(config.clock, config.token.encode()), roles=founded.roles,
        admins=founded.admins, teams=founded.teams, departments=founded.departments,
        locations=founded.locations, reasons=founded.reasons, templates=founded.templates,
        stages=founded.stages, offers=founded.offers, pools=founded.pools,
        question_templates=founded.question_templates, dynamic_fields=founded.dynamic_fields,
        owner_id=next(iter(founded.admins)),
    )  # fmt: skip
    _labels(company, [offer.tags for offer in founded.offers.values()])
    seat_special_cases(company, min(config.candidates, 10))
    return company


def _people(config: SandboxConfig, founded: Founded) -> People:
    setting = Setting(
        jobs=tuple(offer for offer in founded.offers.values() if offer.status != "draft"),
        templates=founded.templates, questions=founded.question_templates,
        admin_ids=tuple(founded.admins),
        reasons=tuple(one.name for one in founded.reasons.values()),
    )  # fmt: skip
    numbering = Numbering(
        config.seed, config.candidates, micros_of(config.clock()), FIRST_IDS["candidate"],
        FIRST_IDS["placement"], FIRST_IDS["field"],
    )  # fmt: skip
    made = patterns(config.seed, config.candidates, setting)
    return People(numbering, made, config.clock)


def _papers(people: People, founded: Founded) -> Papers:
    inventor = Inventor(people, tuple(founded.admins), FIRST_IDS)
    return Papers(
        notes=Shelf(people, inventor.notes()), attachments=Shelf(people, inventor.attachments()),
        interviews=Shelf(people, inventor.interviews()),
        evaluations=Shelf(people, inventor.evaluations()), requests=Shelf(people),
        tasks=Shelf(people),
    )  # fmt: skip


def _labels(company: Company, offer_tags: Sequence[tuple[str, ...]]) -> None:
    for name in LABELS:
        company.tag("tags", name)
    for name in CHANNELS:
        company.tag("sources", name)
    for names in offer_tags:
        for name in names:
            company.tag("offer_tags", name)
