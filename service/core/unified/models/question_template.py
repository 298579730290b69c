"""Question template: the screening questions that jobs share; fetched by itself, with its questions.

| field | comes from |
| --- | --- |
| name, category | `title`, `category` |
| is_default, is_custom | `default`; `custom`: made for one job |
| questions | its questions as a job's `screening_questions` shows them, by place |

The list of templates has no questions: there they are unknown. No event tells of a template: that a job
asks others is `job.questions_changed`.
"""

from service.core.unified.evidence import EVERY, Sources, of
from service.core.unified.model import Context, Draft, Listing, Model, Ref, Root
from service.core.unified.models import screening_question
from service.core.unified.reading import Raw, Rule, flag, identifier, record, text

NAME = "question_template"

_RULES = (
    Rule("name", ("title",), text),
    Rule("category", ("category",), text),
    Rule("is_default", ("default",), flag),
    Rule("is_custom", ("custom",), flag),
)


def expand(raw: Raw, references: object, context: Context) -> list[Draft]:
    """Return a template and its questions."""
    remote_id = identifier(raw.get("id"))
    if remote_id is None:
        return []
    fields = record(NAME, remote_id, raw, context, _RULES)
    del fields["custom_fields"]
    if isinstance(raw.get("open_questions"), list):
        fields["questions"] = screening_question.asked(raw, context)
    own = Draft(NAME, remote_id, fields, Ref(NAME, remote_id))
    return [own, *screening_question.drafts(raw, context)]


MODEL = Model(
    name=NAME,
    fields=(
        "id", "remote_id", "name", "category", "is_default", "is_custom", "questions",
        "remote_created_at", "remote_updated_at", "remote_deleted_at",
    ),
    volatile=frozenset({"remote_updated_at"}),
    silent=True,
)  # fmt: skip

ROOT = Root(
    name=NAME,
    path="/open_questions/template/{id}",
    key="open_question_template",
    listing=Listing("/open_questions/template", "open_question_templates", "none"),
    expand=expand,
)

_ROWS = {
    **EVERY,
    "name": of("title"),
    "category": of("category"),
    "is_default": of("default"),
    "is_custom": of("custom", how="whether it was made for one job"),
    "questions": of(
        ("open_questions[].id", "open_questions[].position", "open_questions[].required"),
        how="[{question_id, remote_id, index, required, ...}], by place; preconditions are always null:"
        " Recruitee has none",
    ),
}
SOURCES: Sources = {name: _ROWS[name] for name in MODEL.fields}
