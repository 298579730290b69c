"""The program's comparing held against the model's: bursts of edits, told as one fetch must tell them."""

import random
from collections.abc import Callable, Sequence

import pytest

from service.core import ids
from service.core.recruitee import webhook
from service.core.unified import announce as program
from service.core.unified.model import Cause, Context, Ref, Snapshot, Verdict
from service.core.unified.registry import MODELS, ROOTS
from tests.model import edits
from tests.model.company import STAGES, Company
from tests.model.facts import State, Told
from tests.model.history import Record
from tests.model.judge import told_of
from tests.model.prediction import burst

C = "connection"
SEEDS = range(150)
FACTS = Context(
    C,
    lambda model, i: ids.record_id(C, model, i),
    {str(i): category for i, category in STAGES.items()},
)


def _company(seed: int) -> Company:
    company = Company(random.Random(seed), 1_800_000_000)
    company.settle_in(candidates=1, jobs=1)
    return company


def _compare(
    company: Company, known: dict[Ref, Snapshot], causes: Sequence[Cause], root: str
) -> dict[Ref, Verdict]:
    """Fetch and compare one root as a refetch does, without anything around it."""
    served = company.candidates if root == "candidate" else company.offers
    path = {"candidate": "candidates", "job": "offers"}[root]
    answer = company.serve(f"/{path}/{next(iter(served))}", {})
    assert answer
    drafts = ROOTS[root].expand(answer[ROOTS[root].key], answer["references"], FACTS)
    return {
        (ref := Ref(draft.model, draft.remote_id)): program.announce(
            MODELS[draft.model], draft, known.get(ref), causes, FACTS, None, quiet=not known
        )
        for draft in drafts
    }


def _known(company: Company, root: str) -> dict[Ref, Snapshot]:
    found = _compare(company, {}, [], root).items()
    return {ref: verdict.snapshot for ref, verdict in found if verdict.snapshot}


def _causes(company: Company) -> list[Cause]:
    read = [webhook.read(_raw(sent.body)) for sent in company.outbox]
    causes = [webhook.parse_entry(one.entries[0])[1] for one in read]
    company.rng.shuffle(causes)
    return causes


def _raw(body: object) -> bytes:
    import orjson

    return orjson.dumps(body)


def _said(verdict: Verdict) -> list[Told]:
    events = [{"type": c.event, "data": {"changes": c.changes}} for c in verdict.changes]
    return [told_of(event) for event in events]


def _expected(company: Company, record: Record, *, chained: bool) -> list[Told]:
    states = [_named(state) for state in company.history.pasts[record].states]
    return [told for hop in burst(record.model, states, chained=chained) for told in hop]


def _named(state: State) -> State:
    stage = state.get("current_stage_id")
    return {**state, "current_stage_id": FACTS.uid("stage", stage)} if stage else state


def _burst(seed: int, among: Sequence[Callable[[Company], None]]) -> Company:
    company = _company(seed)
    for _ in range(company.rng.randint(1, 6)):
        company.rng.choice(among)(company)
    return company


@pytest.mark.parametrize("seed", SEEDS)
def test_a_burst_whose_webhooks_are_all_there_is_told_hop_by_hop(seed: int) -> None:
    known = _known(_company(seed), "candidate")
    company = _burst(seed, (edits.move, edits.disqualify))

    verdicts = _compare(company, known, _causes(company), "candidate")

    (record,) = [r for r in company.history.pasts if r.model == "application"]
    assert _said(verdicts[Ref(*record)]) == _expected(company, record, chained=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_burst_that_nobody_told_of_comes_to_its_net_change(seed: int) -> None:
    usual = (edits.move, edits.disqualify, edits.rename, edits.retitle, edits.tag)
    known = _known(_company(seed), "candidate")
    company = _burst(seed, usual)

    verdicts = _compare(company, known, [], "candidate")

    for record in company.history.pasts:
        if Ref(*record) in verdicts:
            said = _said(verdicts[Ref(*record)])
            assert said == _expected(company, record, chained=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_jobs_edits_come_to_their_net_change(seed: int) -> None:
    known = _known(_company(seed), "job")
    company = _burst(seed, (edits.advertise,))

    verdicts = _compare(company, known, _causes(company), "job")

    (record,) = [r for r in company.history.pasts if r.model == "job"]
    said, expected = _said(verdicts[Ref(*record)]), _expected(company, record, chained=False)
    assert sorted(map(repr, said)) == sorted(map(repr, expected))
