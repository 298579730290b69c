"""The page of fields is what the code says, and no field is without its row."""

import pytest

from service.core.unified import table
from service.core.unified.registry import MODELS, SOURCES


def test_no_field_is_without_a_row() -> None:
    assert table.gaps() == []
    assert set(SOURCES) == set(MODELS)


def test_the_page_is_not_stale() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), (
        "run: python -m service.core.unified.table"
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_field_has_one_row_under_its_model(name: str) -> None:
    section = table.page().split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]

    assert [row.split("`")[1] for row in rows] == list(MODELS[name].fields)
    assert all(row.replace("\\|", "").count("|") == 7 for row in rows)


def test_what_recruitee_has_no_fact_for_says_why() -> None:
    page = table.page()

    assert (
        "| `category` | not available | Recruitee asks EEO questions by a form of its own" in page
    )
    assert "no row" not in page
    tags = "| `tags` | `tags[]` | names, sorted | recorded | personal | tag_added, tag_removed |"
    assert tags in page
