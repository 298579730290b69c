"""Show the shape of an answer and none of its values: types, formats, lengths, words of known lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from service.core import times
from service.core.recruitee.drift import named, spread

ROWS = 3  # of each list: the first that differ in shape
LOOKED_AT = 200
DEEPEST = 20

_STATUSES = (
    "published internal draft closed archived created ok pending completed dismissed no_consent "
    "consent_requested consent_given expired approved rejected open filled"
)
_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "status": _STATUSES,
        "gdpr_status": _STATUSES,
        "cv_processing_status": _STATUSES,
        "cv_parse_status": _STATUSES,
        "kind": "job talent_pool single_line multi_line dropdown boolean date_of_birth experience education "
        "skills language_skill address gender nationality salary number date string text single_choice "
        "multi_choice file video infobox legal meeting phone on_site rating template_form questionnaire "
        "document image other add_tags add_note send_email assign",
        "question_kind": "string text boolean single_choice multi_choice dropdown scorecard file number date",
        "category": "referred sourced apply phone_screen interview evaluation offer hire none",
        "group": "applicants active hires",
        "type": "Admin Candidate Offer Stage Placement TalentPool InterviewTemplate InterviewEvent Guest "
        "ReferralReward ImportCandidate single_line multi_line dropdown boolean number date",
        "employment_type": "fulltime fulltime_permanent fulltime_fixed_term parttime parttime_permanent "
        "parttime_fixed_term parttime_minijob contract freelance temporary internship apprenticeship "
        "traineeship seasonal volunteer",
        "priority": "urgent high normal low",
        "period": "hour day week month year",
        "level": "public protected private",
        "rating": "strong_no no neutral yes strong_yes",
        "response_status": "needs_action accepted declined tentative",
        "source": "manual career_site import referral email default note result open_question offer "
        "requisition talent_pool guest candidate mailbox",
        "origin": "manual parsed",
        "context": "tags sources offer_tags",
        "wysiwyg_editor": "redactor prosemirror",
        "disqualify_kind": "admin candidate automatic",
    }.items()
}
_OPTIONS = frozenset({"required", "optional", "off"})
_EVENT = re.compile(
    r"(candidate|interview|job|stage|tag|member|task|requisition|disqualify)_[a-z_]{2,40}"
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def masked(value: Any, name: str = "", deep: int = 0) -> Any:
    """Return `value` with every leaf replaced by what it is: "text(12)", "int", "word(published)"."""
    if isinstance(value, dict):
        return "object" if deep > DEEPEST else _object(value, deep)
    if isinstance(value, list):
        return "list" if deep > DEEPEST else _list(value, name, deep)
    match value:
        case None:
            return "null"
        case bool():
            return "flag"
        case int():
            return "id" if name in ("id", "ids") or name.endswith(("_id", "_ids")) else "int"
        case str():
            return _text(value, name)
    return "number"


def _object(value: Mapping[str, Any], deep: int) -> dict[str, Any]:
    return {named(key): masked(part, str(key), deep + 1) for key, part in value.items()}


def _list(rows: Sequence[Any], name: str, deep: int) -> list[Any]:
    shapes: dict[bytes, Any] = {}
    for row in spread(rows, LOOKED_AT):
        shape = masked(row, name, deep + 1)
        shapes.setdefault(orjson.dumps(shape), shape)
        if len(shapes) == ROWS:
            break
    return list(shapes.values())


def _text(value: str, name: str) -> str:
    if _is_word(value, name):
        return f"word({value})"
    if times.canonical(value) is not None:
        return f"instant({re.sub('[0-9]', '0', value)})"
    if _EMAIL.fullmatch(value):
        return "email"
    if value.startswith(("https://", "http://")):
        return f"url({len(value)})"
    if _NUMBER.fullmatch(value):
        return f"digits({len(value)})"
    return f"{'html' if '<' in value and '>' in value else 'text'}({len(value)})"


def _is_word(value: str, name: str) -> bool:
    if name == "event":
        return _EVENT.fullmatch(value) is not None
    return value in (_OPTIONS if name.startswith("options_") else _WORDS.get(name, ()))
