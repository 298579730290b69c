"""The invented company has every case that a consumer must survive, and grows on demand."""

import time

import pytest

from service.sandbox.config import SandboxConfig
from service.sandbox.invention import invent
from service.sandbox.world import Company
from tests.sandbox.conftest import Clock


@pytest.fixture
def company(clock: Clock) -> Company:
    return invent(SandboxConfig(token="t", clock=clock))


def test_the_same_seed_gives_the_same_people_and_another_seed_others(clock: Clock) -> None:
    first, again, other = (
        invent(SandboxConfig(token="t", seed=seed, clock=clock)).candidates for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_the_special_cases_are_there(company: Company) -> None:
    people = list(company.candidates.values())
    placements = [one for who in people for one in who.placements]

    assert people[0].example and not any(who.example for who in people[1:])
    assert not people[1].name.isascii()
    assert len(people[2].placements) == 2
    assert people[3].placements[0].disqualified
    assert people[4].placements[0].hired_at
    assert people[5].placements[0].pool_id in company.pools
    assert 0 < sum(one.disqualified for one in placements) < len(placements) / 2


def test_shared_pipelines_serve_several_jobs_and_the_custom_one_only_one(company: Company) -> None:
    uses = [
        sum(offer.template_id == one.id for offer in company.offers.values())
        for one in company.templates.values()
    ]
    custom = [one.custom for one in company.templates.values()]

    assert custom == [False, False, True]
    assert uses[0] > 1 and uses[1] > 1 and uses[2] == 1


def test_everything_that_a_placement_names_exists(company: Company) -> None:
    for who in company.candidates.values():
        for one in who.placements:
            assert one.candidate_id == who.id
            assert (one.offer_id in company.offers) != (one.pool_id in company.pools)
            if one.offer_id:
                stage = company.stages[one.stage_id or 0]
                assert stage.template_id == company.offers[one.offer_id].template_id
                assert bool(one.hired_at) == (stage.category == "hire")


def test_nobody_has_an_address_outside_of_example_dot_com(company: Company) -> None:
    mails = [mail for who in company.candidates.values() for mail in who.emails]

    assert mails and all(mail.endswith("@example.com") for mail in mails)


def test_thousands_are_invented_quickly_with_ids_of_their_own(clock: Clock) -> None:
    started = time.perf_counter()
    company = invent(SandboxConfig(token="t", candidates=5000, jobs=40, clock=clock))

    assert time.perf_counter() - started < 5
    assert len(company.candidates) == 5000 and len(company.offers) == 40
    assert len({offer.slug for offer in company.offers.values()}) == 40


@pytest.mark.parametrize("size", [0, 1, 6])
def test_a_small_company_is_a_company_too(clock: Clock, size: int) -> None:
    company = invent(SandboxConfig(token="t", candidates=size, clock=clock))

    assert len(company.candidates) == size and len(company.offers) == 8


def test_instants_never_repeat_though_the_clock_stands(company: Company) -> None:
    assert len({company.now() for _ in range(100)}) == 100
