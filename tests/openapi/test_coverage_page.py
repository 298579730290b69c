"""The coverage page is what code and tests say: current, and every test that it names is there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from service.kombo import coverage_page
from service.kombo.coverage_page import Row

ROOT = Path(__file__).parents[2]
ROWS = coverage_page.rows()


def test_the_page_is_not_stale() -> None:
    page = coverage_page.PAGE.read_text(encoding="utf-8")
    assert page == coverage_page.page(), "run: python -m service.kombo.coverage_page"


def test_a_field_is_covered_here_where_the_table_of_fields_says_so() -> None:
    assert coverage_page.differences() == []


def test_no_row_is_without_a_word_or_there_twice() -> None:
    assert [row.path for row in ROWS if not (row.test or row.why or row.later)] == []
    assert len({row.path for row in ROWS}) == len(ROWS) > 250


@pytest.mark.parametrize("test", sorted({row.test for row in ROWS if row.test}))
def test_a_test_that_a_row_names_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in _tests(path)


@cache
def _tests(path: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


def test_a_row_says_yes_no_or_not_yet() -> None:
    assert Row((), "t", None, None).word == "yes"
    assert Row((), "t", "because", None).word == "no"
    assert Row((), None, None, "soon").word == "not yet"
