"""Filters: which event is for whom, and what each filter says of it."""

from typing import Any

import pytest

from service.core import ids
from service.core.delivery.filters import Case, needs_applications, needs_body, passes, verdicts
from tests.delivery.made import C, event, operational, row, rules, wanted

JOB, OTHER_JOB = (ids.record_id(C, "job", each) for each in ("5", "6"))
STAGE, OTHER_STAGE = (ids.record_id(C, "stage", each) for each in ("70", "71"))
IN_JOB = {"job_id": JOB, "current_stage_id": STAGE}
ELSEWHERE = {"job_id": OTHER_JOB, "current_stage_id": OTHER_STAGE}
MOVED = event(
    "application.stage_changed",
    {"job_id": JOB, "current_stage_id": STAGE},
    [row("current_stage_id", OTHER_STAGE, STAGE)],
)
RENAMED = event(changes=[row("name", "Zo", "Zoë"), row("title", "", "Dr")])


def said(of: dict[str, Any], *applications: dict[str, Any], **asked: Any) -> dict[str, bool]:
    case = Case(wanted(**asked), of, applications)
    told = verdicts(case)
    assert passes(case) == all(verdict.passed for verdict in told)
    assert all(verdict.why for verdict in told)
    return {verdict.name: verdict.passed for verdict in told}


def passed(of: dict[str, Any], *applications: dict[str, Any], **asked: Any) -> bool:
    return all(said(of, *applications, **asked).values())


def test_verdicts_come_in_the_order_in_which_they_are_asked() -> None:
    assert list(said(MOVED)) == [
        "event_types", "connection_ids", "format", "job_ids", "stage_ids", "watch", "ignore",
        "conditions", "redact",
    ]  # fmt: skip
    assert passed(MOVED)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"event_types": ("job.*",)}, "event_types"),
        ({"connection_ids": ("other",)}, "connection_ids"),
        ({"job_ids": ("6",)}, "job_ids"),
        ({"stage_ids": ("72",)}, "stage_ids"),
        ({"watch": ("outcome",)}, "watch"),
        ({"ignore": ("application.current_stage_id",)}, "ignore"),
        ({"conditions": {"eq": {"data.record.outcome": "HIRED"}}}, "conditions"),
        ({"redact": rules("*.current_stage_id")}, "redact"),
    ],
)
def test_each_filter_says_no_by_itself(asked: dict[str, Any], name: str) -> None:
    told = said(MOVED, **asked)

    assert [each for each, good in told.items() if not good] == [name]


def test_plain_subscribers_need_no_body_and_nobody_applications_but_for_jobs_and_stages() -> None:
    assert not needs_body(wanted(event_types=("job.*",), connection_ids=(C,), format="thin"))
    assert not needs_body(wanted(redact=rules("*.name", how="mask")))
    for asked in (
        {"job_ids": ("1",)}, {"stage_ids": ("1",)}, {"watch": ("name",)}, {"ignore": ("name",)},
        {"conditions": {"changed": "name"}}, {"redact": rules("*.name")},
    ):  # fmt: skip
        assert needs_body(wanted(**asked))
    assert needs_applications(wanted(job_ids=("1",)), RENAMED)
    assert needs_applications(wanted(stage_ids=("1",)), event("note.created"))
    assert not needs_applications(wanted(job_ids=("1",)), MOVED)
    assert not needs_applications(wanted(job_ids=("1",)), event("job.updated"))
    assert not needs_applications(wanted(watch=("name",)), RENAMED)
    assert not needs_applications(wanted(job_ids=("1",)), operational())


@pytest.mark.parametrize(
    "chosen", [("5",), (JOB,), ("9", "5")], ids=["remote", "unified", "several"]
)
def test_jobs_may_be_named_by_either_id(chosen: tuple[str, ...]) -> None:
    assert passed(MOVED, job_ids=chosen)
    assert passed(event("job.closed", remote_id="5"), job_ids=chosen)
    assert not passed(event("job.closed", remote_id="6"), job_ids=chosen)


def test_a_candidate_is_in_a_job_by_one_of_its_applications() -> None:
    assert passed(RENAMED, ELSEWHERE, IN_JOB, job_ids=("5",))
    assert not passed(RENAMED, ELSEWHERE, job_ids=("5",))
    assert not passed(RENAMED, job_ids=("5",))


def test_job_and_stage_must_be_of_the_same_application() -> None:
    crossed = {"job_id": JOB, "current_stage_id": OTHER_STAGE}

    assert passed(RENAMED, IN_JOB, job_ids=("5",), stage_ids=("70",))
    assert not passed(RENAMED, crossed, ELSEWHERE, job_ids=("5",), stage_ids=("70",))


