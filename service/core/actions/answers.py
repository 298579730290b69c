"""Screening answers: whether one fits its question, and how the careers site takes it.

The names of the form are those that Recruitee's careers site API documents; that a choice is named by
its words, and not by its id, is as open clients do it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from service.core import times
from service.core.actions.inputs import Answered, File
from service.core.recruitee.writing import Part

FORM: Final = "candidate[open_question_answers_attributes]"


def checked(question_id: str, shape: object, answer: Any) -> Answered | None:
    """Return an answer as it is sent; None for a type of question that nothing is sent to.

    `shape` is the question's format in Kombo's form. Raises ValueError for an answer of a wrong type.
    """
    known: Mapping[str, Any] = shape if isinstance(shape, Mapping) else {}
    match known.get("type"):
        case "TEXT":
            return Answered(question_id=question_id, content=_text(known, answer))
        case "BOOLEAN":
            return Answered(question_id=question_id, flag=_is(answer, bool, "true or false"))
        case "NUMBER":
            if isinstance(answer, bool) or not isinstance(answer, int | float):
                raise ValueError("must be a number")
            return Answered(question_id=question_id, content=f"{answer:g}")
        case "DATE":
            at = times.canonical(_is(answer, str, "a date in ISO 8601"))
            if at is None:
                raise ValueError("must be a date in ISO 8601")
            return Answered(question_id=question_id, content=at[:10])
        case "SINGLE_SELECT":
            named = _chosen(known, [_is(answer, str, "the id of an option")])
            return Answered(question_id=question_id, content=named[0])
        case "MULTI_SELECT":
            ids = _is(answer, list, "a list of ids of options")
            return Answered(question_id=question_id, many=tuple(_chosen(known, ids)))
        case "FILE":
            return Answered(question_id=question_id, file=_file(answer))
    return None


def parts(number: int, answer: Answered) -> list[Part]:
    """Return the form's parts of one answer; a file's bytes are put in by whoever has them."""
    at = f"{FORM}[{number}]"
    said = [Part(f"{at}[open_question_id]", answer.question_id)]
    if answer.content is not None:
        said.append(Part(f"{at}[content]", answer.content))
    if answer.flag is not None:
        said.append(Part(f"{at}[flag]", "true" if answer.flag else "false"))
    return said + [Part(f"{at}[multi_content][]", each) for each in answer.many or ()]


def _is(answer: Any, kind: type, called: str) -> Any:
    if not isinstance(answer, kind):
        raise ValueError(f"must be {called}")
    return answer


def _text(shape: Mapping[str, Any], answer: Any) -> str:
    text: str = _is(answer, str, "a text")
    most = shape.get("max_length")
    if isinstance(most, int) and len(text) > most:
        raise ValueError(f"may have {most} characters at most")
    return text


def _chosen(shape: Mapping[str, Any], ids: Sequence[Any]) -> list[str]:
    names = {
        str(option.get(key)): str(option.get("name"))
        for option in shape.get("options") or ()
        for key in ("id", "remote_id")
    }
    unknown = [each for each in ids if str(each) not in names]
    if unknown:
        raise ValueError("names an option that the question does not have")
    return [names[str(each)] for each in ids]


def _file(answer: Any) -> File:
    try:
        return File.model_validate(answer)
    except ValidationError:
        raise ValueError("must be a file: name, and data with content_type, or data_url") from None
