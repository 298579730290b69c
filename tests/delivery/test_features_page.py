"""The page of features: what has to be "yes" is, each with a test that is there; a "no" has its reason."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "service" / "docs" / "features.md"
PROOF = re.compile(r"\[`(\w+)`\]\(\.\./\.\./(tests/[\w/]+\.py)\)")
OTHERS = "## Others"
MUST = (
    "signing", "retries", "Retry-After", "rotation", "rate", "concurrency", "breaker",
    "auto-disable", "dead letters", "replay of one", "replay of a range",
    "replay of what is missing", "idempotent ids", "ordering", "filters", "redaction", "fan-out",
    "SSRF", "proxy", "mTLS", "ownership challenge", "attempt log", "operational events",
    "custom headers", "feed",
)  # fmt: skip
Row = list[str]


def rows(part: str) -> dict[str, Row]:
    """Return the rows of a part's tables by their first cell, heads and rules left out."""
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells if row[0] != "row" and set(row[0]) != {"-"}}


OURS, _, THEIRS = PAGE.read_text(encoding="utf-8").partition(OTHERS)


@lru_cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of a file's test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(n.name for n in functions if n.name.startswith("test_"))


@pytest.mark.parametrize("name", MUST)
def test_what_has_to_be_yes_is_yes_and_proved(name: str) -> None:
    told, proofs = rows(OURS)[name]

    assert told.startswith("yes: ")
    assert PROOF.search(proofs), "no test is named"
    assert rows(THEIRS)[name][0] == "yes"


@pytest.mark.parametrize("name", sorted(rows(OURS)))
def test_every_row_says_yes_or_why_not_and_every_test_that_it_names_is_there(name: str) -> None:
    told, proofs = rows(OURS)[name]
    named = PROOF.findall(proofs)

    assert re.fullmatch(r"(yes|no): .{10,}", told)
    assert [n for n, path in named if n not in names_in(ROOT / path)] == []
    assert PROOF.sub("", proofs).strip(" ,") == "", "something is named that is no test"
    assert named or told.startswith("no: ")


def test_of_the_others_every_row_has_a_word_for_each() -> None:
    said = rows(THEIRS)

    assert set(said) == set(MUST)
    assert {len(row) for row in said.values()} == {11}
    assert {cell for row in said.values() for cell in row} <= {"yes", "no", "part", "?"}