def test_what_belongs_to_a_candidate_goes_by_its_own_job_where_it_has_one() -> None:
    in_job, nowhere = (
        event("note.created", {"job_id": JOB}),
        event("note.created", {"job_id": None}),
    )

    assert passed(in_job, job_ids=("5",)) and not passed(in_job, IN_JOB, job_ids=("6",))
    assert passed(nowhere, IN_JOB, job_ids=("5",)) and not passed(nowhere, job_ids=("5",))
    assert passed(in_job, IN_JOB, stage_ids=("70",))
    assert not passed(in_job, ELSEWHERE, stage_ids=("71",))


def test_an_application_is_in_a_stage_that_it_enters_or_leaves() -> None:
    assert passed(MOVED, stage_ids=("70",)) and passed(MOVED, stage_ids=(OTHER_STAGE,))
    assert not passed(MOVED, stage_ids=("72",))


def test_jobs_stages_and_interviews_have_stages_of_their_own() -> None:
    assert passed(event("job.updated", {"stage_ids": [STAGE]}, remote_id="5"), stage_ids=("70",))
    assert passed(event("stage.updated", remote_id="70"), stage_ids=("70",))
    assert not passed(event("stage.updated", remote_id="71"), stage_ids=("70",))
    assert passed(event("interview.scheduled", {"stage_id": STAGE}), stage_ids=("70",))


def test_what_is_about_no_job_is_for_nobody_who_chose_some_but_erasures_and_operations_are() -> (
    None
):
    assert not passed(event("department.updated"), job_ids=("5",))
    assert passed(event("candidate.erased"), job_ids=("5",), conditions={"changed": "name"})
    assert not passed(event("candidate.erased"), event_types=("job.*",))
    named = operational("subscriber.missed", count=1)
    assert passed(named, job_ids=("5",), event_types=("subscriber.missed",))


@pytest.mark.parametrize("kind", ["candidate.created", "candidate.deleted", "candidate.restored"])
def test_watch_and_ignore_speak_of_updates_only(kind: str) -> None:
    ended = [] if kind == "candidate.created" else [row("remote_deleted_at", None, "2026-05-04")]

    assert passed(event(kind, changes=ended), watch=("name",), ignore=("*.remote_deleted_at",))


@pytest.mark.parametrize(
    ("asked", "good"),
    [
        ({"watch": ("name",)}, True),
        ({"watch": ("candidate.name",)}, True),
        ({"watch": ("job.name",)}, False),
        ({"watch": ("tags", "title")}, True),
        ({"watch": ("tags",)}, False),
        ({"ignore": ("name",)}, True),
        ({"ignore": ("name", "*.title")}, False),
        ({"ignore": ("name", "job.title")}, True),
        ({"watch": ("title",), "ignore": ("name",)}, True),
    ],
    ids=str,
)
def test_an_update_is_sent_by_the_fields_it_touches(asked: dict[str, Any], good: bool) -> None:
    assert passed(RENAMED, **asked) == good


@pytest.mark.parametrize(
    ("asked", "good"),
    [
        ({"watch": ("candidate.location.city",)}, True),
        ({"watch": ("candidate.location.country",)}, False),
        ({"ignore": ("candidate.location.city",)}, False),
        ({"ignore": ("candidate.location.country",)}, True),
        ({"watch": ("location",)}, True),
    ],
    ids=str,
)
def test_a_name_may_lead_into_a_field(asked: dict[str, Any], good: bool) -> None:
    before, after = {"city": "Kiel", "country": "DE"}, {"city": "Bonn", "country": "DE"}

    assert passed(event(changes=[row("location", before, after)]), **asked) == good


def test_one_tag_of_many_may_be_watched() -> None:
    tagged = event("candidate.tag_added", changes=[row("tags.V.I.P", None, "V.I.P")])

    assert passed(tagged, watch=("candidate.tags.V.I.P",)) and passed(tagged, watch=("tags",))
    assert not passed(tagged, watch=("candidate.tags.Other",))


def test_what_a_format_has_no_words_for_is_not_sent_in_it() -> None:
    told = operational()

    named = {"event_types": ("subscriber.disabled", "activity.*", "note.*")}
    assert passed(told, **named)
    assert not passed(told, format="kombo", **named) and not passed(told, format="truto", **named)
    assert not passed(event("activity.created"), format="kombo", **named)
    assert passed(event("activity.created"), format="truto", **named)
    assert passed(event("note.created"), format="kombo", **named)
    assert not passed(event("note.created"), format="kombo")


def test_the_reasons_name_what_decided() -> None:
    case = Case(
        wanted(watch=("name",), ignore=("name", "title"), job_ids=("6",),
               conditions={"all": [{"changed": "tags"}]}),
        RENAMED, (IN_JOB,),
    )  # fmt: skip
    why = {verdict.name: verdict.why for verdict in verdicts(case)}

    assert why["watch"] == "name is watched"
    assert why["ignore"] == "all of name, title is ignored"
    assert why["job_ids"] == "0 of the candidate's 1 applications fit"
    assert why["conditions"] == "all[0].changed does not hold"
