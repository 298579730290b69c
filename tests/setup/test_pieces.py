"""What pages are made of: escaping, costs of every model, what people paste, where links lead back to."""

import pytest

from service.core.unified.registry import MODELS
from service.setup import sent
from service.setup.costs import COSTS, readable, unwritable
from service.setup.making import leads_back
from service.setup.markup import Html, joined, tag


def test_everything_that_is_not_html_is_escaped() -> None:
    evil = "\"'><script>&"
    safe = "&quot;&#x27;&gt;&lt;script&gt;&amp;"
    assert tag("p", evil, title=evil) == f'<p title="{safe}">{safe}</p>'
    assert joined("<", Html("<br>"), None, ["&", [tag("b", "<")]]) == "&lt;<br>&amp;<b>&lt;</b>"
    assert tag("input", class_="a", data_x=1, hidden=True, value=None, required=False) == (
        '<input class="a" data-x="1" hidden>'
    )


def test_every_model_has_a_name_and_a_cost() -> None:
    assert COSTS.keys() == MODELS.keys()
    assert all(label and cost.endswith(".") for label, cost in COSTS.values())


def test_a_model_is_as_readable_as_the_worst_of_its_ways() -> None:
    rows = [
        {"model": "note", "status": "allowed", "cure": None},
        {"model": "note", "status": "forbidden", "cure": "ask"},
        {"model": "job", "status": "failed", "cure": "later"},
        {"model": "job", "status": "empty", "cure": None},
        {"model": "tag", "status": "empty", "cure": None},
    ]
    found = {
        each.label: (each.status, bool(each.cost), each.cure) for each in readable({"models": rows})
    }
    assert found == {
        "Notes": ("bad", True, "ask"), "Jobs": ("warn", True, "later"),
        "Candidate tags": ("good", False, ""),
    }  # fmt: skip


def test_writes_that_are_not_allowed_are_named() -> None:
    rows = [
        {"action": "move_stage", "status": "forbidden", "cure": "give manage_candidate"},
        {"action": "reject", "status": "unknown", "cure": "try"},
    ]
    (only,) = unwritable({"actions": rows})
    assert (only.label, only.cure) == ("Move stage", "give manage_candidate")


@pytest.mark.parametrize(
    ("pasted", "company"),
    [
        ("5600", "5600"),
        (" acme ", "acme"),
        ("acme.recruitee.com", "acme"),
        ("https://acme.recruitee.com/o/engineer", "acme"),
        ("https://acme.recruitee.com.evil.example/", None),
        ("acme.example", None),
    ],
)
def test_a_company_is_taken_from_what_people_paste(pasted: str, company: str | None) -> None:
    given = sent.access({"company_id": pasted, "api_token": " t "})
    assert given == ((company, "t") if company else sent.COMPANY_WRONG)


@pytest.mark.parametrize(
    "uri",
    ["https://a.example/back?x=1", "http://localhost:3000/cb", "com.example.app:/cb", "https://a"],
)
def test_a_link_may_lead_back_to_a_page_or_an_app(uri: str) -> None:
    assert leads_back(uri) == uri
