"""What a scope keeps of an answer, and that nothing else of it is ever stored or sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.unified.announce import announce
from service.core.unified.model import Cause, Draft, Ref, Snapshot, Verdict
from service.core.unified.options import (
    EVERYTHING,
    Options,
    Scope,
    cut,
    keep,
    reach,
    required,
)
from service.core.unified.refusals import refusals
from service.core.unified.registry import MODELS, ROOTS
from tests.unified.shapes import BASELINE, candidate, context, placement


def uid(model: str, remote_id: str) -> str:
    return f"{model}-{remote_id}"


def job(remote_id: str, department: str | None = None, department_id: str | None = None) -> Draft:
    fields: dict[str, Any] = {"id": uid("job", remote_id), "remote_id": remote_id, "name": "Baker"}
    fields |= {"department": department, "department_id": department_id}
    return Draft("job", remote_id, fields, Ref("job", remote_id))


def stage(remote_id: str = "711") -> Draft:
    fields = {
        "id": uid("stage", remote_id),
        "remote_id": remote_id,
        "category": "hire",
        "name": "In",
    }
    return Draft("stage", remote_id, fields, Ref("stage", remote_id))


def person(*job_ids: int) -> list[Draft]:
    """A candidate as the normalizer reads it, with an application in each of these jobs."""
    placements = [placement(id=90 + n, offer_id=job_id) for n, job_id in enumerate(job_ids)]
    return ROOTS["candidate"].expand(candidate(*placements), [], context())


def options(**scope: Any) -> Options:
    return Options(scope=Scope(**scope))


def kept(chosen: Options, drafts: Sequence[Draft], **known: Any) -> list[str]:
    return [f"{d.model} {d.remote_id}" for d in keep(chosen, drafts, reach(chosen, uid, **known))]


def test_without_a_choice_everything_is_kept_as_it_is() -> None:
    drafts = person(60, 61)

    assert keep(Options(), drafts) == drafts
    assert Options().models() == frozenset(MODELS)


def test_a_model_that_is_not_kept_goes_away() -> None:
    drafts = person(60)

    assert kept(options(models=("candidate",)), drafts) == ["candidate 40"]
    assert kept(options(models=("job",)), drafts) == []
    assert kept(options(models=("job",)), [job("60"), stage()]) == ["job 60"]


def test_a_candidate_that_only_its_applications_need_is_ids_and_times_and_told_of_by_nothing() -> (
    None
):
    chosen = options(models=("application",))

    subject, application = keep(chosen, person(60))

    assert subject.fields.keys() == required("candidate") & person(60)[0].fields.keys()
    assert "Quill" not in str(subject) and "outcome" in application.fields
    assert (chosen.tells("candidate"), chosen.tells("application")) == (False, True)


def test_a_stage_that_only_applications_need_keeps_what_a_hire_hangs_on() -> None:
    [_, only] = keep(options(models=("application", "job")), [job("60"), stage()])

    assert only.fields == {"id": "stage-711", "remote_id": "711", "category": "hire"}


def test_applications_of_other_jobs_are_left_out_and_with_the_last_one_their_candidate() -> None:
    chosen = options(jobs=("60",))

    assert kept(chosen, person(60, 61)) == ["candidate 40", "application 90"]
    assert kept(chosen, person(61)) == kept(chosen, person()) == []


def test_a_job_outside_the_scope_is_left_and_its_stages_stay_since_others_may_share_them() -> None:
    assert kept(options(jobs=("60",)), [job("61"), stage(), job("60")]) == ["stage 711", "job 60"]


def test_a_page_of_many_candidates_is_judged_one_by_one() -> None:
    raw = candidate(placement(id=99, candidate_id=41, offer_id=61), id=41)
    page = [*ROOTS["candidate"].expand(raw, [], context()), *person(60)]

    assert kept(options(jobs=("60",)), page) == ["candidate 40", "application 90"]
    assert kept(options(jobs=("61",)), page) == ["candidate 41", "application 99"]


@pytest.mark.parametrize(
    ("drafts", "fits"),
    [
        ([job("60", "Sales", "department-7")], True),
        ([job("60", "Kitchen", "department-8")], True),
        ([job("60", "Kitchen", "department-9")], False),
        ([job("60", None, None)], False),
    ],
    ids=["by name", "by id", "another", "none"],
)
def test_a_department_is_named_or_numbered(drafts: list[Draft], fits: bool) -> None:
    assert bool(kept(options(departments=("Sales", "8")), drafts)) is fits


def test_with_jobs_and_departments_a_job_must_fit_both() -> None:
    chosen = options(jobs=("60", "61"), departments=("Sales",))

    fitting = [job(i, d) for i, d in [("60", "Sales"), ("61", "Kitchen"), ("62", "Sales")]]

    assert [kept(chosen, [one]) for one in fitting] == [["job 60"], [], []]


def test_which_jobs_a_department_has_is_asked_for_before_an_application_can_be_judged() -> None:
    chosen = options(departments=("Sales",))
    drafts = person(60, 61)

    assert reach(chosen, uid).unjudged(drafts) == {"job-60", "job-61"}
    judged = {"job-60": True, "job-61": False}
    assert reach(chosen, uid, judged).unjudged(drafts) == frozenset()
    assert kept(chosen, drafts, judged=judged) == ["candidate 40", "application 90"]
    assert reach(options(jobs=("60",)), uid).unjudged(drafts) == frozenset()


def test_a_narrowed_scope_of_which_nothing_is_known_keeps_nothing() -> None:
    assert keep(options(jobs=("60",)), person(60)) == []


def test_of_a_list_of_many_peoples_records_only_those_of_candidates_that_are_kept_stay() -> None:
    fields = {"id": "note-1", "remote_id": "1"}
    notes = [Draft("application", str(i), fields, Ref("candidate", str(i))) for i in (40, 41)]

    assert kept(options(jobs=("60",)), notes[:1], candidates={"40"}) == ["application 40"]
    assert kept(options(jobs=("60",)), notes[1:], candidates={"40"}) == []


def test_a_dropped_field_leaves_the_draft_with_its_grade_and_its_unmapped_values() -> None:
    draft = person(60)[1]
    odd = Draft(
        draft.model, draft.remote_id, draft.fields | {"rejected_at": "x"}, draft.subject,
        {"rejected_at": 1}, (("rejected_at", "weird"), ("outcome", "odd")),
    )  # fmt: skip

    [shown] = keep(options(drop=("application.rejected_at",)), [odd])

    assert "rejected_at" not in shown.fields and shown.grades == {}
    assert shown.unmapped == (("outcome", "odd"),)


@pytest.mark.parametrize(
    ("scope", "part", "said"),
    [
        (
            Scope(models=("aplication",)),
            "models",
            "no model aplication; the nearest is application",
        ),
        (Scope(drop=("job.nam",)), "drop", "no field job.nam; the nearest is job.name"),
        (Scope(drop=("name",)), "drop", "no field name; the nearest is"),
        (Scope(drop=("candidat.name",)), "drop", "the nearest is candidate.name"),
        (Scope(drop=("candidate.remote_id",)), "drop", "cannot be dropped"),
        (Scope(drop=("application.job_id",)), "drop", "cannot be dropped"),
        (Scope(drop=("stage.category",)), "drop", "cannot be dropped"),
        (Scope(drop=("job.department",), departments=("Sales",)), "drop", "while departments"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(
    scope: Scope, part: str, said: str
) -> None:
    [(at, problem)] = refusals(scope)

    assert at == part and said in problem


def test_a_good_scope_is_not_refused() -> None:
    assert refusals(Scope(models=("job",), drop=("job.department", "candidate.title"))) == []


def test_a_stored_choice_of_names_that_are_gone_does_no_harm() -> None:
    chosen = options(models=("job", "gone"), drop=("gone.name", "job.gone", "job.id"))

    assert chosen.models() == {"job"}
    assert keep(chosen, [job("60")]) == [job("60")]


def announced(
    chosen: Options, draft: Draft, before: Snapshot | None, causes: Sequence[Cause] = ()
) -> Verdict:
    """Compare as a worker does: filtered before, and cut afterwards."""
    [shown] = keep(chosen, [draft])
    verdict = announce(MODELS[draft.model], shown, before, causes, context(), BASELINE)
    return cut(chosen, draft.model, verdict, before)


def moved(to: str, minute: int) -> Cause:
    details = {"disqualify_reason": "Too far away"} if to == "disqualified" else {}
    at = f"2026-04-21T08:{minute:02}:00.000Z"
    return Cause("webhook", minute, "candidate_moved", to, at, "40", ("60",), details)


def test_a_reason_that_is_dropped_is_not_told_by_the_webhook_that_states_it() -> None:
    chosen = options(drop=("application.rejection_reason_name",))
    before = Snapshot(1, 3, keep(chosen, person(60))[1].fields)
    causes = [moved("disqualified", 1), moved("requalified", 2)]

    whole = announce(MODELS["application"], person(60)[1], before, causes, context(), BASELINE)
    verdict = announced(chosen, person(60)[1], before, causes)

    assert "Too far away" in str([(change.record, change.changes) for change in whole.changes])
    assert "Too far away" not in str(
        [(change.record, change.changes) for change in verdict.changes]
    )
    assert "Too far away" not in str(verdict.snapshot)
    assert [change.event for change in verdict.changes] == [
        "application.rejected", "application.requalified",
    ]  # fmt: skip


def test_what_is_stored_of_a_field_that_is_dropped_later_goes_in_silence_with_the_next_fetch() -> (
    None
):
    draft = person(60)[0]
    before = Snapshot(4, 7, draft.fields)
    chosen = options(drop=("candidate.name", "candidate.last_name"))

    first = announced(chosen, draft, before)
    again = announced(chosen, draft, first.snapshot)

    assert first.snapshot is not None and first.changes == ()
    assert (first.snapshot.version, first.snapshot.sequence) == (5, 7)
    assert "Quill" not in str(first.snapshot.fields["email_addresses"]) + str(
        {k: v for k, v in first.snapshot.fields.items() if k.endswith("name")}
    )
    assert again == Verdict(None)


def test_a_change_of_which_nothing_is_left_is_no_event_and_leaves_no_gap() -> None:
    draft = person(60)[0]
    before = Snapshot(1, 2, draft.fields | {"title": "Cook", "tags": ["senior"]})
    plain = announce(MODELS["candidate"], draft, before, [], context(), BASELINE)

    verdict = cut(options(drop=("candidate.title",)), "candidate", plain, before)

    assert [c.event for c in plain.changes] == ["candidate.tag_added", "candidate.updated"]
    assert [c.event for c in verdict.changes] == ["candidate.tag_added"]
    assert verdict.snapshot is not None and verdict.snapshot.sequence == 3


def test_without_a_choice_a_verdict_is_what_it_was() -> None:
    draft = person(60)[0]
    verdict = announce(MODELS["candidate"], draft, None, [moved("x", 1)], context(), BASELINE)

    assert cut(Options(), "candidate", verdict, None) is verdict


def test_nothing_is_told_of_a_bare_subject() -> None:
    chosen = options(models=("application",))

    verdict = announced(
        chosen, person(60)[0], None, [Cause("webhook", 1, "new_candidate", at=BASELINE)]
    )

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.sequence == 0


NAMES = [f"{model.name}.{name}" for model in MODELS.values() for name in model.fields]
SCOPES = st.builds(
    Scope,
    models=st.none() | st.lists(st.sampled_from(sorted(MODELS)), min_size=1).map(tuple),
    jobs=st.none() | st.lists(st.sampled_from(["60", "61", "62"]), min_size=1).map(tuple),
    departments=st.none() | st.just(("Sales",)),
    drop=st.lists(st.sampled_from(NAMES)).map(tuple),
)
ANSWERS = st.lists(st.sampled_from([60, 61, 62]), max_size=3).map(
    lambda jobs: person(*jobs)
) | st.sampled_from([[job("60", "Sales"), stage()], [job("61", "Kitchen"), stage()], [stage()], []])
JUDGED: Mapping[str, bool] = {"job-60": True, "job-61": False}


@given(scope=SCOPES, drafts=ANSWERS)
def test_keeping_invents_nothing_and_lets_nothing_through_that_is_dropped(
    scope: Scope, drafts: list[Draft]
) -> None:
    chosen = Options(scope=scope)
    shown = keep(chosen, drafts, reach(chosen, uid, JUDGED))

    whole = {(d.model, d.remote_id): d for d in drafts}
    for draft in shown:
        source = whole[draft.model, draft.remote_id]
        assert draft.fields.items() <= source.fields.items()
        assert draft.subject == source.subject
        assert draft.model in chosen.models() | chosen.bare()
        assert required(draft.model) & source.fields.keys() <= draft.fields.keys()
        dropped = {n.partition(".")[2] for n in scope.drop if n.startswith(draft.model + ".")}
        assert (
            not (dropped - required(draft.model) - {"department", "department_id"})
            & draft.fields.keys()
        )
    # What was kept once passes again unchanged, unless what it was judged by is not kept itself.
    if scope.departments is None and (not scope.jobs or "application" in chosen.models()):
        assert keep(chosen, shown, reach(chosen, uid, JUDGED)) == shown
    if scope == EVERYTHING:
        assert shown == drafts
