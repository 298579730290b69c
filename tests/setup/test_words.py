"""Every sentence of the pages is there in every language, and no page in one has another's."""

from collections.abc import Callable, Iterator

import orjson
import pytest

from service.core.store.connections import Connection
from service.core.store.links import Kind, Link
from service.setup import flow, notices, sent, steps
from service.setup.costs import COSTS
from service.setup.view import ACCESS, CHECKS, GIVEN, WEBHOOK, View
from service.setup.words import LANGUAGES, WORDS, words

PROBLEMS = (
    sent.COMPANY_WRONG, sent.TOKEN_WRONG, sent.SECRET_WRONG, flow.BUSY, flow.AWAY, flow.TOKEN_REFUSED,
    flow.COMPANY_REFUSED,
)  # fmt: skip
NOTICES = {text for each in notices.ALL for text in (each.title, each.detail)}


def _sentences() -> set[str]:
    """Return all that is said on any page: each is drawn in every state that it may be in."""
    said: set[str] = {*PROBLEMS, *NOTICES}

    def say(english: str) -> str:
        said.add(english)
        return english

    for view in _views(say):
        for step in (ACCESS, CHECKS, WEBHOOK):
            steps.shown(view, step, "")
        steps.ended(view, "token")
    # What a write is called is Recruitee's word, in every language.
    return said - {"Reject", ""}


def _views(say: Callable[[str], str]) -> Iterator[View]:
    rows = [
        [{"model": model, "status": status, "cure": "c"} for model in COSTS]
        for status in ("allowed", "forbidden", "failed")
    ]
    refused = [{"action": "reject", "status": "forbidden", "cure": "c"}]
    role = {"manages_webhooks": False}
    reports = [{"models": r, "actions": refused, "role": role} for r in rows] + [{}]
    kinds: tuple[Kind, ...] = ("connect", "setup")
    for kind in kinds:
        for report in reports:
            for seen in (0, 1):
                link = Link(
                    kind=kind, step=GIVEN, report=orjson.dumps(report).decode(),
                    embedded=bool(seen), redirect_uri="https://a.example", language="en" if seen else "de",
                )  # fmt: skip
                yield View(link, _connection(seen), "http://a.example", "/connect/t", say)


def _connection(seen: int) -> Connection:
    return Connection.model_validate(
        {
            "id": "c", "company_id": "1", "name": "Acme", "hook": "h", "status": "active", "created": 1,
            "baseline_at": 1, "api_token": "t", "secrets": ["s"] * seen, "test_seen": seen,
            "signed_seen": seen,
        }
    )  # fmt: skip


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_sentence_is_there_in_every_language_and_none_is_left_over(language: str) -> None:
    sentences = _sentences()
    assert len(sentences) > 100
    assert {each for each in sentences if each not in WORDS[language]} == set()
    assert {each for each in WORDS[language] if each not in sentences} == set()
    assert all(WORDS[language].values())


def test_what_has_no_translation_stays_english() -> None:
    assert words("de")("Something new") == words("en")("Something new") == "Something new"
