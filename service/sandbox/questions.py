"""Screening questions of every kind, and what people answer to them."""

from collections.abc import Callable
from random import Random

from service.sandbox.records import Json, Question, QuestionTemplate, Stamp

Kind = tuple[str, str, tuple[str, ...], bool]
GENERAL: tuple[Kind, ...] = (
    ("string", "Where are you based?", (), True),
    ("boolean", "Are you allowed to work here?", ("Yes", "No"), True),
    ("single_choice", "How did you hear of us?", ("A friend", "The press", "By chance"), False),
)
THOROUGH: tuple[Kind, ...] = (
    *GENERAL,
    ("text", "What should we know about your work?", (), False),
    ("multi_choice", "Which languages do you speak?", ("English", "German", "Portuguese"), False),
    ("date", "When can you start?", (), False),
    ("number", "How many years have you worked?", (), False),
    ("salary", "What do you expect to earn?", (), False),
    ("file", "A sample of your work", (), False),
    ("video", "Say hello", (), False),
    ("infobox", "We read every application.", (), False),
    ("legal", "I agree to the terms.", (), True),
)
UNANSWERED = {"infobox", "video"}


def question_templates(next_id: Callable[[str], int], at: Stamp) -> dict[int, QuestionTemplate]:
    """Return two forms: a short one, and one with a question of every kind."""
    rows = (("General questions", GENERAL), ("Thorough questions", THOROUGH))
    made = [
        QuestionTemplate(
            id=next_id("question_template"), title=title, category="General", position=place,
            default=place == 1, created_at=at, updated_at=at,
            questions=tuple(_question(one, n, next_id) for n, one in enumerate(kinds, start=1)),
        )
        for place, (title, kinds) in enumerate(rows, start=1)
    ]  # fmt: skip
    return {one.id: one for one in made}


def _question(one: Kind, position: int, next_id: Callable[[str], int]) -> Question:
    kind, text, choices, required = one
    return Question(
        id=next_id("question"), kind=kind, text=text, position=position, required=required,
        knockout=kind == "boolean", options={"length": 120} if kind == "string" else None,
        choices=tuple((next_id("question_option"), choice) for choice in choices),
    )  # fmt: skip


def answers(random: Random, template: QuestionTemplate) -> list[Json]:
    """Return what somebody answered, ids to be given; nobody answers an infobox."""
    return [
        answered(0, one, _words(one, random))
        for one in template.questions
        if one.kind not in UNANSWERED
    ]


def answered(answer_id: int, question: Question, given: object) -> Json:
    """Return one answer as reads show it: its value's key depends on the kind.

    Only `content` was seen on reads; `flag`, `multi_content` and `file_url` are assumed.
    """
    shape: Json = {"id": answer_id, "kind": question.kind, "question": question.text}
    if question.kind in {"boolean", "legal"}:
        return {**shape, "flag": given}
    if question.kind == "multi_choice":
        return {**shape, "multi_content": given}
    if question.kind == "file":
        return {**shape, "content": None, "file_name": given}
    if question.kind == "salary":
        return {**shape, "content": given, "open_question_options": {"currency": "EUR"}}
    return {**shape, "content": given}


def _words(question: Question, random: Random) -> object:
    texts = [text for _, text in question.choices]
    match question.kind:
        case "boolean" | "legal":
            return random.random() < 0.9
        case "multi_choice":
            return random.sample(texts, 2)
        case "single_choice":
            return random.choice(texts)
        case "number" | "salary" | "date" | "file":
            return {"number": "7", "salary": "60000", "date": "2026-09-01",
                    "file": "sample.pdf"}[question.kind]  # fmt: skip
    return random.choice(("Hamburg", "Porto", "Utrecht"))
