"""Job postings: the page of each job that has one, in silence."""

import pytest

from service.core.unified.model import Draft
from service.core.unified.registry import MODELS
from tests.unified.shapes import Json, adopted, compare, drafts, lean_offer, offer


def posting(raw: Json) -> Draft | None:
    return next((draft for draft in drafts("job", raw) if draft.model == "job_posting"), None)


def of(raw: Json) -> Draft:
    found = posting(raw)
    assert found is not None
    return found


def test_a_posting_is_the_jobs_page() -> None:
    draft = of(offer())

    assert draft.subject == ("job", "60") and draft.remote_id == "60"
    assert draft.fields == {
        "id": "job_posting-60", "remote_id": "60", "job_id": "job-60", "title": "Lighthouse keeper",
        "description_html": "<p>Light</p>\n<p>Stairs</p>", "status": "ACTIVE", "visibility": "PUBLIC",
        "url": "https://jobs.example.com/o/keeper", "remote_created_at": "2026-01-01T08:00:00.000Z",
        "remote_updated_at": "2026-01-02T08:00:00.000Z", "remote_deleted_at": None,
    }  # fmt: skip
    assert set(draft.fields) == set(MODELS["job_posting"].fields)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("published", ("ACTIVE", "PUBLIC")),
        ("internal", ("ACTIVE", "INTERNAL")),
        ("draft", ("DRAFT", None)),
        ("closed", ("INACTIVE", None)),
        ("archived", ("INACTIVE", None)),
        ("on_hold", (None, None)),
    ],
)
def test_a_posting_is_active_while_somebody_is_shown_it(
    status: str, shown: tuple[str | None, str | None]
) -> None:
    fields = of(offer(status=status)).fields

    assert (fields["status"], fields["visibility"]) == shown


@pytest.mark.parametrize("url", [None, "", 4])
def test_a_job_without_a_page_has_no_posting(url: object) -> None:
    assert posting(offer(careers_url=url)) is None
    assert posting({k: v for k, v in offer().items() if k != "careers_url"}) is None


def test_a_lean_list_leaves_the_text_unknown() -> None:
    lean = of(lean_offer())

    assert "description_html" not in lean.fields
    assert compare(adopted(of(offer())), lean).snapshot is None


def test_a_posting_changes_in_silence() -> None:
    verdict = compare(adopted(of(offer())), of(offer(status="closed", title="Keeper")))

    assert verdict.changes == () and verdict.snapshot is not None
    assert verdict.snapshot.fields["status"] == "INACTIVE"
